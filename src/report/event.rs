//! The event of a run that failed or was too slow.

use serde_json::{Map, Value, json};

use super::text::{self, Cleaner};
use super::transaction::{end_of, trace_context};
use super::{Envelope, Kind, Settings, common, probe_context, sampling_context};
use crate::config::{FILTERED, is_credential};
use crate::outcome::{Outcome, Response, Status};

/// What the event's id is derived from.
pub const ID: &str = "event";

/// As many headers as anyone sends.
const MOST_HEADERS: usize = 100;

/// The envelope of a run's event. The fingerprint holds neither location nor numbers: five regions that see the same
/// trouble make one issue.
pub fn envelope(outcome: &Outcome, settings: &Settings, cleaner: Cleaner) -> Envelope {
    let id = outcome.identity.trace_id().derive(ID);
    let mut payload = Map::new();
    payload.insert("event_id".into(), id.simple().to_string().into());
    payload.insert("timestamp".into(), end_of(outcome));
    payload.append(&mut common(outcome, settings, cleaner));

    let cause = match &outcome.status {
        Status::Failed(failure) => {
            let kind = failure.kind.as_str();
            payload.insert("level".into(), "error".into());
            payload.insert(
                "exception".into(),
                json!({"values": [{
                    "type": kind,
                    "value": cleaner.text(&failure.sentence, text::SENTENCE),
                    "mechanism": {"type": "sentrynet", "handled": true},
                }]}),
            );
            kind
        }
        Status::Degraded(sentence) | Status::Skipped(sentence) => {
            payload.insert("level".into(), "warning".into());
            payload.insert("logentry".into(), json!({"formatted": cleaner.text(sentence, text::SENTENCE)}));
            "degraded"
        }
        Status::Ok => "ok",
    };
    let identity = &outcome.identity;
    let fingerprint = [&*cleaner.text(&identity.group, text::FACT), &*cleaner.text(&identity.probe, text::FACT), cause];
    payload.insert("fingerprint".into(), json!(fingerprint));

    let mut contexts = Map::new();
    contexts.insert("trace".into(), trace_context(outcome));
    contexts.insert("probe".into(), probe_context(outcome, cleaner));
    if let Some(response) = &outcome.response {
        contexts.insert("response".into(), response_context(response, cleaner));
    }
    payload.insert("contexts".into(), Value::Object(contexts));

    Envelope::new(Kind::Event, id, sampling_context(outcome, settings, cleaner), &Value::Object(payload))
}

/// The answer, as Sentry's own `response` context.
fn response_context(response: &Response, cleaner: Cleaner) -> Value {
    let headers: Vec<[String; 2]> = response
        .headers
        .iter()
        .take(MOST_HEADERS)
        .map(|(name, value)| {
            // Whether the configuration knows them or not.
            let value = if is_credential(name) { FILTERED.to_owned() } else { cleaner.text(value, text::HEADER) };
            [cleaner.text(name, text::NAME), value]
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
