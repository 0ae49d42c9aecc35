//! How much of an invocation's time is kept for delivery: what the last deliveries took, and as much again.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sentry::DeliveryClient;

/// Kept free at the end of an invocation, to write its response and hand it over.
pub const CLOSING: Duration = Duration::from_millis(300);

/// So many deliveries are remembered; the slowest of them counts.
const REMEMBERED: usize = 4;
/// Less is never kept: there may be connections to make.
const MIN: Duration = Duration::from_secs(1);
/// Nor more, however slow Sentry is: probes are what the invocation is for.
const MAX: Duration = Duration::from_secs(20);
/// Nor more than this, before there was any delivery.
const MAX_UNSEEN: Duration = Duration::from_secs(5);

/// What is known of how long deliveries take.
#[derive(Clone, Debug, Default)]
pub struct DeliveryBudget {
    /// How long as many envelopes took as go at once, oldest first.
    seen: VecDeque<Duration>,
}

impl DeliveryBudget {
    /// Remembers that it took so long until so many envelopes were delivered, or until time was up.
    pub fn note(&mut self, envelopes: usize, took: Duration) {
        self.seen.push_back(took / rounds(envelopes));
        if self.seen.len() > REMEMBERED {
            self.seen.pop_front();
        }
    }

    /// How much of an invocation of length `total` is kept to deliver so many envelopes. Before there was any delivery it
    /// is a fifth. It is never more than half.
    pub fn of(&self, total: Duration, envelopes: usize) -> Duration {
        let wanted = match self.seen.iter().max() {
            // Where time was up, this doubles it from one invocation to the next, until there is enough.
            Some(slowest) => slowest.saturating_mul(2 * rounds(envelopes)).saturating_add(CLOSING).clamp(MIN, MAX),
            None => (total / 5).clamp(MIN, MAX_UNSEEN),
        };
        wanted.min(total / 2)
    }
}

/// How often as many envelopes as go at once have to go.
fn rounds(envelopes: usize) -> u32 {
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
        let unseen = DeliveryBudget::default();
        for (total, kept) in [(60, secs(5)), (10, secs(2)), (4, secs(1)), (1, Duration::from_millis(500)), (0, secs(0))]
        {
            assert_eq!(unseen.of(secs(total), 10), kept, "{total} s");
        }
    }

    #[test]
    fn a_fast_sentry_leaves_time_for_probes_and_a_slow_one_takes_it() {
        let after = |took| {
            let mut reserve = DeliveryBudget::default();
            reserve.note(10, took);
            reserve
        };
        assert_eq!(after(Duration::from_millis(80)).of(secs(60), 10), MIN);
        assert_eq!(after(secs(3)).of(secs(60), 10), secs(6) + CLOSING);
        assert_eq!(after(secs(3)).of(secs(8), 10), secs(4), "never more than half");
        assert_eq!(after(secs(60)).of(secs(300), 10), MAX);
        assert_eq!(after(Duration::MAX / 4).of(secs(300), usize::MAX / 2), MAX);
    }

    #[test]
    fn it_grows_with_what_there_is_to_deliver() {
        let mut reserve = DeliveryBudget::default();
        reserve.note(4 * DeliveryClient::AT_ONCE, secs(4));
        for (envelopes, kept) in
            [(0, 2), (1, 2), (DeliveryClient::AT_ONCE, 2), (DeliveryClient::AT_ONCE + 1, 4), (1000, 20)]
        {
            let closing = if kept < MAX.as_secs() { CLOSING } else { Duration::ZERO };
            assert_eq!(reserve.of(secs(60), envelopes), secs(kept) + closing, "{envelopes}");
        }
    }

    #[test]
    fn the_slowest_of_the_last_few_counts() {
        let mut reserve = DeliveryBudget::default();
        for took in [9, 1, 1, 1] {
            reserve.note(1, secs(took));
        }
        assert_eq!(reserve.of(secs(60), 1), secs(18) + CLOSING);
        reserve.note(1, secs(2));
        assert_eq!(reserve.of(secs(60), 1), secs(4) + CLOSING);
    }

    #[test]
    fn what_was_not_enough_is_twice_as_much_the_next_time() {
        let mut reserve = DeliveryBudget::default();
        let mut kept = Vec::new();
        for _ in 0..6 {
            let next = reserve.of(secs(60), 1);
            kept.push(next.as_millis());
            // All of it was used, in vain.
            reserve.note(1, next - CLOSING);
        }
        assert_eq!(kept, [5000, 9700, 19100, 20000, 20000, 20000]);
    }
}
