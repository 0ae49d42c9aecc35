//! What Sentry and people see: outcome → envelopes (pure), envelopes → Sentry (delivery), outcome → terminal and page.
//!
//! [`envelopes`] turns one outcome into what Sentry gets of it: a transaction, and an event where something was wrong.
//! [`Courier`] brings envelopes to Sentry and knows which of them arrived. Nothing in here knows how a probe works.

mod delivery;
mod envelope;
mod event;
#[cfg(feature = "cli")]
pub mod history;
#[cfg(feature = "cli")]
mod line;
#[cfg(feature = "cli")]
mod logged;
#[cfg(feature = "cli")]
pub mod page;
#[cfg(feature = "cli")]
pub mod palette;
mod propagation;
mod result;
mod run;
mod settings;
mod status;
#[cfg(feature = "cli")]
pub mod terminal;
mod text;
mod transaction;

pub use delivery::{Courier, Delivered, limits};
pub use envelope::{Envelope, EnvelopeError, Item, Kind};
#[cfg(feature = "cli")]
pub use line::line;
#[cfg(feature = "cli")]
pub use logged::Logged;
pub use propagation::Propagation;
pub(crate) use result::milliseconds;
pub use result::{Phase, RunResult};
pub use settings::Settings;

use serde_json::Value;

use crate::config::Redactor;
use crate::outcome::{Attributes, Outcome, Status};
use run::Run;
use text::Cleaner;

/// The fact that tells how many of a transaction's spans it is sent without.
const SPANS_LEFT_OUT: &str = "sentrynet.spans_left_out";

/// What Sentry gets of one run: its transaction, and an event if it failed or was too slow; nothing if it was skipped.
pub fn envelopes(outcome: &Outcome, settings: &Settings, redactor: &Redactor) -> Vec<Envelope> {
    let redactor = redactor.with(&outcome.secrets);
    let run = Run { outcome, trace: outcome.identity.trace_id(), settings, cleaner: Cleaner::new(&redactor) };
    match outcome.status {
        Status::Skipped(_) => Vec::new(),
        Status::Ok => vec![transaction::envelope(run)],
        Status::Degraded(_) | Status::Failed(_) => vec![transaction::envelope(run), event::envelope(run)],
    }
}

/// The id of the event that a run leaves in Sentry: of its error event if there is one, else of its transaction.
fn event_id(outcome: &Outcome) -> Option<uuid::Uuid> {
    let trace = outcome.identity.trace_id();
    match outcome.status {
        Status::Skipped(_) => None,
        Status::Ok => Some(trace.derive(transaction::ID)),
        Status::Degraded(_) | Status::Failed(_) => Some(trace.derive(event::ID)),
    }
}

/// The status of the last answer.
fn http_status(outcome: &Outcome) -> Option<u16> {
    status_code(&outcome.attributes).or_else(|| outcome.response.as_ref().map(|response| response.status))
}

/// The status code among these facts.
fn status_code(attributes: &Attributes) -> Option<u16> {
    attributes.get("http.response.status_code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok())
}
