//! Running a group: side by side, bursts in turn, on the clock, within the deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::engine::{failure, phases, run_all};
use crate::support::prepare::{config, context};
use crate::support::target::{Target, answer, read_request};
use sentrynet::net::Resolver;
use sentrynet::outcome::{Outcome, Status};
use sentrynet::probe::Context;
use sentrynet::probe::Probe;
use sentrynet::runner::{Pacer, ScheduledRun, run_group};
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt;
use tokio::sync::Barrier;

/// A configuration of probes, one a line of keys.
fn probes(lines: &[String]) -> sentrynet::config::Config {
    let probes: String = lines.iter().map(|keys| format!("      - {{probe: probes.http, {keys}}}\n")).collect();
    config(&format!("groups:\n  - name: g\n    probes:\n{probes}"))
}

/// Runs the only probe of a configuration as a schedule would.
async fn run_scheduled(keys: String, tick: OffsetDateTime, context: &Context) -> Vec<Outcome> {
    let probe = probes(&[keys]).groups[0].probes[0].clone();
    run_group("g", vec![ScheduledRun::scheduled(probe, tick)], context, &Pacer::default()).await
}

fn why_skipped(outcome: &Outcome) -> &str {
    match &outcome.status {
        Status::Skipped(why) => why,
        other => panic!("not skipped: {other:?}"),
    }
}

