//! What Sentry gets: outcome → envelopes (pure), envelopes → Sentry (delivery).
//!
//! [`envelopes`] makes the envelopes of one outcome: a transaction, and an event where the run was not ok. [`DeliveryClient`]
//! delivers envelopes and knows which of them arrived. Nothing in here knows how a probe works.

mod common;
pub mod delivery;
mod envelope;
mod event;
pub(crate) mod sanitize;
mod settings;
mod span_status;
mod trace_headers;
mod transaction;

pub use delivery::{Delivered, DeliveryClient};
pub use envelope::{Envelope, EnvelopeError, Item, Kind};
pub use settings::Settings;
pub use trace_headers::Propagation;

use self::common::Run;
use self::sanitize::Cleaner;
use crate::outcome::{Outcome, Status};
use crate::secrets::Redactor;

/// The envelopes of one run: its transaction, and an event if it failed or was degraded; none if it was skipped.
pub fn envelopes(outcome: &Outcome, settings: &Settings, redactor: &Redactor) -> Vec<Envelope> {
    let redactor = redactor.with(&outcome.secrets);
    let run = Run { outcome, trace: outcome.identity.trace_id(), settings, cleaner: Cleaner::new(&redactor) };
    match outcome.status {
        Status::Skipped(_) => Vec::new(),
        Status::Ok => vec![transaction::envelope(run)],
        Status::Degraded(_) | Status::Failed(_) => vec![transaction::envelope(run), event::envelope(run)],
    }
}

/// The id of a run's event in Sentry: of its error event if there is one, else of its transaction.
pub(crate) fn event_id(outcome: &Outcome) -> Option<uuid::Uuid> {
    let trace = outcome.identity.trace_id();
    match outcome.status {
        Status::Skipped(_) => None,
        Status::Ok => Some(trace.derive(transaction::ID)),
        Status::Degraded(_) | Status::Failed(_) => Some(trace.derive(event::ID)),
    }
}
