//! TODO

use std::time::{Duration, Instant};

/// How long a run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// When the run has to be over.
    pub(crate) deadline: Instant,
    /// The probe's own limit, for sentences.
    pub(crate) timeout: Duration,
    /// Whether the deadline is the invocation's, which comes before the probe's own.
    pub(crate) is_invocations: bool,
}

impl Limits {
    /// The nearer of the probe's timeout and the invocation's deadline.
    pub(crate) fn new(timeout: Duration, invocation: Option<Instant>) -> Self {
        let own = Instant::now() + timeout;
        match invocation {
            Some(deadline) if deadline < own => Self { deadline, timeout, is_invocations: true },
            _ => Self { deadline: own, timeout, is_invocations: false },
        }
    }

    /// Whether there is time left after `pause`.
    pub(crate) fn leaves(self, pause: Duration) -> bool {
        Instant::now() + pause < self.deadline
    }
}
