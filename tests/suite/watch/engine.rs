//! The clock before the one path, with periods that a configuration cannot have, so that tests do not take as long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::prepare;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::target::{Target, answer, read_request};
use sentrynet::config::{Config, Group};
use sentrynet::net::{Network, Resolver};
use sentrynet::outcome::{Outcome, Status};
use sentrynet::probe::Probe;
use sentrynet::runner::watch::{Event, Order, Watch};
use sentrynet::runner::{Overrides, Runner};
use sentrynet::secrets::Secret;
use sentrynet::telemetry::Telemetry;
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

const SECOND: Duration = Duration::from_secs(1);

/// A group of probes that are due every second: title, URL, burst.
fn every_second(probes: &[(&str, String, u32)]) -> Config {
    let probe = |(title, url, burst): &(&str, String, u32)| {
        format!("  - {{probe: probes.http, title: {title}, url: '{url}', burst: {burst}, every: 10}}\n")
    };
    let probes: String = probes.iter().map(probe).collect();
    let mut config = prepare::config(&format!("groups:\n- name: g\n  probes:\n{probes}"));
    let faster = |probe: &Arc<Probe>| Arc::new(Probe { every: SECOND, ..(**probe).clone() });
    config.groups = config
        .groups
        .iter()
        .map(|group| Group { probes: group.probes.iter().map(faster).collect(), ..group.clone() })
        .collect();
    config
}

/// A watch that runs.
struct Watching {
    orders: UnboundedSender<Order>,
    events: UnboundedReceiver<Event>,
    task: JoinHandle<()>,
    /// What happened so far.
    seen: Vec<Event>,
}

impl Watching {
    fn start(config: Config) -> Self {
        let ((orders, taken), (events, seen)) = (unbounded_channel(), unbounded_channel());
        let network = Network::new(Resolver::system());
        let runner = Runner::new(network, Overrides::default(), Telemetry::default());
        let watching = Watch::new(runner, events).run(config, taken, 20 * SECOND);
        let task = tokio::spawn(async move { watching.await.expect("a usable configuration") });
        Self { orders, events: seen, task, seen: Vec::new() }
    }

    /// Follows until so many events of a kind were seen.
    async fn until(&mut self, count: usize, is: impl Fn(&Event) -> bool) {
        while self.seen.iter().filter(|event| is(event)).count() < count {
            let next = tokio::time::timeout(30 * SECOND, self.events.recv()).await;
            self.seen.push(next.expect("an event").expect("it has not ended"));
        }
    }

    /// Ends it, and says all that happened.
    async fn stop(mut self) -> Vec<Event> {
        self.orders.send(Order::Stop).expect("it runs");
        while let Some(event) = self.events.recv().await {
            self.seen.push(event);
        }
        self.task.await.expect("an end");
        self.seen
    }
}

/// What came of the runs of a probe, in their order.
fn outcomes<'a>(seen: &'a [Event], title: &str) -> Vec<&'a Outcome> {
    let of = |event: &'a Event| match event {
        Event::Ran { outcome, .. } if outcome.title == title => Some(&**outcome),
        _ => None,
    };
    seen.iter().filter_map(of).collect()
}

/// The ticks of a probe that something came of.
fn ticks(seen: &[Event], title: &str) -> Vec<OffsetDateTime> {
    let mut ticks: Vec<_> = outcomes(seen, title).iter().map(|outcome| outcome.identity.tick).collect();
    // That one is skipped may be told before an earlier one is over.
    ticks.sort_unstable();
    ticks.dedup();
    ticks
}

fn assert_every_second(ticks: &[OffsetDateTime]) {
    assert!(ticks.windows(2).all(|pair| pair[1] - pair[0] == SECOND), "{ticks:?}");
    assert!(ticks.iter().all(|tick| tick.nanosecond() == 0), "{ticks:?}");
}

/// Whether a run of this probe is over.
fn ran(title: &'static str) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Ran { outcome, .. } if outcome.title == title)
}

#[tokio::test]
async fn a_probe_never_overlaps_with_itself_and_holds_up_no_other() {
    let (going, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = most.clone();
    let slow = Target::start(move |mut stream| {
        let (going, most) = (going.clone(), highest.clone());
        async move {
            while read_request(&mut stream).await.is_some() {
                most.fetch_max(going.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1250)).await;
                going.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(answer("200 OK", &[], "").as_bytes()).await;
            }
        }
    })
    .await;
    let fast = Target::http(|_| answer("200 OK", &[], "")).await;
    // A burst takes 2.5 s.
    let config = every_second(&[("Slow", slow.url("/"), 2), ("Fast", fast.url("/"), 1)]);
    let mut watching = Watching::start(config);
    watching.until(8, ran("Fast")).await;
    let seen = watching.stop().await;
    assert_eq!(most.load(Ordering::SeqCst), 1);
    assert_every_second(&ticks(&seen, "Fast"));
    // Of three ticks, one is run in time, one is skipped and one is run late.
    assert_every_second(&ticks(&seen, "Slow"));
    let slow = outcomes(&seen, "Slow");
    let skipped: Vec<_> = slow.iter().filter(|outcome| matches!(outcome.status, Status::Skipped(_))).collect();
    assert!(skipped.len() >= 4, "{slow:#?}");
    for outcome in &skipped {
        let why = "the probe's previous runs ended 1 second after this tick, at least one period late";
        assert_eq!(outcome.status, Status::Skipped(why.to_owned()));
    }
    let made = slow.iter().filter(|outcome| outcome.status == Status::Ok).count();
    assert_eq!(made + skipped.len(), slow.len());
    assert!(made >= 4, "{slow:#?}");
}

