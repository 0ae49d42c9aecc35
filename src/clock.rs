//! Points in time that survive a frozen sandbox.
//!
//! Between two invocations Lambda freezes the sandbox, for minutes or hours, and its monotonic clock may stand still for
//! so long: what is kept from one invocation to the next would never grow old. The wall clock goes on, but may be set.
//! What is old by either of them is old.

use std::ops::{Add, Sub};
use std::time::{Duration, Instant, SystemTime};

/// A point in time, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspendAwareInstant {
    monotonic: Instant,
    wall: SystemTime,
}

impl SuspendAwareInstant {
    /// This one.
    pub fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// The time since `earlier`, by the clock that has seen more of it; nothing, if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        self.monotonic.saturating_duration_since(earlier.monotonic).max(wall)
    }

    /// The time since this one.
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// This one after a freeze of so long, in which the monotonic clock stood still.
    #[must_use]
    pub fn thawed(self, time: Duration) -> Self {
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
        assert_eq!(start.thawed(MINUTE).since(start), MINUTE, "the monotonic clock stood still");
        assert_eq!((start + MINUTE).thawed(MINUTE).since(start), 2 * MINUTE);
        let set_back = SuspendAwareInstant { wall: start.wall - 60 * MINUTE, ..start + MINUTE };
        assert_eq!(set_back.since(start), MINUTE, "somebody set the wall clock back");
        assert_eq!(start.since(start + MINUTE), Duration::ZERO);
    }
}
