//! A clock that survives a frozen sandbox.
//!
//! Between two invocations Lambda freezes the sandbox, for minutes or hours, and its monotonic clock may stand still
//! meanwhile: what is kept from one invocation to the next would never expire. The wall clock goes on, but may be set. So
//! elapsed time is the longer one by either clock.

use std::ops::{Add, Sub};
use std::time::{Duration, Instant, SystemTime};

/// An instant by both the monotonic and the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspendAwareInstant {
    monotonic: Instant,
    wall: SystemTime,
}

impl SuspendAwareInstant {
    /// The current instant.
    pub fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// The time since `earlier`, by the clock on which more has passed; zero if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        self.monotonic.saturating_duration_since(earlier.monotonic).max(wall)
    }

    /// The time since this one.
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// This instant plus a suspension of length `time`, in which the monotonic clock stood still.
    #[must_use]
    pub fn after_suspension(self, time: Duration) -> Self {
        Self { wall: self.wall + time, ..self }
    }
}

impl Add<Duration> for SuspendAwareInstant {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self { monotonic: self.monotonic + time, wall: self.wall + time }
    }
}

impl Sub<Duration> for SuspendAwareInstant {
    type Output = Self;

    fn sub(self, time: Duration) -> Self {
        Self { monotonic: self.monotonic - time, wall: self.wall - time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_by_whichever_clock_has_seen_more_of_it() {
        const MINUTE: Duration = Duration::from_secs(60);
        let start = SuspendAwareInstant::now();
        assert_eq!((start + MINUTE).since(start), MINUTE);
        assert_eq!(start.after_suspension(MINUTE).since(start), MINUTE, "the monotonic clock stood still");
        assert_eq!((start + MINUTE).after_suspension(MINUTE).since(start), 2 * MINUTE);
        let set_back = SuspendAwareInstant { wall: start.wall - 60 * MINUTE, ..start + MINUTE };
        assert_eq!(set_back.since(start), MINUTE, "somebody set the wall clock back");
        assert_eq!(start.since(start + MINUTE), Duration::ZERO);
    }
}
