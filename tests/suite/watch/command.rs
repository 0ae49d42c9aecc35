//! `sentrynet watch` as a service: real signals, real files, real sockets.
//!
//! No probe is due more often than every 10 s, so that scenarios wait side by side.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::answer::{results, strings};
use crate::support::cli::Workspace;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::target::{Target, answer, read_request};
use crate::support::watching::Watching;
use rustix::process::Signal;
use sentrynet::cli::commands::resend::Logged;
use sentrynet::sentry::Kind;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

/// A target that answers everything with 200.
async fn well() -> Target {
    Target::http(|_| answer("200 OK", &[], "")).await
}

/// A configuration of one group of such probes: title and URL.
fn of_probes(probes: &[(&str, String)]) -> String {
    let probe = |(title, url): &(&str, String)| {
        format!("  - {{probe: probes.http, title: {title}, url: '{url}', every: 10, timeout: 10s}}\n")
    };
    format!(
        "groups:\n- name: site\n  spread: together\n  tags: {{target: site}}\n  probes:\n{}",
        probes.iter().map(probe).collect::<String>()
    )
}

fn time(value: &Value) -> OffsetDateTime {
    value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok()).expect("a time")
}

/// Seconds since the Unix epoch of a tick.
fn seconds(tick: &Value) -> i64 {
    assert_eq!(time(tick).nanosecond(), 0);
    time(tick).unix_timestamp()
}

/// The events that a Sentry took which are SentryNet's own.
fn own_events(sentry: &Receiver) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let received = sentry.received();
    received
        .iter()
        .map(|request| text(&request.bytes))
        .filter(|text| text.contains("configuration cannot be used"))
        .collect()
}

#[tokio::test]
async fn ticks_are_those_of_the_clock_whatever_happens() {
    tokio::join!(
        ticks_are_on_the_beat_of_the_location_and_each_pass_is_one_line_of_json(),
        ticks_that_were_slept_through_are_skipped_in_one_go(),
    );
}

async fn ticks_that_were_slept_through_are_skipped_in_one_go() {
    let target = well().await;
    let workspace = Workspace::with(&of_probes(&[("One", target.url("/")), ("Two", target.url("/"))]));
    let mut watching = Watching::start(&workspace, &["--json"]);
    watching.until("a tick", |watching| !watching.summaries().is_empty()).await;
    // As a machine that is suspended: the wall clock goes on.
    watching.send(Signal::STOP);
    tokio::time::sleep(Duration::from_secs(21)).await;
    let woken = OffsetDateTime::now_utc().unix_timestamp();
    watching.send(Signal::CONT);
    // The tick before what was slept through, and the one after.
    let gap = |summaries: &[Value]| {
        let ticks: Vec<i64> = summaries.iter().map(|summary| seconds(&summary["time"])).collect();
        ticks.windows(2).find(|pair| pair[1] - pair[0] > 10).map(|pair| (pair[0], pair[1]))
    };
    watching.until("another tick", |watching| gap(&watching.summaries()).is_some()).await;
    let ran = watching.stop().await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let (before, after) = gap(&ran.json()).expect("a gap");
    // Both probes miss all ticks but the newest one, which is run.
    let missed = 2 * (after - before - 10) / 10;
    assert!(missed >= 2 && after > woken - 10, "from {before} to {after}, woken at {woken}");
    assert!(ran.err.contains(&format!("{missed} ticks since ")), "{missed}: {}", ran.err);
    assert_eq!(ran.err.matches(": this machine slept, or its clock was set forward").count(), 1);
}

