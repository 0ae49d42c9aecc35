//! The event of a run that failed or was degraded.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::common::{Common, ProbeContext, Run, TraceContext};
use super::envelope::{Envelope, Kind};
use super::sanitize;
use super::sanitize::Cleaner;
use super::transaction::end_of;
use crate::outcome::{Failure, Response, Status};
use crate::secrets::{FILTERED, is_credential};

/// What the event's id is derived from.
pub const ID: &str = "event";

/// More response headers than this are left out.
const MAX_HEADERS: usize = 100;

/// An event as Sentry accepts it.
#[derive(Serialize)]
struct Event<'a> {
    event_id: String,
    timestamp: f64,
    #[serde(flatten)]
    common: Common<'a>,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<Value>,
    /// Sentry also accepts `logentry`; Spotlight reads this name only.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
    fingerprint: [Cow<'a, str>; 3],
    contexts: Contexts<'a>,
}

#[derive(Serialize)]
struct Contexts<'a> {
    trace: TraceContext,
    probe: ProbeContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Value>,
}

/// The envelope of a run's event. The fingerprint holds neither location nor numbers: five regions that see the same
/// failure make one issue.
pub fn envelope(run: Run) -> Envelope {
    let Run { outcome, trace, cleaner, .. } = run;
    let id = trace.derive(ID);
    let exception = |failure: &Failure| {
        json!({"values": [{
            "type": failure.kind.as_str(),
            "value": cleaner.text(&failure.sentence, sanitize::SENTENCE),
            "mechanism": {"type": "sentrynet", "handled": true},
        }]})
    };
    let (level, cause, exception, message) = match &outcome.status {
        Status::Failed(failure) => ("error", failure.kind.as_str(), Some(exception(failure)), None),
        Status::Degraded(why) | Status::Skipped(why) => {
            ("warning", "degraded", None, Some(cleaner.text(why, sanitize::SENTENCE)))
        }
        Status::Ok => ("info", "ok", None, None),
    };
    let identity = &outcome.identity;
    let payload = Event {
        event_id: id.simple().to_string(),
        timestamp: end_of(outcome),
        common: run.common(),
        level,
        exception,
        message,
        fingerprint: [
            cleaner.text(&identity.group, sanitize::FACT),
            cleaner.text(&identity.probe, sanitize::FACT),
            cause.into(),
        ],
        contexts: Contexts {
            trace: run.trace_context(),
            probe: run.probe_context(),
            response: outcome.response.as_ref().map(|response| response_context(response, cleaner)),
        },
    };
    Envelope::new(Kind::Event, id, run.sampling_context(), &payload)
}

/// The response, as Sentry's `response` context.
fn response_context(response: &Response, cleaner: Cleaner) -> Value {
    let headers: Vec<[Cow<'_, str>; 2]> = response
        .headers
        .iter()
        .take(MAX_HEADERS)
        .map(|(name, value)| {
            // Whether the configuration knows its value or not.
            let value = if is_credential(name) { FILTERED.into() } else { cleaner.text(value, sanitize::HEADER) };
            [cleaner.text(name, sanitize::NAME), value]
        })
        .collect();
    let mut context = json!({"type": "response", "status_code": response.status, "headers": headers});
    if !response.truncated {
        context["body_size"] = response.body.len().into();
    }
    if !response.body.is_empty() {
        context["data"] = cleaner.body(&response.body, response.truncated).into();
    }
    context
}
