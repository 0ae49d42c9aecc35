//! What is on its way to Sentry.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many envelopes are on their way to Sentry, for whoever waits for that. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// How many they are.
    pub fn envelopes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// So many more are, until the value that this returns is dropped.
    pub(crate) fn post(&self, envelopes: usize) -> Posting {
        self.0.fetch_add(envelopes, Ordering::Relaxed);
        Posting { posted: self.clone(), envelopes }
    }
}

pub(crate) struct Posting {
    posted: InFlight,
    envelopes: usize,
}

impl Drop for Posting {
    fn drop(&mut self) {
        self.posted.0.fetch_sub(self.envelopes, Ordering::Relaxed);
    }
}