async fn ticks_are_on_the_beat_of_the_location_and_each_pass_is_one_line_of_json() {
    let target = well().await;
    let probe = format!("{{probe: probes.http, title: Home, url: '{}', every: 10, burst: 2}}", target.url("/"));
    let workspace = Workspace::with(&format!(
        "groups:
- {{name: alone, spread: together, probes: [{probe}]}}
- {{name: in-turn, regions: [us-east-1, eu-west-1], spread: round-robin, probes: [{probe}]}}
- {{name: elsewhere, regions: [us-east-1], spread: together, probes: [{probe}]}}
"
    ));
    let mut watching = Watching::start(&workspace, &["--json", "--location", "eu-west-1"]);
    let of = |summaries: &[Value], group: &str| -> Vec<i64> {
        let of_group = summaries.iter().filter(|summary| summary["group"] == group);
        of_group.map(|summary| seconds(&summary["time"])).collect()
    };
    let are_there = |summaries: &[Value]| of(summaries, "alone").len() > 2 && !of(summaries, "in-turn").is_empty();
    watching.until("ticks", |watching| are_there(&watching.summaries())).await;
    let ran = watching.stop().await;
    assert_eq!(ran.code, 0, "{ran:?}");
    for summary in ran.json() {
        assert_eq!(summary["location"], "eu-west-1");
        let results = results(&summary);
        assert_eq!(strings(results, "status"), ["ok", "ok"]);
        for result in results {
            assert_eq!(result["tick"], summary["time"]);
            assert!(time(&result["started"]) >= time(&result["tick"]), "never before its tick: {result:#}");
        }
    }
    // All that it told, the passes that were out at the end among it.
    let [alone, in_turn, elsewhere] = ["alone", "in-turn", "elsewhere"].map(|group| of(&ran.json(), group));
    assert!(alone.len() >= 3 && alone.iter().all(|tick| tick % 10 == 0), "{alone:?}");
    assert!(alone.windows(2).all(|pair| pair[1] - pair[0] == 10), "none is left out: {alone:?}");
    // At its slot of ten seconds.
    assert!(in_turn.iter().all(|tick| tick % 20 >= 10), "the second of two regions: {in_turn:?}");
    assert!(in_turn.windows(2).all(|pair| (pair[1] - pair[0]) % 20 == 0), "{in_turn:?}");
    let from = OffsetDateTime::from_unix_timestamp(in_turn[0]).expect("a time").format(&Rfc3339).expect("a time");
    let planned = workspace.run(&["plan", "--ticks", "10m", "--from", &from, "--watch"]).json();
    let of_region = planned.iter().filter(|line| line["region"] == "eu-west-1" && line["group"] == "in-turn");
    let planned: Vec<i64> = of_region.map(|line| seconds(&line["tick"])).take(in_turn.len()).collect();
    assert_eq!(planned, in_turn, "the plan knows the slots");
    assert_eq!(elsewhere, alone, "as if by itself");
    let said = "group elsewhere: eu-west-1 is not one of the group's regions (us-east-1): its probes run as if it were the only region";
    assert_eq!(ran.err.matches(said).count(), 1, "{}", ran.err);
    assert!(ran.err.contains(" ok       alone/Home #2 "), "{}", ran.err);
}

#[tokio::test]
async fn a_signal_ends_it_in_order_and_a_second_one_at_once() {
    tokio::join!(
        sigterm_finishes_and_delivers_what_is_out(),
        cut("1h", &[Signal::TERM, Signal::INT]),
        cut("1s", &[Signal::INT]),
        what_did_not_arrive_until_the_end_stands_on_standard_error(),
    );
}

#[tokio::test]
async fn a_file_that_changes_is_followed_while_it_is_good() {
    tokio::join!(
        another_file_in_its_place_is_followed(),
        a_broken_file_changes_nothing_and_is_shown_and_told_once(),
        what_sentry_does_not_take_arrives_when_it_is_back(),
    );
}

async fn sigterm_finishes_and_delivers_what_is_out() {
    let sentry = Receiver::start(Behaviour::default()).await;
    let stopping = Arc::new(Notify::new());
    let stop = stopping.clone();
    let target = Target::start(move |mut stream| {
        let stop = stop.clone();
        async move {
            read_request(&mut stream).await;
            stop.notified().await;
            let _ = stream.write_all(answer("200 OK", &[], "").as_bytes()).await;
        }
    })
    .await;
    let workspace = Workspace::with(&of_probes(&[("Slow", target.url("/"))]));
    let mut watching = Watching::start(&workspace, &["--dsn", &sentry.dsn().to_string()]);
    watching.until("a run", |_| target.connections() > 0).await;
    watching.send(Signal::TERM);
    watching.says("stopping: ", 1).await;
    stopping.notify_one();
    let ran = watching.ended().await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("stopping: waiting up to 8 s for 1 pass in flight"), "{}", ran.out);
    assert!(ran.out.contains(" ok       site/Slow "), "{}", ran.out);
    assert!(ran.out.ends_with(" stopped\n"), "{}", ran.out);
    assert_eq!((sentry.taken().len(), target.connections()), (1, 1));
}

