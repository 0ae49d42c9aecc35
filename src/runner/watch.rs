//! SentryNet without AWS: the runner driven by a clock, on a server, in a container or on a laptop.
//!
//! A [`Watch`] honours `every` by the same [`Cadence`](crate::schedule::Cadence) as the rules do. It emits [`Event`]s, which
//! any view can show, and takes [`Order`]s. It knows nothing of files and signals.

mod event;
mod timetable;

pub use event::{Changes, Event, Missed, Watched, Watching};

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use self::timetable::{Due, Key, Look, Timetable};
use super::group::{RunObserver, ScheduledRun};
use super::{DELIVERY_TIMEOUT, Runner, outside_regions};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::outcome::Outcome;
use crate::probe::Probe;

/// How often the clock is read at least: it may be set, and a machine that sleeps stops all timers.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// After how long envelopes that wait are retried where no pass does so.
const RETRY_INTERVAL: Duration = Duration::from_secs(15);

/// How long delivery may take once runs are cut short.
const SHUTDOWN_DELIVERY: Duration = Duration::from_millis(1500);

/// What to do next.
#[derive(Debug)]
pub enum Order {
    /// Use this configuration from now on.
    Use(Box<Config>),
    /// Report that the newest configuration cannot be used.
    Refuse(Diagnostics),
    /// Show this notice.
    Tell(String),
    /// Stop, after what is in flight. The second time: at once.
    Stop,
}

/// Runs the probes of a configuration whenever they are due.
pub struct Watch {
    runner: Arc<Runner>,
    config: Arc<Config>,
    timetable: Timetable,
    events: UnboundedSender<Event>,
    /// Where observers report that a probe's runs are over.
    release: UnboundedSender<Key>,
    released: UnboundedReceiver<Key>,
    /// Passes and deliveries in flight.
    in_flight: JoinSet<()>,
    /// When the last delivery ended.
    delivered: Instant,
    /// Notices that were shown already.
    noticed: HashSet<String>,
}

impl Watch {
    /// A watch that has not begun. Events may be received or ignored.
    pub fn new(runner: Runner, events: UnboundedSender<Event>) -> Self {
        let (release, released) = unbounded_channel();
        Self {
            runner: Arc::new(runner.retain_until_exit(SHUTDOWN_DELIVERY)),
            config: Arc::default(),
            timetable: Timetable::default(),
            events,
            release,
            released,
            in_flight: JoinSet::new(),
            delivered: Instant::now(),
            noticed: HashSet::new(),
        }
    }

