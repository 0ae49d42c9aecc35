//! The last runs of each probe in bounded memory, for the HTML report.

use std::collections::VecDeque;

use crate::outcome::phase::Op;
use crate::outcome::{Outcome, Span, Status};
use crate::runner::RunResult;
use crate::secrets::Redactor;
use crate::sentry::sanitize::{Cleaner, FACT};
use crate::wording::milliseconds;

/// How many spans a run may have on average: a script with a hundred steps has a thousand, and fewer of its runs are kept.
const SPANS_PER_RUN: usize = 24;

/// The last runs of each probe.
#[derive(Clone, Debug)]
pub struct History {
    /// How many runs of each probe are kept.
    kept: usize,
    /// The probes, in the order of their first runs.
    pub probes: Vec<Series>,
}

/// The last runs of one probe.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its id in links: 16 hexadecimal digits, derived from its group and identity.
    pub id: String,
    /// Its group.
    pub group: String,
    /// Its title.
    pub title: String,
    /// Its kind, e.g. `probes.http`.
    pub probe: &'static str,
    /// Where it runs from.
    pub location: String,
    /// Its kept runs, from the oldest to the newest.
    pub runs: VecDeque<PastRun>,
    /// How many runs there were, including those that are no longer kept.
    pub total: u64,
    /// How many of them were degraded.
    pub degraded: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many of them were skipped.
    pub skipped: u64,
    /// Their problems, grouped as in Sentry: one issue per cause.
    pub issues: Vec<Issue>,
    /// How many spans the kept runs have.
    spans: usize,
    /// Its group and identity: titles need not be unique.
    identity: (String, String),
}

/// Runs of a probe that failed or were degraded for the same cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The failures' kind, or `degraded`.
    pub cause: &'static str,
    /// How many there were, including those that are no longer kept.
    pub count: u64,
    /// When the first of them started, RFC 3339.
    pub first: String,
    /// When the last of them started, RFC 3339.
    pub last: String,
    /// The sentence of the last of them.
    pub sentence: String,
}

/// A run that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    /// Its result, as in the summary.
    pub result: RunResult,
    /// All its spans, parents before children.
    pub spans: Vec<PastSpan>,
}

/// A span of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct PastSpan {
    /// What was timed.
    pub op: Op,
    /// For people, e.g. `GET https://example.com/login`; may be empty.
    pub description: String,
    /// Index of its parent in [`PastRun::spans`].
    pub parent: Option<usize>,
    /// Its start, counted from the run's start.
    pub start_ms: f64,
    /// Its duration.
    pub duration_ms: f64,
    /// Whether it went well.
    pub ok: bool,
}

impl History {
    /// A history that keeps this many runs of each probe.
    pub fn keeping(kept: usize) -> Self {
        Self { kept: kept.max(1), probes: Vec::new() }
    }

    /// Adds a run, without secrets. Drops the probe's oldest run if there are too many.
    pub fn add(&mut self, outcome: &Outcome, redactor: &Redactor) {
        let redactor = &redactor.with(&outcome.secrets);
        let result = RunResult::new(outcome, redactor);
        let cleaner = Cleaner::new(redactor);
        let spans = outcome.spans.iter().map(|span| PastSpan::new(span, cleaner)).collect();
        let identity = &outcome.identity;
        let known = |series: &Series| series.identity.0 == identity.group && series.identity.1 == identity.probe;
        let place = self.probes.iter().position(known).unwrap_or_else(|| {
            self.probes.push(Series::new(outcome, &result, redactor));
            self.probes.len() - 1
        });
        self.probes[place].add(PastRun { result, spans }, &outcome.status, self.kept);
    }

    /// Keeps this many runs of each probe from now on, and drops all probes that are not known, by group and identity.
    pub fn keep(&mut self, kept: usize, is_known: impl Fn(&str, &str) -> bool) {
        self.kept = kept.max(1);
        self.probes.retain(|series| is_known(&series.identity.0, &series.identity.1));
        self.probes.iter_mut().for_each(|series| series.shorten(self.kept));
    }
}

impl Series {
    fn new(outcome: &Outcome, result: &RunResult, redactor: &Redactor) -> Self {
        let identity = &outcome.identity;
        Self {
            id: identity.probe_id().to_string(),
            group: redactor.text(&identity.group),
            title: result.title.clone(),
            probe: outcome.probe,
            location: redactor.text(&identity.location),
            runs: VecDeque::new(),
            total: 0,
            degraded: 0,
            failed: 0,
            skipped: 0,
            issues: Vec::new(),
            spans: 0,
            identity: (identity.group.clone(), identity.probe.clone()),
        }
    }

    /// Whether its last run failed; skipped runs do not count.
    pub fn is_failing(&self) -> bool {
        self.runs.iter().rev().find(|run| run.result.status != "skipped").is_some_and(|run| run.result.kind.is_some())
    }

    fn add(&mut self, run: PastRun, status: &Status, kept: usize) {
        self.total += 1;
        match status {
            Status::Ok => {}
            Status::Degraded(_) => self.degraded += 1,
            Status::Failed(_) => self.failed += 1,
            Status::Skipped(_) => self.skipped += 1,
        }
        let cause = match status {
            Status::Failed(failure) => Some(failure.kind.as_str()),
            Status::Degraded(_) => Some(status.as_str()),
            Status::Ok | Status::Skipped(_) => None,
        };
        if let Some(cause) = cause {
            self.note(cause, &run.result);
        }
        self.spans += run.spans.len();
        self.runs.push_back(run);
        self.shorten(kept);
    }

    fn shorten(&mut self, kept: usize) {
        while self.runs.len() > kept || (self.runs.len() > 1 && self.spans > kept.saturating_mul(SPANS_PER_RUN)) {
            self.spans -= self.runs.pop_front().map_or(0, |run| run.spans.len());
        }
    }

    /// Adds a run to its issue. There are at most as many issues as kinds of failures.
    fn note(&mut self, cause: &'static str, result: &RunResult) {
        let place = self.issues.iter().position(|issue| issue.cause == cause).unwrap_or_else(|| {
            let first = result.started.clone();
            self.issues.push(Issue { cause, count: 0, first, last: String::new(), sentence: String::new() });
            self.issues.len() - 1
        });
        let issue = &mut self.issues[place];
        issue.count += 1;
        issue.last.clone_from(&result.started);
        issue.sentence = result.error.clone().unwrap_or_default();
    }
}

impl PastSpan {
    fn new(span: &Span, cleaner: Cleaner<'_>) -> Self {
        Self {
            op: span.op,
            description: cleaner.line(&span.description, FACT).into_owned(),
            parent: span.parent,
            start_ms: milliseconds(span.start),
            duration_ms: milliseconds(span.end.saturating_sub(span.start)),
            ok: span.failure.is_none(),
        }
    }
}
