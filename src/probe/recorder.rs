//! What one run records: spans, attributes, the last answer.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::outcome::phase::Op;
use crate::outcome::{Attributes, FailureKind, Response, Span};
use crate::secrets::credential::Credentials;

/// Records what happens in a run, as offsets from its start on the monotonic clock.
pub(crate) struct Recorder {
    started: OffsetDateTime,
    clock_start: Instant,
    spans: Vec<Span>,
    /// Attributes of the run.
    pub(crate) attributes: Attributes,
    /// The last answer.
    pub(crate) response: Option<Response>,
    /// Why the run counts as degraded, if it does.
    pub(crate) degraded: Option<String>,
    /// Credentials that exist only in this run.
    pub(crate) credentials: Credentials,
}

impl Recorder {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Self {
            started: OffsetDateTime::now_utc(),
            clock_start: Instant::now(),
            spans: Vec::new(),
            attributes: Attributes::new(),
            response: None,
            degraded: None,
            credentials: Credentials::default(),
        }
    }

    /// Wall-clock time of the start.
    pub(crate) fn started(&self) -> OffsetDateTime {
        self.started
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.offset(Instant::now())
    }

    /// `instant` from the start of the run.
    pub(crate) fn offset(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.clock_start)
    }

    /// Seconds since the Unix epoch of `instant`, as Sentry's `http.request.*` attributes want them.
    pub(crate) fn unix_seconds(&self, instant: Instant) -> f64 {
        let micros = self.started.unix_timestamp_nanos() / 1000 + self.offset(instant).as_micros() as i128;
        micros as f64 / 1e6
    }

    /// Opens a span that begins now; its index.
    pub(crate) fn open(&mut self, op: Op, description: impl Into<String>, parent: Option<usize>) -> usize {
        let now = self.elapsed();
        self.add(op, description.into(), parent, now, now, None)
    }

    /// Ends an open span now.
    pub(crate) fn close(&mut self, index: usize, failure: Option<FailureKind>) {
        let now = self.elapsed();
        let span = &mut self.spans[index];
        span.end = now;
        span.failure = failure;
    }

    /// Marks a closed span as failed, and the first span with `op` within it, and those between them. Says whether there is
    /// one.
    pub(crate) fn fail(&mut self, outer: usize, op: Op, failure: FailureKind) -> bool {
        self.spans[outer].failure = Some(failure);
        for index in outer..self.spans.len() {
            if self.spans[index].op == op {
                let ancestors: Vec<usize> =
                    std::iter::successors(Some(index), |index| self.spans[*index].parent).collect();
                if let Some(end) = ancestors.iter().position(|index| *index == outer) {
                    ancestors[..end].iter().for_each(|index| self.spans[*index].failure = Some(failure));
                    return true;
                }
            }
        }
        false
    }

    /// Adds a span whose times are known; its index.
    pub(crate) fn add(
        &mut self,
        op: Op,
        description: String,
        parent: Option<usize>,
        start: Duration,
        end: Duration,
        failure: Option<FailureKind>,
    ) -> usize {
        let end = end.max(start);
        self.spans.push(Span { op, description, parent, start, end, failure, attributes: Attributes::new() });
        self.spans.len() - 1
    }

    /// The attributes of a span.
    pub(crate) fn attributes_of(&mut self, index: usize) -> &mut Attributes {
        &mut self.spans[index].attributes
    }

    /// The spans, at the end.
    pub(crate) fn into_spans(self) -> Vec<Span> {
        self.spans
    }
}
