//! SentryNet without AWS: a clock before the one path, for a server, a container or a laptop.
//!
//! A [`Watch`] honours `every` by the same [`Cadence`](crate::schedule::Beat) as the rules do. What happens it says as
//! [`Event`]s, which any view can follow; what it is to do it takes as [`Order`]s. It knows no files and no signals.

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
use super::group::{Follower, ScheduledRun};
use super::{PATIENCE, Runner, elsewhere};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::outcome::Outcome;
use crate::probe::Probe;

/// The clock is read at least so often: it may be set, and a machine that sleeps stops all timers.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// What waits for a delivery is tried again after so long where no pass does it.
const RETRY: Duration = Duration::from_secs(15);

/// What is cut short has so long to be delivered.
const LAST_DELIVERY: Duration = Duration::from_millis(1500);

/// What a watch is told to do.
#[derive(Debug)]
pub enum Order {
    /// Follow this configuration from now on.
    Use(Box<Config>),
    /// The newest configuration cannot be used: say so.
    Refuse(Diagnostics),
    /// Say this to whoever looks.
    Tell(String),
    /// End: what is out is finished. Said again: at once.
    Stop,
}

/// Watches what a configuration holds.
pub struct Watch {
    runner: Arc<Runner>,
    config: Arc<Config>,
    timetable: Timetable,
    events: UnboundedSender<Event>,
    /// Where followers say that a probe's runs are over.
    freed: UnboundedSender<Key>,
    free: UnboundedReceiver<Key>,
    /// Passes and deliveries that are out.
    out: JoinSet<()>,
    /// When something was delivered last, as far as that is known.
    delivered: Instant,
    /// What was noticed already.
    noticed: HashSet<String>,
}

impl Watch {
    /// A watch that has not begun. Whoever takes the events sees everything; nobody has to.
    pub fn new(runner: Runner, events: UnboundedSender<Event>) -> Self {
        let (freed, free) = unbounded_channel();
        Self {
            runner: Arc::new(runner.patient(LAST_DELIVERY)),
            config: Arc::default(),
            timetable: Timetable::default(),
            events,
            freed,
            free,
            out: JoinSet::new(),
            delivered: Instant::now(),
            noticed: HashSet::new(),
        }
    }