/// What is still out is cut short, be it by a signal or by the end of the grace.
async fn cut(grace: &str, signals: &[Signal]) {
    let sentry = Receiver::start(Behaviour::default()).await;
    let (target, hanging) = (well().await, Target::hanging().await);
    let workspace = Workspace::with(&of_probes(&[("Fine", target.url("/")), ("Hangs", hanging.url("/"))]));
    let mut watching = Watching::start(&workspace, &["--grace", grace, "--dsn", &sentry.dsn().to_string()]);
    watching.until("runs", |_| hanging.connections() > 0).await;
    watching.says(" ok       site/Fine ", 1).await;
    for signal in signals {
        watching.send(*signal);
        watching.says("stopping: waiting up to ", 1).await;
    }
    let ran = watching.ended().await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("runs still in flight are cut short"), "{}", ran.out);
    assert!(ran.out.contains(" skipped  site/Hangs: SentryNet was shut down\n"), "{}", ran.out);
    assert_eq!(sentry.taken().len(), 1, "what was over was delivered");
}

async fn another_file_in_its_place_is_followed() {
    let target = well().await;
    let workspace = Workspace::empty();
    // As Kubernetes mounts a ConfigMap: the file is a link through a link to a directory, which is replaced.
    let before = of_probes(&[("Stays", target.url("/")), ("Goes", target.url("/"))]);
    workspace.write("mount/..1/sentrynet.yaml", before);
    let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, workspace.path().join(from)).expect("a link");
    link("..1", "mount/..data");
    link("..data/sentrynet.yaml", "mount/sentrynet.yaml");
    let mut watching = Watching::start(&workspace, &["mount/sentrynet.yaml"]);
    watching.says("site/Goes", 1).await;
    let after = of_probes(&[("Comes", target.url("/")), ("Stays", target.url("/"))]);
    // Longer than the period: there is something to say about it.
    workspace.write("mount/..2/sentrynet.yaml", after.replacen("timeout: 10s", "timeout: 11s", 1));
    link("..2", "mount/..tmp");
    std::fs::rename(workspace.path().join("mount/..tmp"), workspace.path().join("mount/..data")).expect("a link");
    watching.says("reloaded mount/sentrynet.yaml: 1 group, 2 probes; next tick at ", 1).await;
    assert!(watching.out().contains("; 1 added, 1 removed\n"), "{}", watching.out());
    assert!(watching.out().contains(" 1 warning: see `sentrynet check mount/sentrynet.yaml`\n"), "{}", watching.out());
    watching.says("site/Comes", 1).await;
    // The same again, with new secrets perhaps.
    watching.send(Signal::HUP);
    watching.says("; no probe changed\n", 1).await;
    let ran = watching.stop().await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let after = ran.out.split_once("reloaded ").expect("a reload").1;
    assert!(!after.contains("site/Goes") && after.contains("site/Stays"), "{}", ran.out);
    let comes = ran.out.matches("site/Comes").count();
    assert_eq!(after.matches("site/Stays").count(), comes, "no tick is lost or doubled:\n{}", ran.out);
}

