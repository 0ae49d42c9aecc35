//! One run as it is reported to people and programs: an entry of the summary's `results`.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;

use crate::outcome::{Outcome, Span, Status, rfc3339};
use crate::secrets::Redactor;
use crate::sentry::event_id;
use crate::wording::milliseconds;

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
    /// By how much the process itself may have falsified its times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<f64>,
    /// Whether that is more than a tenth of its longest phase; the summary leaves it to its readers.
    #[serde(skip)]
    pub falsified: bool,
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

impl RunResult {
    /// Of this outcome, without secrets.
    pub(crate) fn new(outcome: &Outcome, redactor: &Redactor) -> Self {
        let redactor = &redactor.with(&outcome.secrets);
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
            http_status: outcome.http_status(),
            stall_ms: (!skipped).then(|| milliseconds(outcome.stall)),
            falsified: outcome.is_falsified(),
        }
    }

    /// Why it was not as expected, with the failure's kind before it.
    pub fn sentence(&self) -> Option<String> {
        let sentence = self.error.as_deref()?;
        Some(self.kind.map_or_else(|| sentence.to_owned(), |kind| format!("{kind}: {sentence}")))
    }
}

impl Phase {
    /// Of this span.
    pub(crate) fn new(span: &Span) -> Self {
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
