//! The time that a run has.

use std::time::{Duration, Instant};

/// How long a run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// When the run has to be over.
    pub(crate) deadline: Instant,
    /// The probe's own limit, for sentences.
    pub(crate) timeout: Duration,
    /// Whether the deadline is the invocation's, which comes before the probe's own.
    pub(crate) is_of_invocation: bool,
}

impl Limits {
    /// The nearer of the probe's timeout and the invocation's deadline.
    pub(crate) fn new(timeout: Duration, invocation: Option<Instant>) -> Self {
        let probe_deadline = Instant::now() + timeout;
        match invocation {
            Some(deadline) if deadline < probe_deadline => Self { deadline, timeout, is_of_invocation: true },
            _ => Self { deadline: probe_deadline, timeout, is_of_invocation: false },
        }
    }

    /// Whether there is time left after `pause`.
    pub(crate) fn leaves(self, pause: Duration) -> bool {
        Instant::now() + pause < self.deadline
    }
}
