//! How many envelopes are in flight to Sentry.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of envelopes that are being delivered, for whoever waits for that. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// How many envelopes are in flight.
    pub fn envelopes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts this many more, until the returned guard is dropped.
    pub(super) fn track(&self, envelopes: usize) -> InFlightGuard {
        self.0.fetch_add(envelopes, Ordering::Relaxed);
        InFlightGuard { in_flight: self.clone(), envelopes }
    }
}

/// See [`InFlight::track`].
pub(super) struct InFlightGuard {
    in_flight: InFlight,
    envelopes: usize,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.0.fetch_sub(self.envelopes, Ordering::Relaxed);
    }
}
