//! How much of an invocation's time is reserved for delivery: what the last deliveries took, and as much again.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sentry::DeliveryClient;

/// Kept free at the end of an invocation, to write its response and hand it over.
pub const CLOSING: Duration = Duration::from_millis(300);

/// How many deliveries are remembered; the slowest of them counts.
const HISTORY: usize = 4;
/// The least that is reserved: there may be connections to make.
const MIN: Duration = Duration::from_secs(1);
/// The most, however slow Sentry is: probes are what the invocation is for.
const MAX: Duration = Duration::from_secs(20);
/// The most before the first delivery.
const MAX_BEFORE_FIRST: Duration = Duration::from_secs(5);

/// How long recent deliveries took, and what follows for the next.
#[derive(Clone, Debug, Default)]
pub struct DeliveryBudget {
    /// How long one batch of [`DeliveryClient::AT_ONCE`] envelopes took, oldest first.
    durations: VecDeque<Duration>,
}

impl DeliveryBudget {
    /// Records how long it took until this many envelopes were delivered, or until time was up.
    pub fn record(&mut self, envelopes: usize, took: Duration) {
        self.durations.push_back(took / batches(envelopes));
        if self.durations.len() > HISTORY {
            self.durations.pop_front();
        }
    }

    /// How much of an invocation of length `total` is reserved to deliver this many envelopes: a fifth before the first
    /// delivery, and never more than half.
    pub fn of(&self, total: Duration, envelopes: usize) -> Duration {
        let wanted = match self.durations.iter().max() {
            // Where time was up, this doubles it from one invocation to the next, until it is enough.
            Some(slowest) => slowest.saturating_mul(2 * batches(envelopes)).saturating_add(CLOSING).clamp(MIN, MAX),
            None => (total / 5).clamp(MIN, MAX_BEFORE_FIRST),
        };
        wanted.min(total / 2)
    }
}

/// How many batches of envelopes that are in flight at once there are.
fn batches(envelopes: usize) -> u32 {
    u32::try_from(envelopes.div_ceil(DeliveryClient::AT_ONCE)).unwrap_or(u32::MAX).clamp(1, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn before_any_delivery_it_is_a_fifth_within_limits() {
        let fresh = DeliveryBudget::default();
        for (total, kept) in [(60, secs(5)), (10, secs(2)), (4, secs(1)), (1, Duration::from_millis(500)), (0, secs(0))]
        {
            assert_eq!(fresh.of(secs(total), 10), kept, "{total} s");
        }
    }

    #[test]
    fn a_fast_sentry_leaves_time_for_probes_and_a_slow_one_takes_it() {
        let after = |took| {
            let mut budget = DeliveryBudget::default();
            budget.record(10, took);
            budget
        };
        assert_eq!(after(Duration::from_millis(80)).of(secs(60), 10), MIN);
        assert_eq!(after(secs(3)).of(secs(60), 10), secs(6) + CLOSING);
        assert_eq!(after(secs(3)).of(secs(8), 10), secs(4), "never more than half");
        assert_eq!(after(secs(60)).of(secs(300), 10), MAX);
        assert_eq!(after(Duration::MAX / 4).of(secs(300), usize::MAX / 2), MAX);
    }

    #[test]
    fn it_grows_with_what_there_is_to_deliver() {
        let mut budget = DeliveryBudget::default();
        budget.record(4 * DeliveryClient::AT_ONCE, secs(4));
        for (envelopes, kept) in
            [(0, 2), (1, 2), (DeliveryClient::AT_ONCE, 2), (DeliveryClient::AT_ONCE + 1, 4), (1000, 20)]
        {
            let closing = if kept < MAX.as_secs() { CLOSING } else { Duration::ZERO };
            assert_eq!(budget.of(secs(60), envelopes), secs(kept) + closing, "{envelopes}");
        }
    }

    #[test]
    fn the_slowest_of_the_last_few_counts() {
        let mut budget = DeliveryBudget::default();
        for took in [9, 1, 1, 1] {
            budget.record(1, secs(took));
        }
        assert_eq!(budget.of(secs(60), 1), secs(18) + CLOSING);
        budget.record(1, secs(2));
        assert_eq!(budget.of(secs(60), 1), secs(4) + CLOSING);
    }

    #[test]
    fn what_was_not_enough_is_twice_as_much_the_next_time() {
        let mut budget = DeliveryBudget::default();
        let mut kept = Vec::new();
        for _ in 0..6 {
            let next = budget.of(secs(60), 1);
            kept.push(next.as_millis());
            // All of it was used, in vain.
            budget.record(1, next - CLOSING);
        }
        assert_eq!(kept, [5000, 9700, 19100, 20000, 20000, 20000]);
    }
}
