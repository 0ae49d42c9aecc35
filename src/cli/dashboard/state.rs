//! What the dashboard shows: the last runs of each probe, and totals.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::cli::terminal::Terminal;
use crate::config::Config;
use crate::outcome::Outcome;
use crate::runner::RunResult;
use crate::runner::watch::{Event, Watched, Watching};
use crate::secrets::Redactor;
use crate::sentry::Delivered;

/// How many runs of a probe are kept: no sparkline is longer.
const MAX_PAST_RUNS: usize = 60;

/// Everything that is shown.
pub(crate) struct State {
    /// The configuration file.
    pub file: String,
    /// A row for each probe, in the configuration's order.
    pub rows: Vec<Row>,
    pub runs: u64,
    pub failed: u64,
    pub delivered: u64,
    /// Envelopes that will be retried.
    pub waiting: usize,
    pub lost: u64,
    /// Whether results are delivered: whether there is a DSN.
    pub is_delivered: bool,
    /// Why the newest configuration is not used, if it is invalid.
    pub diagnostic: Option<String>,
    /// The last event that is not a run.
    pub message: Option<Message>,
    pub is_stopping: bool,
    since: Instant,
}

/// The text of an event.
pub(crate) struct Message {
    pub time: OffsetDateTime,
    pub text: String,
    pub is_problem: bool,
}

/// A row of the table: a probe.
pub(crate) struct Row {
    /// The group's name and the probe's identity.
    key: (String, String),
    watched: Watched,
    /// The group's name, where there are several.
    pub group: Option<String>,
    pub title: String,
    /// Whether it is running.
    pub is_running: bool,
    pub last: Option<LastRun>,
    /// Its runs from the oldest to the newest, without skipped ones.
    pub past: VecDeque<PastRun>,
}

/// A probe's last run.
pub(crate) struct LastRun {
    pub result: RunResult,
    /// Why it was not ok.
    pub sentence: Option<String>,
}

/// A run that was not skipped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PastRun {
    pub duration: Duration,
    pub status: &'static str,
}

impl Row {
    /// How long it is until its next tick.
    pub(crate) fn next(&self, now: OffsetDateTime) -> Duration {
        Duration::try_from(self.watched.next(now) - now).unwrap_or_default()
    }

    /// The status of its last run, if there was one.
    pub(crate) fn status(&self) -> Option<&'static str> {
        self.last.as_ref().map(|last| last.result.status)
    }
}

impl State {
    /// The state before anything has happened.
    pub(crate) fn new(file: String) -> Self {
        Self {
            file,
            rows: Vec::new(),
            runs: 0,
            failed: 0,
            delivered: 0,
            waiting: 0,
            lost: 0,
            is_delivered: false,
            diagnostic: None,
            message: None,
            is_stopping: false,
            since: Instant::now(),
        }
    }

    /// For how long it has been watching.
    pub(crate) fn up(&self) -> Duration {
        self.since.elapsed()
    }

    /// Updates the state after an event; `text` is the event's text.
    pub(crate) fn update(&mut self, event: &Event, text: Option<String>) {
        let is_problem = match event {
            Event::Started(watching) => {
                self.watch(watching);
                return;
            }
            Event::Begun { group, probes, .. } => {
                let is_due = |row: &Row| row.key.0 == *group && probes.iter().any(|probe| probe.identity == row.key.1);
                self.rows.iter_mut().filter(|row| is_due(row)).for_each(|row| row.is_running = true);
                return;
            }
            Event::Ran { config, probe, outcome } => return self.ran(config, probe.burst, outcome),
            Event::Passed { finished, .. } => {
                finished.delivered.as_ref().is_some_and(|delivered| self.deliver(delivered))
            }
            Event::Delivered(delivered) => self.deliver(delivered),
            Event::Reloaded(watching, _) => {
                self.diagnostic = None;
                self.watch(watching);
                false
            }
            Event::Refused(diagnostics) => {
                self.diagnostic = Some(anstream::adapter::strip_str(&diagnostics.to_string()).to_string());
                return;
            }
            Event::Stopping { .. } => {
                self.is_stopping = true;
                false
            }
            Event::NotPassed(_) | Event::Missed(_) | Event::SetBack(_) => true,
            Event::Stopped { undelivered } => *undelivered > 0,
            Event::Notice(_) | Event::Cut => false,
        };
        if let Some(text) = text {
            self.message = Some(Message { time: OffsetDateTime::now_utc(), text, is_problem });
        }
    }

    /// Changes the probes; those that stay keep their past runs.
    fn watch(&mut self, watching: &Watching) {
        self.is_delivered = watching.is_delivered;
        let terminal = Terminal::new(None, &watching.config.redactor);
        let has_several = watching.config.groups.len() > 1;
        let mut known = std::mem::take(&mut self.rows);
        let row = |watched: &Watched| {
            let key = (watched.group.clone(), watched.probe.identity.clone());
            let place = known.iter().position(|row| row.key == key);
            let past = place.map(|place| known.swap_remove(place));
            let (is_running, last, past) = past.map(|row| (row.is_running, row.last, row.past)).unwrap_or_default();
            Row {
                group: has_several.then(|| terminal.line(&watched.group)),
                title: terminal.line(&watched.probe.title),
                watched: watched.clone(),
                key,
                is_running,
                last,
                past,
            }
        };
        self.rows = watching.probes.iter().map(row).collect();
    }

    fn ran(&mut self, config: &Config, burst: u32, outcome: &Outcome) {
        let identity = &outcome.identity;
        let is_skipped = outcome.status.as_str() == "skipped";
        if !is_skipped {
            self.runs += 1;
            self.failed += u64::from(outcome.status.failure().is_some());
        }
        // It may have been removed with the previous configuration.
        let is_its = |row: &&mut Row| row.key.0 == identity.group && row.key.1 == identity.probe;
        let Some(row) = self.rows.iter_mut().find(is_its) else { return };
        row.is_running = identity.burst + 1 < burst;
        if !is_skipped {
            if row.past.len() == MAX_PAST_RUNS {
                row.past.pop_front();
            }
            row.past.push_back(PastRun { duration: outcome.duration, status: outcome.status.as_str() });
        }
        row.last = Some(LastRun::new(outcome, &config.redactor));
    }

    /// Counts what was delivered; returns whether something was not.
    fn deliver(&mut self, delivered: &Delivered) -> bool {
        self.delivered += delivered.delivered as u64;
        self.lost += delivered.lost as u64;
        // Everything that was waiting has been tried.
        self.waiting = delivered.spooled;
        delivered.delivered < delivered.envelopes
    }
}

impl LastRun {
    fn new(outcome: &Outcome, redactor: &Redactor) -> Self {
        let result = RunResult::new(outcome, redactor);
        let terminal = Terminal::new(None, redactor);
        let sentence = result.sentence().map(|sentence| terminal.line(&sentence));
        Self { result, sentence }
    }
}
