//! The outcome of a run: plain data, the contract between running a probe and reporting it.
//!
//! Nothing in here knows how a probe works or what Sentry is. Times are offsets from the start of the run on the
//! monotonic clock; only [`Outcome::started`] is wall-clock time.

mod failure;
mod identity;
pub mod phase;

pub use failure::{Failure, FailureKind};
pub(crate) use identity::rfc3339;
pub use identity::{RunIdentity, SpanId, TraceId};

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use self::phase::Op;
use crate::secrets::Secret;
use crate::wording::milliseconds;

/// Tag names and values, as they appear on every transaction and event.
pub type Tags = BTreeMap<String, String>;

/// Attributes of a run or a span, under Sentry's attribute names (`server.address`, …).
pub type Attributes = BTreeMap<&'static str, Value>;

/// Phases are not told any more exactly than this.
const EXACTNESS: Duration = Duration::from_millis(1);

/// A timed part of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// What was timed.
    pub op: Op,
    /// For people, e.g. `GET https://example.com/login`.
    pub description: String,
    /// Index of the span around this one in [`Outcome::spans`]; always smaller than this span's own. `None`: the run.
    pub parent: Option<usize>,
    /// Start, from the start of the run.
    pub start: Duration,
    /// End, from the start of the run; never before `start`.
    pub end: Duration,
    /// The failure that ended this part, if one did.
    pub failure: Option<FailureKind>,
    /// Attributes of this part.
    pub attributes: Attributes,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Everything was as expected.
    Ok,
    /// As expected, but slower than `degraded` allows; the sentence says by how much.
    Degraded(String),
    /// Not as expected.
    Failed(Failure),
    /// Not run; the sentence says why (no time was left, the tick was stale).
    Skipped(String),
}

impl Status {
    /// `ok`, `degraded`, `failed` or `skipped`, as in the summary.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded(_) => "degraded",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Why the run was not ok, for people: the sentence, with the failure's kind before it. `None` if it was ok.
    pub fn sentence(&self) -> Option<String> {
        match self {
            Self::Ok => None,
            Self::Failed(failure) => Some(failure.to_string()),
            Self::Degraded(sentence) | Self::Skipped(sentence) => Some(sentence.clone()),
        }
    }

    /// The failure, if the run failed.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

/// The last response that a run received, for the error event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values, in the order received. Values may be any bytes: here lossy UTF-8.
    pub headers: Vec<(String, String)>,
    /// At most the first 8 KiB of the decoded body, as lossy UTF-8.
    pub body: String,
    /// Whether `body` is less than the whole body.
    pub truncated: bool,
}

/// The outcome of one run of a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which run this was: location, group, probe, tick, number in the burst. Every id in Sentry is derived from it.
    pub identity: RunIdentity,
    /// The probe's title: the transaction's name.
    pub title: String,
    /// The probe's kind, e.g. `probes.http`: the transaction's op.
    pub probe: &'static str,
    /// All tags: configured ones merged, and `probe` and `location`.
    pub tags: Tags,
    /// Wall-clock time at which the run started.
    pub started: OffsetDateTime,
    /// How long the run took.
    pub duration: Duration,
    /// By how much the process itself may have falsified the times of this run: other work on its thread, and no processor to
    /// work with. Part of `duration`.
    pub stall: Duration,
    /// How it ended.
    pub status: Status,
    /// The timed parts, parents before children.
    pub spans: Vec<Span>,
    /// Attributes of the run, e.g. `http.response.status_code` of the last response.
    pub attributes: Attributes,
    /// The last response, if there was one.
    pub response: Option<Response>,
    /// How many attempts were made (1 without `retries`; 0 when skipped).
    pub attempts: u32,
    /// Credentials that were only found in this run, such as a token from a response: to be filtered, too, wherever texts of
    /// this outcome are shown.
    pub secrets: Vec<Secret>,
}

impl Span {
    /// The HTTP status code that was received in this part.
    pub fn http_status(&self) -> Option<u16> {
        status_code(&self.attributes)
    }
}

impl Outcome {
    /// This run, whose times the process itself may have falsified by so much.
    pub fn with_stall(mut self, stall: Duration) -> Self {
        self.stall = stall.min(self.duration);
        self.attributes.insert("sentrynet.stall_ms", milliseconds(self.stall).into());
        if self.is_falsified() {
            self.attributes.insert("sentrynet.falsified", true.into());
        }
        self
    }

    /// Whether the process itself may have falsified this run's times by more than a tenth of its longest phase, and by more
    /// than phases are exact to anyway.
    pub fn is_falsified(&self) -> bool {
        let phases = self.spans.iter().filter(|span| span.op.is_phase());
        let longest = phases.map(|phase| phase.end.saturating_sub(phase.start)).max().unwrap_or_default();
        self.stall > EXACTNESS && self.stall * 10 > longest
    }

    /// The HTTP status code of the last response.
    pub fn http_status(&self) -> Option<u16> {
        status_code(&self.attributes).or_else(|| self.response.as_ref().map(|response| response.status))
    }

    /// The phases (leaves) of the run in order of their start.
    pub fn phases(&self) -> Vec<&Span> {
        let mut phases: Vec<&Span> = self.spans.iter().filter(|span| span.op.is_phase()).collect();
        phases.sort_by_key(|span| span.start);
        phases
    }
}

fn status_code(attributes: &Attributes) -> Option<u16> {
    attributes.get("http.response.status_code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok())
}
