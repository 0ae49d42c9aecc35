//! What the screen shows: each probe's last runs, and what it comes to.

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

/// So many runs of a probe are remembered: no sparkline is longer.
const REMEMBERED: usize = 60;

/// Everything that is shown.
pub(crate) struct Board {
    /// The configuration file.
    pub file: String,
    /// A row for each probe, in the configuration's order.
    pub rows: Vec<Row>,
    pub runs: u64,
    pub failed: u64,
    pub delivered: u64,
    /// Envelopes that will be tried again.
    pub waiting: usize,
    pub lost: u64,
    /// Whether results go anywhere.
    pub is_delivered: bool,
    /// Why the newest configuration is not used, if it is not.
    pub diagnostic: Option<String>,
    /// What happened last that is no run.
    pub said: Option<Said>,
    pub is_stopping: bool,
    since: Instant,
}

/// Something that was said.
pub(crate) struct Said {
    pub time: OffsetDateTime,
    pub text: String,
    pub is_bad: bool,
}

/// A probe.
pub(crate) struct Row {
    /// The group's name and the probe's identity.
    key: (String, String),
    watched: Watched,
    /// The group's name, where there are several.
    pub group: Option<String>,
    pub title: String,
    /// Whether a pass of it is out.
    pub is_out: bool,
    pub last: Option<Last>,
    /// From the oldest to the newest, without those that were skipped.
    pub past: VecDeque<Past>,
}

/// A probe's last run.
pub(crate) struct Last {
    pub result: RunResult,
    /// Why it was not well.
    pub sentence: Option<String>,
}

/// A run that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Past {
    pub duration: Duration,
    pub status: &'static str,
}

impl Row {
    /// When it is due next.
    pub(crate) fn next(&self, now: OffsetDateTime) -> Duration {
        Duration::try_from(self.watched.next(now) - now).unwrap_or_default()
    }

    /// How its last run ended, if there was one.
    pub(crate) fn status(&self) -> Option<&'static str> {
        self.last.as_ref().map(|last| last.result.status)
    }
}

impl Board {
    /// Nothing has happened yet.
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
            said: None,
            is_stopping: false,
            since: Instant::now(),
        }
    }

    /// How long it has been watched.
    pub(crate) fn up(&self) -> Duration {
        self.since.elapsed()
    }

    /// Takes in what happened. `text` is what is said of it in words.
    pub(crate) fn see(&mut self, event: &Event, text: Option<String>) {
        let is_bad = match event {
            Event::Started(watching) => {
                self.watch(watching);
                return;
            }
            Event::Begun { group, probes, .. } => {
                let is_due = |row: &Row| row.key.0 == *group && probes.iter().any(|probe| probe.identity == row.key.1);
                self.rows.iter_mut().filter(|row| is_due(row)).for_each(|row| row.is_out = true);
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
            self.said = Some(Said { time: OffsetDateTime::now_utc(), text, is_bad });
        }
    }

    /// Other probes are watched from now on; those that stay keep their past.
    fn watch(&mut self, watching: &Watching) {
        self.is_delivered = watching.is_delivered;
        let terminal = Terminal::new(None, &watching.config.redactor);
        let has_several = watching.config.groups.len() > 1;
        let mut known = std::mem::take(&mut self.rows);
        let row = |watched: &Watched| {
            let key = (watched.group.clone(), watched.probe.identity.clone());
            let place = known.iter().position(|row| row.key == key);
            let past = place.map(|place| known.swap_remove(place));
            let (is_out, last, past) = past.map(|row| (row.is_out, row.last, row.past)).unwrap_or_default();
            Row {
                group: has_several.then(|| terminal.line(&watched.group)),
                title: terminal.line(&watched.probe.title),
                watched: watched.clone(),
                key,
                is_out,
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
        // It may have gone with the configuration before.
        let is_its = |row: &&mut Row| row.key.0 == identity.group && row.key.1 == identity.probe;
        let Some(row) = self.rows.iter_mut().find(is_its) else { return };
        row.is_out = identity.burst + 1 < burst;
        if !is_skipped {
            if row.past.len() == REMEMBERED {
                row.past.pop_front();
            }
            row.past.push_back(Past { duration: outcome.duration, status: outcome.status.as_str() });
        }
        row.last = Some(Last::new(outcome, &config.redactor));
    }

    /// Counts what was delivered; tells whether something was not.
    fn deliver(&mut self, delivered: &Delivered) -> bool {
        self.delivered += delivered.delivered as u64;
        self.lost += delivered.lost as u64;
        // All that waited was tried.
        self.waiting = delivered.spooled;
        delivered.delivered < delivered.envelopes
    }
}

impl Last {
    fn new(outcome: &Outcome, redactor: &Redactor) -> Self {
        let result = RunResult::new(outcome, redactor);
        let terminal = Terminal::new(None, redactor);
        let sentence = result.sentence().map(|sentence| terminal.line(&sentence));
        Self { result, sentence }
    }
}
