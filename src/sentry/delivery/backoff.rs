//! How long to wait before something is tried again: exponential backoff with full jitter.
//!
//! Own code and no crate's: a pause here also has to end before the delivery does, and to give way to what Sentry says.

use std::time::Duration;

/// The first pause is at max this long, each later one at max twice as long as the one before.
const FIRST: Duration = Duration::from_millis(100);
/// No pause is longer.
const MAX: Duration = Duration::from_secs(5);
/// With less time than this left, there is no retry.
const MIN_LEFT: Duration = Duration::from_millis(20);

/// The backoff of one envelope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    taken: u32,
}

impl Backoff {
    /// The next pause, where `left` is the time until everything has to be over; `min_wait` is what Sentry asked for.
    /// `None`: there is no time for another attempt.
    pub fn next(&mut self, left: Duration, min_wait: Duration) -> Option<Duration> {
        let max = FIRST.saturating_mul(1 << self.taken.min(16)).min(MAX);
        self.taken += 1;
        let pause = min_wait + max.mul_f64(fastrand::f64());
        match min_wait.is_zero() {
            _ if left <= MIN_LEFT => None,
            // Better too soon than not at all.
            true => Some(pause.min(left / 2)),
            false => (pause < left).then_some(pause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn pauses_grow_up_to_a_limit_and_differ() {
        let mut longest = [Duration::ZERO; 12];
        let mut all = Vec::new();
        for _ in 0..500 {
            let mut backoff = Backoff::default();
            for longest in &mut longest {
                let pause = backoff.next(HOUR, Duration::ZERO).expect("time is left");
                *longest = pause.max(*longest);
                all.push(pause);
            }
        }
        for (taken, longest) in longest.into_iter().enumerate() {
            let max = (FIRST * (1 << taken)).min(MAX);
            assert!(longest <= max && longest > max / 2, "{taken}: {longest:?}");
        }
        all.sort_unstable();
        all.dedup();
        assert!(all.len() > 5000, "{}", all.len());
    }

    #[test]
    fn what_sentry_asks_for_is_waited_for_or_there_is_no_next_try() {
        for _ in 0..100 {
            let mut backoff = Backoff::default();
            let second = Duration::from_secs(1);
            assert!(backoff.next(HOUR, second).is_some_and(|pause| pause >= second));
            assert_eq!(backoff.next(second, second), None);
            assert!(backoff.next(second, Duration::ZERO).is_some_and(|pause| pause <= second / 2));
            assert_eq!(backoff.next(MIN_LEFT, Duration::ZERO), None);
        }
    }
}