    /// Watches until it is stopped, then finishes and delivers what is in flight, for `grace` at most.
    ///
    /// # Errors
    ///
    /// The configuration's DSN is invalid; nothing was run.
    pub async fn run(
        mut self,
        config: Config,
        mut orders: UnboundedReceiver<Order>,
        grace: Duration,
    ) -> Result<(), crate::runner::RunnerError> {
        self.runner.dsn(&config)?;
        self.adopt(config);
        self.emit(Event::Started(self.watching()));
        self.notice();
        loop {
            self.look();
            let wait = self.wait();
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Use(config)) => self.reload(*config),
                    Some(Order::Refuse(problems)) => self.refuse(problems),
                    Some(Order::Tell(sentence)) => self.emit(Event::Notice(sentence)),
                    // Nobody is left who could stop it later.
                    Some(Order::Stop) | None => break,
                },
                Some(key) = self.released.recv() => self.timetable.release(&key),
                Some(ended) = self.in_flight.join_next() => self.ended(ended),
                () = sleep(wait) => {}
            }
            self.retry();
        }
        self.finish(orders, grace).await;
        Ok(())
    }

    /// Starts what is due.
    fn look(&mut self) {
        while let Ok(key) = self.released.try_recv() {
            self.timetable.release(&key);
        }
        let Look { due, missed, set_back } = self.timetable.look(OffsetDateTime::now_utc());
        if let Some(by) = set_back {
            self.emit(Event::SetBack(by));
        }
        if let Some(missed) = missed {
            self.emit(Event::Missed(missed));
        }
        due.into_iter().for_each(|due| self.pass(due));
    }

    /// How long until the next tick, by the clock as it is now.
    fn wait(&self) -> Duration {
        let Some(next) = self.timetable.next() else { return MAX_WAIT };
        Duration::try_from(next - OffsetDateTime::now_utc()).unwrap_or_default().min(MAX_WAIT)
    }

    /// Starts a pass.
    fn pass(&mut self, due: Due) {
        let Due { group, tick, probes, has_waited, is_stale } = due;
        let (runner, config, events) = (self.runner.clone(), self.config.clone(), self.events.clone());
        let busy_until = has_waited.then(OffsetDateTime::now_utc);
        let run = |probe: &Arc<Probe>| {
            let key = (group.clone(), probe.identity.clone());
            let observer = Observer {
                config: config.clone(),
                probe: probe.clone(),
                events: events.clone(),
                // A stale tick is not run: its probe does not become busy.
                release: (!is_stale).then(|| (self.release.clone(), key)),
            };
            ScheduledRun {
                busy_until,
                observer: Some(Arc::new(observer)),
                ..ScheduledRun::scheduled(probe.clone(), tick)
            }
        };
        let runs: Vec<ScheduledRun> = probes.iter().map(run).collect();
        self.emit(Event::Begun { group: group.clone(), tick, probes });
        self.in_flight.spawn(async move {
            let Some(group) = config.group(&group) else { return };
            let event = match runner.run(&config, group, runs, tick, None).await {
                Ok(finished) => Event::Passed { config: config.clone(), finished: Arc::new(finished) },
                Err(error) => Event::NotPassed(config.redactor.text(&error.to_string())),
            };
            // Nobody has to listen.
            let _ = events.send(event);
        });
    }

    fn ended(&mut self, ended: Result<(), tokio::task::JoinError>) {
        self.delivered = Instant::now();
        if ended.is_err() {
            // The panic itself is in the log.
            self.emit(Event::NotPassed("SentryNet itself failed in a pass".to_owned()));
        }
    }

    /// Retries to deliver what waits, where no pass does.
    fn retry(&mut self) {
        if self.in_flight.is_empty() && self.delivered.elapsed() >= RETRY_INTERVAL && self.runner.waiting() > 0 {
            self.deliver_waiting();
        }
    }

    fn deliver_waiting(&mut self) {
        let (runner, events) = (self.runner.clone(), self.events.clone());
        self.in_flight.spawn(async move {
            for delivered in runner.deliver_waiting(Instant::now() + DELIVERY_TIMEOUT).await {
                let _ = events.send(Event::Delivered(delivered));
            }
        });
    }

    fn reload(&mut self, config: Config) {
        if let Err(error) = self.runner.dsn(&config) {
            return self.refuse(Diagnostic::of_file("the configuration", error.to_string()).into());
        }
        let changes = self.adopt(config);
        self.emit(Event::Reloaded(self.watching(), changes));
        self.notice();
    }

    fn adopt(&mut self, config: Config) -> Changes {
        // Ticks up to now are those of the previous configuration.
        self.look();
        self.runner.telemetry().hide(config.redactor.and(&self.config.redactor));
        self.config = Arc::new(config);
        let location = self.runner.overrides.location.as_deref();
        self.timetable.adopt(&self.config, location, OffsetDateTime::now_utc())
    }

    fn refuse(&mut self, problems: Diagnostics) {
        tracing::error!("the newest configuration cannot be used, the last valid one still runs: {problems}");
        self.emit(Event::Refused(problems));
        let (runner, dsn) = (self.runner.clone(), self.config.sentry.dsn.clone());
        self.in_flight.spawn(async move { runner.deliver_own_errors(dsn, None).await });
    }

    /// Shows each notice about the configuration once.
    fn notice(&mut self) {
        let (config, runner) = (self.config.clone(), self.runner.clone());
        let location = runner.overrides.location.as_deref();
        for group in &config.groups {
            let Some(sentence) = outside_regions(&config, group, location) else { continue };
            let sentence = format!("group {}: {sentence}", group.name);
            if self.noticed.insert(sentence.clone()) {
                self.emit(Event::Notice(sentence));
            }
        }
    }

    /// Stops: nothing new is started.
    async fn finish(mut self, mut orders: UnboundedReceiver<Order>, grace: Duration) {
        self.emit(Event::Stopping { passes: self.in_flight.len(), grace });
        let end = tokio::time::Instant::now() + grace;
        let (mut is_cut, mut is_last) = (false, false);
        loop {
            if self.in_flight.is_empty() {
                if is_last {
                    break;
                }
                is_last = true;
                self.deliver_waiting();
            }
            let cut = tokio::select! {
                Some(ended) = self.in_flight.join_next() => {
                    self.ended(ended);
                    false
                }
                order = orders.recv(), if !is_cut && !orders.is_closed() => matches!(order, Some(Order::Stop)),
                () = sleep_until(end), if !is_cut => true,
            };
            if cut {
                is_cut = true;
                self.runner.shutdown.begin();
                self.emit(Event::Cut);
            }
        }
        self.emit(Event::Stopped { undelivered: self.runner.give_up() });
    }

    fn watching(&self) -> Watching {
        Watching {
            config: self.config.clone(),
            probes: self.timetable.watched().cloned().collect(),
            // It was validated before it was adopted.
            is_delivered: self.runner.dsn(&self.config).is_ok_and(|dsn| dsn.is_some()),
        }
    }

    fn emit(&self, event: Event) {
        // Nobody has to listen.
        let _ = self.events.send(event);
    }
}

/// Reports the runs of one [`ScheduledRun`], and when they are over.
#[derive(Debug)]
struct Observer {
    config: Arc<Config>,
    probe: Arc<Probe>,
    events: UnboundedSender<Event>,
    release: Option<(UnboundedSender<Key>, Key)>,
}

impl RunObserver for Observer {
    fn ended(&self, outcome: &Outcome) {
        let (config, probe) = (self.config.clone(), self.probe.clone());
        let _ = self.events.send(Event::Ran { config, probe, outcome: Arc::new(outcome.clone()) });
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        if let Some((release, key)) = self.release.take() {
            let _ = release.send(key);
        }
    }
}
