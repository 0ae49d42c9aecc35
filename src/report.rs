//! What Sentry and people see: outcome → envelopes (pure), envelopes → Sentry (delivery), outcome → terminal.
//!
//! [`envelopes`] turns one outcome into what Sentry gets of it: a transaction, and an event where something was wrong.
//! [`Courier`] brings envelopes to Sentry and knows which of them arrived. Nothing in here knows how a probe works.

mod delivery;
mod envelope;
mod event;
mod propagation;
mod settings;
mod status;
#[cfg(feature = "cli")]
pub mod terminal;
mod text;
mod transaction;

pub use delivery::{Courier, Delivered};
pub use envelope::{Envelope, EnvelopeError, Item, Kind};
pub use propagation::Propagation;
pub use settings::Settings;

use serde_json::{Map, Value, json};

use crate::config::Redactor;
use crate::outcome::{Attributes, Outcome, Status};
use text::Cleaner;

/// What Sentry gets of one run: its transaction, and an event if it failed or was too slow; nothing if it was skipped.
pub fn envelopes(outcome: &Outcome, settings: &Settings, redactor: &Redactor) -> Vec<Envelope> {
    let redactor = redactor.with(&outcome.secrets);
    let cleaner = Cleaner::new(&redactor);
    match outcome.status {
        Status::Skipped(_) => Vec::new(),
        Status::Ok => vec![transaction::envelope(outcome, settings, cleaner)],
        Status::Degraded(_) | Status::Failed(_) => {
            vec![transaction::envelope(outcome, settings, cleaner), event::envelope(outcome, settings, cleaner)]
        }
    }
}

/// The id of the event that a run leaves in Sentry: of its error event if there is one, else of its transaction.
pub(crate) fn event_id(outcome: &Outcome) -> Option<uuid::Uuid> {
    let trace = outcome.identity.trace_id();
    match outcome.status {
        Status::Skipped(_) => None,
        Status::Ok => Some(trace.derive(transaction::ID)),
        Status::Degraded(_) | Status::Failed(_) => Some(trace.derive(event::ID)),
    }
}

/// The status of the last answer.
pub(crate) fn http_status(outcome: &Outcome) -> Option<u16> {
    status_code(&outcome.attributes).or_else(|| outcome.response.as_ref().map(|response| response.status))
}

/// The status code among these facts.
fn status_code(attributes: &Attributes) -> Option<u16> {
    attributes.get("http.response.status_code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok())
}

/// The fields that a transaction and an event of the same run share.
fn common(outcome: &Outcome, settings: &Settings, cleaner: Cleaner) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("platform".into(), "other".into());
    payload.insert("transaction".into(), cleaner.line(&outcome.title, text::NAME).into());
    for (field, value) in [
        ("release", settings.release()),
        ("environment", settings.environment()),
        ("server_name", settings.server_name()),
    ] {
        if let Some(value) = value {
            payload.insert(field.into(), cleaner.line(value, text::NAME).into());
        }
    }
    payload.insert("sdk".into(), json!({"name": "sentrynet", "version": env!("CARGO_PKG_VERSION")}));
    payload.insert("tags".into(), tags(outcome, cleaner));
    payload
}

/// The run's tags, and what the outcome adds to them.
fn tags(outcome: &Outcome, cleaner: Cleaner) -> Value {
    let mut tags = Map::new();
    for (name, value) in &outcome.tags {
        let (name, value) = (cleaner.tag_name(name), cleaner.line(value, text::TAG));
        // Sentry refuses an empty name or value.
        if !name.is_empty() && !value.is_empty() {
            tags.insert(name, value.into());
        }
    }
    match &outcome.status {
        Status::Failed(failure) => tags.insert("failure".into(), failure.kind.as_str().into()),
        Status::Degraded(_) => tags.insert("degraded".into(), "true".into()),
        Status::Ok | Status::Skipped(_) => None,
    };
    Value::Object(tags)
}

/// Which run this was, for the people who read the event.
fn probe_context(outcome: &Outcome, cleaner: Cleaner) -> Value {
    let identity = &outcome.identity;
    let mut context = json!({
        "type": "probe",
        "group": cleaner.line(&identity.group, text::NAME),
        "title": cleaner.line(&outcome.title, text::NAME),
        "kind": outcome.probe,
        "tick": identity.tick_text(),
        "burst": identity.burst,
        "attempts": outcome.attempts,
        "location": cleaner.line(&identity.location, text::NAME),
    });
    if let Some(phase) = outcome.status.failure().and_then(|failure| failure.phase) {
        context["phase"] = phase.as_str().into();
    }
    context
}

/// The envelope's `trace` header: Sentry's dynamic sampling context.
fn sampling_context(outcome: &Outcome, settings: &Settings, cleaner: Cleaner) -> Value {
    let mut context = Map::new();
    context.insert("trace_id".into(), outcome.identity.trace_id().to_string().into());
    // Without the key Sentry makes nothing of it.
    let Some(public_key) = settings.public_key() else { return Value::Null };
    context.insert("public_key".into(), public_key.into());
    context.insert("sample_rate".into(), "1".into());
    context.insert("sampled".into(), "true".into());
    for (field, value) in [("release", settings.release()), ("environment", settings.environment())] {
        if let Some(value) = value {
            context.insert(field.into(), cleaner.line(value, text::NAME).into());
        }
    }
    context.insert("transaction".into(), cleaner.line(&outcome.title, text::NAME).into());
    Value::Object(context)
}
