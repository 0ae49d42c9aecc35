//! The outcome of a failed run.

use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Failure, FailureKind, Outcome, Status};

use super::outcomes::ok;

/// A run that failed for this reason in its last phase.
pub fn failed(kind: FailureKind) -> Outcome {
    let mut outcome = ok();
    let phase = Op::HttpRecv;
    outcome.status = Status::Failed(Failure::within(kind, phase, format!("{kind} happened after 10.0 s")));
    if let Some(span) = outcome.spans.last_mut() {
        span.failure = Some(kind);
    }
    outcome
}