async fn a_broken_file_changes_nothing_and_is_shown_and_told_once() {
    let (target, sentry) = (well().await, Receiver::start(Behaviour::default()).await);
    let good = of_probes(&[("Home", target.url("/"))]);
    let workspace = Workspace::with(&good);
    let path = "config/sentrynet.yaml";
    let mut watching = Watching::start(&workspace, &["--group", "site", "--dsn", &sentry.dsn().to_string()]);
    watching.says("watching config/sentrynet.yaml: 1 group, 1 probe; next tick at ", 1).await;
    workspace.write(path, good.replace("title:", "titel:").replace("timeout: 10s", "timeout: soon"));
    watching.says("2 errors", 1).await;
    let shown = watching.out();
    assert!(
        shown.contains("config/sentrynet.yaml is not used; the previous configuration stays in effect:\n"),
        "{shown}"
    );
    assert!(shown.contains("config/sentrynet.yaml:6:") && shown.contains("`title`"), "{shown}");
    watching.until("an event", |_| own_events(&sentry).len() == 1).await;
    assert!(own_events(&sentry)[0].contains("titel"), "{:?}", own_events(&sentry));
    let runs = watching.out().matches("site/Home").count();
    watching.says("site/Home", runs + 1).await;
    // A choice that fits nothing is none, too.
    workspace.write(path, good.replace("name: site", "name: shop"));
    watching.says("unknown group \"site\"", 1).await;
    watching.until("an event", |_| own_events(&sentry).len() == 2).await;
    // What was there before is nothing new, but it is good.
    workspace.write(path, &good);
    watching.says("; no probe changed\n", 1).await;
    let ran = watching.stop().await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.out.matches("is not used").count(), 2, "{}", ran.out);
    assert_eq!(own_events(&sentry).len(), 2);
}

async fn what_sentry_does_not_take_arrives_when_it_is_back() {
    let target = well().await;
    let is_well = Arc::new(AtomicBool::new(false));
    let well = is_well.clone();
    let sentry = Receiver::start_with(move |_| match well.load(Ordering::Relaxed) {
        true => Behaviour::default(),
        false => Behaviour::status(503).with("retry-after", "1"),
    })
    .await;
    let workspace = Workspace::with(&of_probes(&[("One", target.url("/")), ("Two", target.url("/"))]));
    let mut watching = Watching::start(&workspace, &["--dsn", &sentry.dsn().to_string()]);
    watching.says("2 of 2 envelopes not delivered: Sentry at ", 1).await;
    assert!(watching.out().contains("; 2 will be retried\n"), "{}", watching.out());
    assert_eq!(sentry.taken().len(), 0);
    is_well.store(true, Ordering::Relaxed);
    watching.until("all", |watching| sentry.taken().len() >= watching.out().matches(" ok ").count()).await;
    let ran = watching.stop().await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let (taken, runs) = (sentry.taken(), ran.out.matches(" ok ").count());
    assert!(taken.len() == runs && taken.windows(2).all(|pair| pair[0] != pair[1]), "each once: {taken:?}");
}

async fn what_did_not_arrive_until_the_end_stands_on_standard_error() {
    let target = well().await;
    let probes = of_probes(&[("One", target.url("/")), ("Down", "http://127.0.0.1:1/".to_owned())]);
    let workspace = Workspace::with(&probes);
    let mut watching = Watching::start(&workspace, &["--dsn", "http://key@127.0.0.1:1/1", "--probe", "Down"]);
    watching.says("2 of 2 envelopes not delivered: Sentry at 127.0.0.1:1 could not be reached", 1).await;
    assert_eq!(watching.err(), "", "it may still arrive");
    let ran = watching.stop().await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("stopped; 2 envelopes not delivered"), "{}", ran.out);
    let logged = |line| match Logged::of(line) {
        Logged::Envelope(envelope) => envelope.kind(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ran.err.lines().map(logged).collect::<Vec<_>>(), [Kind::Transaction, Kind::Event]);
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused() {
    let target = well().await;
    let good = of_probes(&[("Home", target.url("/"))]);
    let workspace = Workspace::with(&good);
    workspace.write("broken.yaml", good.replace("url:", "ulr:"));
    for (arguments, says) in [
        (&["broken.yaml"][..], "did you mean `url`?"),
        (&["nowhere.yaml"], "there is no such file"),
        (&["--probe", "Hmoe"], "did you mean \"Home\"?"),
        (&["--dsn", "nonsense"], "invalid DSN"),
        (&["--grace", "soon"], "write seconds as a number"),
    ] {
        let ran = workspace.run(&[&["watch"], arguments].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(says), "{says} in {}", ran.err);
    }
    assert_eq!(target.connections(), 0);
}