    /// Watches until it is told to stop, then finishes and delivers what is out, for `grace` at most.
    ///
    /// # Errors
    ///
    /// The configuration's DSN is not usable; nothing was run.
    pub async fn run(
        mut self,
        config: Config,
        mut orders: UnboundedReceiver<Order>,
        grace: Duration,
    ) -> Result<(), crate::runner::RunnerError> {
        self.runner.dsn(&config)?;
        self.adopt(config);
        self.say(Event::Started(self.watching()));
        self.notice();
        loop {
            self.look();
            let wait = self.wait();
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Use(config)) => self.reload(*config),
                    Some(Order::Refuse(problems)) => self.refuse(problems),
                    Some(Order::Tell(sentence)) => self.say(Event::Notice(sentence)),
                    // Nobody is there who could end it later.
                    Some(Order::Stop) | None => break,
                },
                Some(key) = self.free.recv() => self.timetable.free(&key),
                Some(ended) = self.out.join_next() => self.ended(ended),
                () = sleep(wait) => {}
            }
            self.retry();
        }
        self.finish(orders, grace).await;
        Ok(())
    }

    /// Starts what is due.
    fn look(&mut self) {
        while let Ok(key) = self.free.try_recv() {
            self.timetable.free(&key);
        }
        let Look { due, missed, set_back } = self.timetable.look(OffsetDateTime::now_utc());
        if let Some(by) = set_back {
            self.say(Event::SetBack(by));
        }
        if let Some(missed) = missed {
            self.say(Event::Missed(missed));
        }
        due.into_iter().for_each(|due| self.pass(due));
    }

    /// How long there is nothing to do, by the clock as it is now.
    fn wait(&self) -> Duration {
        let Some(next) = self.timetable.next() else { return MAX_WAIT };
        Duration::try_from(next - OffsetDateTime::now_utc()).unwrap_or_default().min(MAX_WAIT)
    }

    /// Sends a pass on its way.
    fn pass(&mut self, due: Due) {
        let Due { group, tick, probes, has_waited, is_stale } = due;
        let (runner, config, events) = (self.runner.clone(), self.config.clone(), self.events.clone());
        let busy_until = has_waited.then(OffsetDateTime::now_utc);
        let job = |probe: &Arc<Probe>| {
            let key = (group.clone(), probe.identity.clone());
            let follower = Lookout {
                config: config.clone(),
                probe: probe.clone(),
                events: events.clone(),
                // A stale tick is not run: it keeps nobody busy.
                freed: (!is_stale).then(|| (self.freed.clone(), key)),
            };
            ScheduledRun {
                busy_until,
                follower: Some(Arc::new(follower)),
                ..ScheduledRun::scheduled(probe.clone(), tick)
            }
        };
        let jobs: Vec<ScheduledRun> = probes.iter().map(job).collect();
        self.say(Event::Begun { group: group.clone(), tick, probes });
        self.out.spawn(async move {
            let Some(group) = config.group(&group) else { return };
            let event = match runner.run(&config, group, jobs, tick, None).await {
                Ok(finished) => Event::Passed { config: config.clone(), finished: Arc::new(finished) },
                Err(error) => Event::NotPassed(config.redactor.text(&error.to_string())),
            };
            // Nobody has to see it.
            let _ = events.send(event);
        });
    }

    fn ended(&mut self, ended: Result<(), tokio::task::JoinError>) {
        self.delivered = Instant::now();
        if ended.is_err() {
            // The panic itself stands in the log.
            self.say(Event::NotPassed("SentryNet itself failed in a pass".to_owned()));
        }
    }

    /// Tries again to deliver what waits, where no pass does.
    fn retry(&mut self) {
        if self.out.is_empty() && self.delivered.elapsed() >= RETRY && self.runner.waiting() > 0 {
            self.deliver_waiting();
        }
    }

    fn deliver_waiting(&mut self) {
        let (runner, events) = (self.runner.clone(), self.events.clone());
        self.out.spawn(async move {
            for delivered in runner.deliver_waiting(Instant::now() + PATIENCE).await {
                let _ = events.send(Event::Delivered(delivered));
            }
        });
    }

    fn reload(&mut self, config: Config) {
        if let Err(error) = self.runner.dsn(&config) {
            return self.refuse(Diagnostic::of_file("the configuration", error.to_string()).into());
        }
        let changes = self.adopt(config);
        self.say(Event::Reloaded(self.watching(), changes));
        self.notice();
    }

    fn adopt(&mut self, config: Config) -> Changes {
        // Its ticks up to now are the last configuration's.
        self.look();
        self.runner.telemetry().hide(config.redactor.and(&self.config.redactor));
        self.config = Arc::new(config);
        let location = self.runner.overrides.location.as_deref();
        self.timetable.adopt(&self.config, location, OffsetDateTime::now_utc())
    }

    fn refuse(&mut self, problems: Diagnostics) {
        tracing::error!("the newest configuration is not used, the last good one runs: {problems}");
        self.say(Event::Refused(problems));
        let (runner, dsn) = (self.runner.clone(), self.config.sentry.dsn.clone());
        self.out.spawn(async move { runner.deliver_own_errors(dsn, None).await });
    }

    /// Says what is not as one might expect, once.
    fn notice(&mut self) {
        let (config, runner) = (self.config.clone(), self.runner.clone());
        let location = runner.overrides.location.as_deref();
        for group in &config.groups {
            let Some(sentence) = elsewhere(&config, group, location) else { continue };
            let sentence = format!("group {}: {sentence}", group.name);
            if self.noticed.insert(sentence.clone()) {
                self.say(Event::Notice(sentence));
            }
        }
    }

    /// Ends: nothing new is begun.
    async fn finish(mut self, mut orders: UnboundedReceiver<Order>, grace: Duration) {
        self.say(Event::Stopping { passes: self.out.len(), grace });
        let end = tokio::time::Instant::now() + grace;
        let (mut is_cut, mut is_last) = (false, false);
        loop {
            if self.out.is_empty() {
                if is_last {
                    break;
                }
                is_last = true;
                self.deliver_waiting();
            }
            let cut = tokio::select! {
                Some(ended) = self.out.join_next() => {
                    self.ended(ended);
                    false
                }
                order = orders.recv(), if !is_cut && !orders.is_closed() => matches!(order, Some(Order::Stop)),
                () = sleep_until(end), if !is_cut => true,
            };
            if cut {
                is_cut = true;
                self.runner.shutdown.begin();
                self.say(Event::Cut);
            }
        }
        self.say(Event::Stopped { undelivered: self.runner.give_up() });
    }

    fn watching(&self) -> Watching {
        Watching {
            config: self.config.clone(),
            probes: self.timetable.watched().cloned().collect(),
            // It was looked at before it was adopted.
            is_delivered: self.runner.dsn(&self.config).is_ok_and(|dsn| dsn.is_some()),
        }
    }

    fn say(&self, event: Event) {
        // Nobody has to see it.
        let _ = self.events.send(event);
    }
}

/// Sees the runs of one job, and when they are over.
#[derive(Debug)]
struct Lookout {
    config: Arc<Config>,
    probe: Arc<Probe>,
    events: UnboundedSender<Event>,
    freed: Option<(UnboundedSender<Key>, Key)>,
}

impl Follower for Lookout {
    fn ended(&self, outcome: &Outcome) {
        let (config, probe) = (self.config.clone(), self.probe.clone());
        let _ = self.events.send(Event::Ran { config, probe, outcome: Arc::new(outcome.clone()) });
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        if let Some((freed, key)) = self.freed.take() {
            let _ = freed.send(key);
        }
    }
}
