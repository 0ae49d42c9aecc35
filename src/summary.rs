//! The answer of the function, and of `run --json`: what happened, in the words of the contract.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::config::Redactor;
use crate::outcome::{Outcome, Span, Status, rfc3339};
use crate::report::{Delivered, event_id, http_status};

/// What one pass over a group brought.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The group's name.
    pub group: String,
    /// Where it ran.
    pub location: String,
    /// The time it ran for, RFC 3339.
    pub time: String,
    /// How long everything took, delivery included.
    pub duration_ms: f64,
    /// How many runs there were to be made; the sum of the next four.
    pub runs: usize,
    /// Runs that were as expected.
    pub ok: usize,
    /// Runs that were slow.
    pub degraded: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that were not made.
    pub skipped: usize,
    /// What became of the envelopes.
    pub delivery: Delivery,
    /// Every run.
    pub results: Vec<RunResult>,
}

/// What became of the envelopes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// How many there were.
    pub envelopes: usize,
    /// How many Sentry took.
    pub delivered: usize,
    /// How many were given up.
    pub lost: usize,
    /// How many are kept for later.
    pub spooled: usize,
    /// How long it took.
    pub duration_ms: f64,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunResult {
    /// The probe's title.
    pub title: String,
    /// The probe's kind, e.g. `probes.http`.
    pub probe: &'static str,
    /// `ok`, `degraded`, `failed` or `skipped`.
    pub status: &'static str,
    /// The tick it belongs to, RFC 3339.
    pub tick: String,
    /// Its number in the burst.
    pub burst: u32,
    /// When it started, RFC 3339.
    pub started: String,
    /// How long it took.
    pub duration_ms: f64,
    /// The failure's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Why it is not `ok`, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The phases in order of their start.
    pub phases: Vec<Phase>,
    /// The trace in Sentry.
    pub trace_id: String,
    /// The event in Sentry: the error's if there is one, else the transaction's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The address that answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The last HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
}

/// A timed part of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Phase {
    /// What was timed, e.g. `net.dns`.
    pub op: &'static str,
    /// Start, from the run's start.
    pub start_ms: f64,
    /// Length.
    pub duration_ms: f64,
    /// Whether it went well.
    pub ok: bool,
}

impl Summary {
    /// The summary of one pass over `group`. `time` is what the pass was for, `duration` what it took.
    pub fn new(
        (group, location): (&str, &str),
        time: OffsetDateTime,
        duration: Duration,
        outcomes: &[Outcome],
        delivered: &Delivered,
        redactor: &Redactor,
    ) -> Self {
        let count = |status: &str| outcomes.iter().filter(|outcome| outcome.status.as_str() == status).count();
        Self {
            group: redactor.text(group),
            location: redactor.text(location),
            time: rfc3339(time),
            duration_ms: milliseconds(duration),
            runs: outcomes.len(),
            ok: count("ok"),
            degraded: count("degraded"),
            failed: count("failed"),
            skipped: count("skipped"),
            delivery: Delivery::from(delivered),
            results: outcomes.iter().map(|outcome| RunResult::new(outcome, &redactor.with(&outcome.secrets))).collect(),
        }
    }
}

impl From<&Delivered> for Delivery {
    fn from(delivered: &Delivered) -> Self {
        Self {
            envelopes: delivered.envelopes,
            delivered: delivered.delivered,
            lost: delivered.lost,
            spooled: delivered.spooled,
            duration_ms: milliseconds(delivered.duration),
        }
    }
}

impl RunResult {
    fn new(outcome: &Outcome, redactor: &Redactor) -> Self {
        let error = match &outcome.status {
            Status::Ok => None,
            Status::Failed(failure) => Some(&failure.sentence),
            Status::Degraded(sentence) | Status::Skipped(sentence) => Some(sentence),
        };
        let skipped = matches!(outcome.status, Status::Skipped(_));
        Self {
            title: redactor.text(&outcome.title),
            probe: outcome.probe,
            status: outcome.status.as_str(),
            tick: outcome.identity.tick_text(),
            burst: outcome.identity.burst,
            started: rfc3339(outcome.started),
            duration_ms: milliseconds(outcome.duration),
            kind: outcome.status.failure().map(|failure| failure.kind.as_str()),
            error: error.map(|sentence| redactor.text(sentence)),
            phases: if skipped { Vec::new() } else { outcome.phases().into_iter().map(Phase::new).collect() },
            trace_id: outcome.identity.trace_id().to_string(),
            event_id: event_id(outcome).map(|id| id.simple().to_string()),
            address: address(outcome).map(|address| redactor.text(&address)),
            http_status: http_status(outcome),
        }
    }
}

impl Phase {
    fn new(span: &Span) -> Self {
        Self {
            op: span.op.as_str(),
            start_ms: milliseconds(span.start),
            duration_ms: milliseconds(span.end.saturating_sub(span.start)),
            ok: span.failure.is_none(),
        }
    }
}

fn address(outcome: &Outcome) -> Option<String> {
    let address = outcome.attributes.get("network.peer.address").and_then(Value::as_str)?;
    let Some(port) = outcome.attributes.get("network.peer.port").and_then(Value::as_u64) else {
        return Some(address.to_owned());
    };
    Some(match address.parse() {
        Ok(IpAddr::V6(_)) => format!("[{address}]:{port}"),
        _ => format!("{address}:{port}"),
    })
}

/// Milliseconds with three decimals: the microseconds that Sentry gets.
fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
