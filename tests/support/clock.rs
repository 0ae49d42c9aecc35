//! Time as a test may count it. On a busy machine a thread is ready to run and has to wait for a processor: that is no fault
//! of what is tested.

use std::time::{Duration, Instant};

/// What has passed for the thread that started it: the wall clock, without the time in which the system ran others though the
/// thread was ready to run. With nobody else around, that is the wall clock.
///
/// A test on one thread, with its servers, is measured whole. Where the system does not tell (only Linux does), nothing is
/// left out.
pub struct Stopwatch {
    started: Instant,
    waited: Duration,
}

impl Stopwatch {
    /// Starts one.
    pub fn start() -> Self {
        Self { started: Instant::now(), waited: waited() }
    }

    /// What has passed so far.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed().saturating_sub(self.withheld())
    }

    /// How long the system ran others instead so far.
    pub fn withheld(&self) -> Duration {
        waited().saturating_sub(self.waited)
    }
}

/// How long this thread has waited for a processor since it began, as Linux counts it.
fn waited() -> Duration {
    // Nanoseconds on a processor, nanoseconds of waiting for one, and how often.
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = statistics.split_whitespace().nth(1).and_then(|waited| waited.parse().ok());
    Duration::from_nanos(waited.unwrap_or(0))
}