#[tokio::test]
async fn probes_run_side_by_side() {
    // Nobody is answered before everybody has asked.
    let barrier = Arc::new(Barrier::new(20));
    let target = Target::start(move |mut stream| {
        let barrier = barrier.clone();
        async move {
            read_request(&mut stream).await;
            barrier.wait().await;
            stream.write_all(answer("200 OK", &[], "").as_bytes()).await.unwrap();
        }
    });
    let target = target.await;
    let lines: Vec<String> = (0..20).map(|n| format!("title: p{n}, url: '{}'", target.url("/"))).collect();
    let outcomes = run_all(&probes(&lines), &context(Resolver::system())).await;
    assert!(outcomes.iter().all(|outcome| outcome.status == Status::Ok));
    let titles: Vec<&str> = outcomes.iter().map(|outcome| outcome.title.as_str()).collect();
    assert_eq!(titles, (0..20).map(|n| format!("p{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_runs_of_a_burst_come_one_after_the_other_each_on_its_own_connection() {
    let (going, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let target = Target::start(move |mut stream| {
        let (going, most) = (going.clone(), most.clone());
        async move {
            while read_request(&mut stream).await.is_some() {
                most.fetch_max(going.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
                going.fetch_sub(1, Ordering::SeqCst);
                stream.write_all(answer("200 OK", &[], "").as_bytes()).await.unwrap();
            }
        }
    });
    let target = target.await;
    let config = probes(&[format!("url: '{}', burst: 4", target.url("/"))]);
    let outcomes = run_all(&config, &context(Resolver::system())).await;
    let bursts: Vec<u32> = outcomes.iter().map(|outcome| outcome.identity.burst).collect();
    assert_eq!((bursts, seen.load(Ordering::SeqCst), target.connections()), (vec![0, 1, 2, 3], 1, 4));
    assert!(outcomes.windows(2).all(|pair| pair[0].started + pair[0].duration <= pair[1].started));
    let traces: std::collections::HashSet<_> = outcomes.iter().map(|outcome| outcome.identity.trace_id()).collect();
    assert_eq!(traces.len(), 4);
}

#[tokio::test]
async fn a_tick_to_come_is_waited_for() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let tick = OffsetDateTime::now_utc() + Duration::from_millis(300);
    let context = context(Resolver::system());
    let outcomes = run_scheduled(format!("url: '{}', every: 30", target.url("/")), tick, &context).await;
    assert_eq!(outcomes[0].status, Status::Ok);
    assert_eq!(outcomes[0].identity.tick, tick);
    assert!(outcomes[0].started >= tick);
}

#[tokio::test]
async fn a_late_tick_is_run_while_fresh_and_skipped_when_stale() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let (keys, context) = (format!("url: '{}', every: 60, burst: 2", target.url("/")), context(Resolver::system()));
    let now = OffsetDateTime::now_utc();
    let fresh = run_scheduled(keys.clone(), now - Duration::from_secs(50), &context).await;
    assert!(fresh.iter().all(|outcome| outcome.status == Status::Ok));
    let stale = run_scheduled(keys, now - Duration::from_secs(61), &context).await;
    assert_eq!(why_skipped(&stale[0]), "stale: 1 minute late, at least one period");
    assert_eq!((stale.len(), stale[0].attempts, target.connections()), (2, 0, 2));
}

#[tokio::test]
async fn the_deadline_ends_what_runs_and_skips_what_could_not_start() {
    let target = Target::start(|mut stream| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let target = target.await;
    let deadline = Instant::now() + Duration::from_millis(400);
    let context = Context { deadline: Some(deadline), ..context(Resolver::system()) };
    let config = probes(&[format!("url: '{}', burst: 3", target.url("/"))]);
    let outcomes = run_all(&config, &context).await;
    let (kind, sentence) = failure(&outcomes[0]);
    assert_eq!(kind, "deadline");
    assert!(sentence.starts_with("the invocation ran out of time after ") && sentence.ends_with(" in http.wait"));
    assert_eq!(phases(&outcomes[0]), ["net.tcp", "http.send", "http.wait!"]);
    assert!(outcomes[1..].iter().all(|outcome| why_skipped(outcome) == "no time left in the invocation"));
    // A tick beyond the deadline is not waited for.
    let tick = OffsetDateTime::now_utc() + Duration::from_secs(60);
    let beyond = run_scheduled(format!("url: '{}'", target.url("/")), tick, &context).await;
    assert_eq!(why_skipped(&beyond[0]), "no time left in the invocation");
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_own_run_only() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let base = context(Resolver::system());
    let calls = AtomicUsize::new(0);
    // What makes the trace headers is called in every run: here it fails in the first.
    let propagate =
        move |_, _, _| if calls.fetch_add(1, Ordering::SeqCst) == 0 { panic!("on purpose") } else { Vec::new() };
    let context = Context { propagate: Arc::new(propagate), ..base };
    let config =
        probes(&[format!("url: '{0}', burst: 2", target.url("/")), format!("title: two, url: '{}'", target.url("/"))]);
    let outcomes = run_all(&config, &context).await;
    let panics: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.status != Status::Ok).collect();
    assert_eq!((outcomes.len(), panics.len()), (3, 1));
    assert_eq!(failure(panics[0]), ("panic", "SentryNet itself failed in this probe: on purpose"));
}

#[tokio::test]
async fn a_probe_does_not_overlap_with_itself_and_what_it_misses_is_skipped() {
    let (going, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (seen, count) = (most.clone(), Arc::new(AtomicUsize::new(0)));
    let target = Target::start(move |mut stream| {
        let (going, most, count) = (going.clone(), most.clone(), count.clone());
        async move {
            read_request(&mut stream).await;
            most.fetch_max(going.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // The first run takes the time of the second tick, and some of the third's.
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(4500)).await;
            }
            going.fetch_sub(1, Ordering::SeqCst);
            stream.write_all(answer("200 OK", &[], "").as_bytes()).await.unwrap();
        }
    });
    let target = target.await;
    let config = probes(&[format!("url: '{}'", target.url("/"))]);
    // A configuration has no such period, so that tests of it do not take as long.
    let probe = Probe { every: Duration::from_secs(2), ..(*config.groups[0].probes[0]).clone() };
    let (probe, start) = (Arc::new(probe), OffsetDateTime::now_utc());
    let job = |number: u64| {
        let tick = start + Duration::from_secs(2 * number);
        ScheduledRun::scheduled(probe.clone(), tick)
    };
    let outcomes = run_group("g", (0..4).map(job).collect(), &context(Resolver::system()), &Pacer::default()).await;
    assert_eq!((outcomes.len(), seen.load(Ordering::SeqCst), target.connections()), (4, 1, 3));
    let why = "the probe's previous runs ended 2 seconds after this tick, at least one period late";
    assert_eq!(why_skipped(&outcomes[1]), why);
    assert!([0, 2, 3].iter().all(|number| outcomes[*number].status == Status::Ok), "{outcomes:?}");
    assert!(outcomes[2].started >= start + Duration::from_millis(4500), "late, but fresh");
}
