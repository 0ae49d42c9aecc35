//! How long to wait before something is tried again: exponential backoff with full jitter.
//!
//! Own code and no crate's: a pause here also has to end before the delivery does, and to give way to what Sentry says.

use std::time::Duration;

/// The first pause is at most this long, each later one at most twice as long as the one before.
const FIRST: Duration = Duration::from_millis(100);
/// No pause is longer.
const MAX_LENGTH: Duration = Duration::from_secs(5);
/// With less time than this left, nothing more is tried.
const TOO_LATE: Duration = Duration::from_millis(20);

/// The pauses of one envelope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    taken: u32,
}

impl Backoff {
    /// The next pause, where `left` is the time until everything has to be over; `least` is what Sentry asked for.
    /// `None`: there is no time for another try.
    pub fn next(&mut self, left: Duration, least: Duration) -> Option<Duration> {
        let most = FIRST.saturating_mul(1 << self.taken.min(16)).min(MAX_LENGTH);
        self.taken += 1;
        let pause = least + most.mul_f64(fastrand::f64());
        match least.is_zero() {
            _ if left <= TOO_LATE => None,
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
            let mut pauses = Backoff::default();
            for longest in &mut longest {
                let pause = pauses.next(HOUR, Duration::ZERO).expect("time is left");
                *longest = pause.max(*longest);
                all.push(pause);
            }
        }
        for (taken, longest) in longest.into_iter().enumerate() {
            let most = (FIRST * (1 << taken)).min(MAX_LENGTH);
            assert!(longest <= most && longest > most / 2, "{taken}: {longest:?}");
        }
        all.sort_unstable();
        all.dedup();
        assert!(all.len() > 5000, "{}", all.len());
    }

    #[test]
    fn what_sentry_asks_for_is_waited_for_or_there_is_no_next_try() {
        for _ in 0..100 {
            let mut pauses = Backoff::default();
            let second = Duration::from_secs(1);
            assert!(pauses.next(HOUR, second).is_some_and(|pause| pause >= second));
            assert_eq!(pauses.next(second, second), None);
            assert!(pauses.next(second, Duration::ZERO).is_some_and(|pause| pause <= second / 2));
            assert_eq!(pauses.next(TOO_LATE, Duration::ZERO), None);
        }
    }
}