#[tokio::test]
async fn a_sentry_that_takes_its_time_holds_up_no_tick() {
    let sentry = Receiver::start(Behaviour { delay: 4 * SECOND, ..Behaviour::default() }).await;
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let mut config = every_second(&[("Home", target.url("/"), 1)]);
    config.sentry.dsn = Some(Secret::new(sentry.dsn().to_string()));
    let mut watching = Watching::start(config);
    watching.until(5, ran("Home")).await;
    let passed = |event: &&Event| matches!(event, Event::Passed { .. });
    assert!(watching.seen.iter().filter(passed).count() <= 1, "{:?}", watching.seen);
    let seen = watching.stop().await;
    assert_every_second(&ticks(&seen, "Home"));
    assert_eq!(sentry.taken().len(), outcomes(&seen, "Home").len(), "what was out was delivered");
}

#[tokio::test]
async fn each_sentry_gets_what_was_made_for_it() {
    let unwell = Behaviour::status(503).with("retry-after", "3600");
    let (before, after) = (Receiver::start(unwell).await, Receiver::start(Behaviour::default()).await);
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let config = |sentry: &Receiver| {
        let mut config = every_second(&[("Home", target.url("/"), 1)]);
        config.sentry.dsn = Some(Secret::new(sentry.dsn().to_string()));
        config
    };
    let mut watching = Watching::start(config(&before));
    watching.until(2, ran("Home")).await;
    let reloaded = |event: &Event| matches!(event, Event::Reloaded(..));
    watching.orders.send(Order::Use(Box::new(config(&after)))).expect("it runs");
    watching.until(1, reloaded).await;
    watching.until(4, ran("Home")).await;
    let seen = watching.stop().await;
    assert_every_second(&ticks(&seen, "Home"));
    let place = seen.iter().position(reloaded).expect("a reload");
    let count = |events: &[Event]| outcomes(events, "Home").len();
    assert_eq!(after.taken().len(), count(&seen[place..]), "{seen:#?}");
    assert!(before.taken().is_empty() && !before.received().is_empty());
    let Some(Event::Stopped { undelivered }) = seen.last() else { panic!("{seen:#?}") };
    assert_eq!(*undelivered, count(&seen[..place]), "what was for the first one stands in the log");
}

#[tokio::test]
async fn what_waits_is_tried_again_where_no_pass_does() {
    let is_well = Arc::new(AtomicBool::new(false));
    let well = is_well.clone();
    let sentry = Receiver::start_with(move |_| match well.load(Ordering::SeqCst) {
        true => Behaviour::default(),
        false => Behaviour::status(503).with("retry-after", "11"),
    })
    .await;
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let mut config = every_second(&[("Home", target.url("/"), 1)]);
    config.sentry.dsn = Some(Secret::new(sentry.dsn().to_string()));
    let mut rare = config.clone();
    let rarer = |probe: &Arc<Probe>| Arc::new(Probe { every: 3600 * SECOND, ..(**probe).clone() });
    rare.groups[0].probes = config.groups[0].probes.iter().map(rarer).collect();
    let mut watching = Watching::start(config);
    watching.until(1, |event| matches!(event, Event::Passed { .. })).await;
    watching.orders.send(Order::Use(Box::new(rare))).expect("it runs");
    watching.until(1, |event| matches!(event, Event::Reloaded(..))).await;
    // A pass that is still in flight would deliver it.
    let begun = watching.seen.iter().filter(|event| matches!(event, Event::Begun { .. })).count();
    watching.until(begun, |event| matches!(event, Event::Passed { .. })).await;
    is_well.store(true, Ordering::SeqCst);
    watching.until(1, |event| matches!(event, Event::Delivered(_))).await;
    assert_eq!(sentry.taken().len(), outcomes(&watching.seen, "Home").len());
    let seen = watching.stop().await;
    assert!(matches!(seen.last(), Some(Event::Stopped { undelivered: 0 })), "{seen:#?}");
}

#[tokio::test]
async fn a_configuration_whose_dsn_is_none_is_refused_while_it_runs() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let good = every_second(&[("Home", target.url("/"), 1)]);
    let mut bad = good.clone();
    bad.sentry.dsn = Some(Secret::new("nonsense".to_owned()));
    let mut watching = Watching::start(good);
    watching.orders.send(Order::Use(Box::new(bad))).expect("it runs");
    watching.until(1, |event| matches!(event, Event::Refused(_))).await;
    watching.until(1, ran("Home")).await;
    let seen = watching.stop().await;
    let refused =
        seen.iter().find_map(|event| if let Event::Refused(problems) = event { Some(problems) } else { None });
    assert!(refused.expect("a refusal").to_string().contains("invalid DSN"), "{refused:?}");
}

#[tokio::test]
async fn it_goes_on_where_nobody_looks() {
    let sentry = Receiver::start(Behaviour::default()).await;
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let mut config = every_second(&[("Home", target.url("/"), 1)]);
    config.sentry.dsn = Some(Secret::new(sentry.dsn().to_string()));
    let Watching { orders, events, task, .. } = Watching::start(config);
    drop(events);
    while sentry.taken().len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    orders.send(Order::Stop).expect("it runs");
    task.await.expect("an end");
}
