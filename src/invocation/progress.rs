//! How far a runner is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How far a runner is, for whoever waits for it. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub(super) ended: Arc<AtomicUsize>,
    posted: Arc<AtomicUsize>,
}

impl Progress {
    /// How many runs have ended since the runner was made, those that were skipped among them.
    pub fn ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }

    /// How many envelopes are on their way to Sentry.
    pub fn posted(&self) -> usize {
        self.posted.load(Ordering::Relaxed)
    }

    /// So many more are, until the value that this returns is dropped.
    pub(super) fn post(&self, envelopes: usize) -> Posting {
        self.posted.fetch_add(envelopes, Ordering::Relaxed);
        Posting { posted: Arc::clone(&self.posted), envelopes }
    }
}

pub(super) struct Posting {
    posted: Arc<AtomicUsize>,
    envelopes: usize,
}

impl Drop for Posting {
    fn drop(&mut self) {
        self.posted.fetch_sub(self.envelopes, Ordering::Relaxed);
    }
}
