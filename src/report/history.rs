//! The last runs of each probe, in a space that does not grow: what a page and a sparkline are made of.

use std::collections::VecDeque;

use serde::Serialize;

use super::result::{RunResult, milliseconds};
use super::text::{Cleaner, FACT};
use crate::config::Redactor;
use crate::outcome::{Outcome, Span};

/// The last runs of each probe.
#[derive(Clone, Debug, Serialize)]
pub struct History {
    /// How many runs of a probe are kept.
    #[serde(skip)]
    kept: usize,
    /// Probes in the order of their first runs.
    pub probes: Vec<Series>,
}

/// The last runs of one probe.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// Its group.
    pub group: String,
    /// Its title.
    pub title: String,
    /// Its kind, e.g. `probes.http`.
    pub probe: &'static str,
    /// Its runs, from the oldest that is kept to the newest.
    pub runs: VecDeque<PastRun>,
    /// How many runs there were, those that are not kept any more among them.
    pub total: u64,
    /// How many of them failed.
    pub failed: u64,
    /// What tells it from other probes, which may have the same title.
    #[serde(skip)]
    identity: (String, String),
}

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PastRun {
    /// What programs are told of it.
    #[serde(flatten)]
    pub result: RunResult,
    /// All its timed parts, parents before children, for a trace's breakdown.
    pub spans: Vec<PastSpan>,
}

/// A timed part of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PastSpan {
    /// What was timed, e.g. `net.dns`.
    pub op: &'static str,
    /// For people, e.g. `GET https://example.com/login`; may be empty.
    pub description: String,
    /// Index of the span around it in [`PastRun::spans`].
    pub parent: Option<usize>,
    /// Start, from the run's start.
    pub start_ms: f64,
    /// Length.
    pub duration_ms: f64,
    /// Whether it went well.
    pub ok: bool,
}

impl History {
    /// One that keeps so many runs of each probe.
    pub fn keeping(kept: usize) -> Self {
        Self { kept: kept.max(1), probes: Vec::new() }
    }

    /// Adds a run, without secrets. The oldest one of its probe goes, if there are too many.
    pub fn add(&mut self, outcome: &Outcome, redactor: &Redactor) {
        let redactor = &redactor.with(&outcome.secrets);
        let result = RunResult::new(outcome, redactor);
        let cleaner = Cleaner::new(redactor);
        let spans = outcome.spans.iter().map(|span| PastSpan::new(span, cleaner)).collect();
        let identity = &outcome.identity;
        let known = |series: &Series| series.identity.0 == identity.group && series.identity.1 == identity.probe;
        let place = self.probes.iter().position(known).unwrap_or_else(|| {
            self.probes.push(Series {
                group: redactor.text(&identity.group),
                title: result.title.clone(),
                probe: outcome.probe,
                runs: VecDeque::new(),
                total: 0,
                failed: 0,
                identity: (identity.group.clone(), identity.probe.clone()),
            });
            self.probes.len() - 1
        });
        let series = &mut self.probes[place];
        series.total += 1;
        series.failed += u64::from(outcome.status.failure().is_some());
        while series.runs.len() >= self.kept {
            series.runs.pop_front();
        }
        series.runs.push_back(PastRun { result, spans });
    }
}

impl PastSpan {
    fn new(span: &Span, cleaner: Cleaner<'_>) -> Self {
        Self {
            op: span.op.as_str(),
            description: cleaner.line(&span.description, FACT).into_owned(),
            parent: span.parent,
            start_ms: milliseconds(span.start),
            duration_ms: milliseconds(span.end.saturating_sub(span.start)),
            ok: span.failure.is_none(),
        }
    }
}
