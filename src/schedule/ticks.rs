//! The instants at which a probe is due, and when their runs start.

use std::time::Duration;

use time::OffsetDateTime;

/// Why nanoseconds fit: the years that `OffsetDateTime` knows are fewer than 2^63 seconds, and a `Duration` is less
/// than 2^64 seconds: far from the 2^127 nanoseconds of an `i128`.
type Nanos = i128;

/// The ticks of a probe within `[time, time + window)`, in order: `phase + k * every` from the Unix epoch.
///
/// An `every` of zero has no ticks.
pub fn ticks(every: Duration, phase: Duration, time: OffsetDateTime, window: Duration) -> Ticks {
    let (every, phase) = (nanos(every), nanos(phase));
    let start = time.unix_timestamp_nanos();
    let end = start + nanos(window);
    if every == 0 {
        return Ticks { next: end, every, end };
    }
    // Rounded towards minus infinity, so that instants before 1970 (or before the phase) are no exception.
    let since = (start - phase).rem_euclid(every);
    let next = if since == 0 { start } else { start + every - since };
    Ticks { next, every, end }
}

/// The remaining ticks of a window. Made by [`ticks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticks {
    next: Nanos,
    every: Nanos,
    end: Nanos,
}

impl Iterator for Ticks {
    type Item = OffsetDateTime;

    fn next(&mut self) -> Option<OffsetDateTime> {
        if self.next >= self.end {
            return None;
        }
        let tick = OffsetDateTime::from_unix_timestamp_nanos(self.next).ok()?;
        self.next += self.every;
        Some(tick)
    }
}

/// When to start a tick's runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this long; zero: now.
    In(Duration),
    /// Not at all: the next tick is due already.
    Stale {
        /// How late it is.
        late: Duration,
    },
}

impl Start {
    /// When to start the runs of a tick of a probe with this period, at the instant `now`.
    pub fn of(tick: OffsetDateTime, every: Duration, now: OffsetDateTime) -> Self {
        let late = now.unix_timestamp_nanos() - tick.unix_timestamp_nanos();
        if late >= nanos(every) { Self::Stale { late: duration(late) } } else { Self::In(duration(-late)) }
    }
}

fn nanos(duration: Duration) -> Nanos {
    // Lossless: the standard library keeps fewer than 2^94 nanoseconds.
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

/// Zero for what is negative.
fn duration(nanos: Nanos) -> Duration {
    const SECOND: Nanos = 1_000_000_000;
    let nanos = nanos.max(0);
    Duration::new(u64::try_from(nanos / SECOND).unwrap_or(u64::MAX), u32::try_from(nanos % SECOND).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(every: u64, phase: u64, time: OffsetDateTime, window: u64) -> Vec<i64> {
        ticks(Duration::from_secs(every), Duration::from_secs(phase), time, Duration::from_secs(window))
            .map(|tick| (tick - time).whole_seconds())
            .collect()
    }

    #[test]
    fn a_window_holds_its_first_instant_but_not_its_end() {
        let time = datetime!(2026-11-20 10:00 UTC);
        assert_eq!(seconds(30, 0, time, 60), [0, 30]);
        assert_eq!(seconds(60, 0, time, 60), [0]);
        assert_eq!(seconds(60, 0, time, 300), [0, 60, 120, 180, 240]);
        assert_eq!(seconds(300, 0, time, 60), [0]);
        assert_eq!(seconds(300, 0, datetime!(2026-11-20 10:01 UTC), 60), [] as [i64; 0]);
        assert_eq!(seconds(3600, 0, time, 60), [0]);
        assert_eq!(seconds(3600, 0, datetime!(2026-11-20 10:30 UTC), 60), [] as [i64; 0]);
        assert_eq!(seconds(30, 0, time, 0), [] as [i64; 0]);
        assert_eq!(seconds(0, 0, time, 60), [] as [i64; 0]);
    }

    #[test]
    fn windows_side_by_side_hold_every_tick_once() {
        let start = datetime!(2026-11-20 10:00 UTC);
        for every in [7, 90, 100, 45, 61, 3600] {
            for phase in [0, 1, 40, 59, 4000] {
                for window in [60, 300] {
                    let windows = (0..86_400 / window)
                        .flat_map(|k| {
                            let time = start + Duration::from_secs(k * window);
                            ticks(
                                Duration::from_secs(every),
                                Duration::from_secs(phase),
                                time,
                                Duration::from_secs(window),
                            )
                        })
                        .map(OffsetDateTime::unix_timestamp);
                    let (from, to) = (start.unix_timestamp(), start.unix_timestamp() + 86_400);
                    let truth = (from..to).filter(|second| (second - phase as i64).rem_euclid(every as i64) == 0);
                    assert!(windows.eq(truth), "every {every}, phase {phase}, window {window}");
                }
            }
        }
    }

    #[test]
    fn ticks_before_the_epoch_and_fractions_of_a_second_are_no_exception() {
        assert_eq!(seconds(7, 0, datetime!(1969-12-31 23:59:50 UTC), 15), [3, 10]);
        let time = datetime!(2026-11-20 10:00:00.25 UTC);
        let half = Duration::from_millis(500);
        let found: Vec<_> = ticks(half, Duration::ZERO, time, Duration::from_secs(1)).collect();
        assert_eq!(found, [datetime!(2026-11-20 10:00:00.5 UTC), datetime!(2026-11-20 10:00:01 UTC)]);
    }

    #[test]
    fn a_time_with_an_offset_is_the_same_instant() {
        let there = datetime!(2026-11-20 12:00 +2);
        let found: Vec<_> = ticks(MINUTE, Duration::ZERO, there, MINUTE).collect();
        assert_eq!(found, [datetime!(2026-11-20 10:00 UTC)]);
    }

    #[test]
    fn the_end_of_time_ends_the_ticks() {
        let time = datetime!(9999-12-31 23:59:30 UTC);
        assert_eq!(seconds(20, 0, time, 300), [10]);
        assert!(ticks(Duration::MAX, Duration::MAX, time, Duration::MAX).count() <= 1);
    }

    #[test]
    fn a_tick_is_stale_once_it_is_a_whole_period_late() {
        let time = datetime!(2026-11-20 10:00 UTC);
        let starts = |now| -> Vec<Start> {
            let every = Duration::from_secs(30);
            ticks(every, Duration::ZERO, time, MINUTE).map(|tick| Start::of(tick, every, now)).collect()
        };
        let now = Start::In(Duration::ZERO);
        let (early, late) = (|n| Start::In(Duration::from_secs(n)), |n| Start::Stale { late: Duration::from_secs(n) });
        assert_eq!(starts(time), [now, early(30)]);
        assert_eq!(starts(time - Duration::from_secs(1)), [early(1), early(31)]);
        assert_eq!(starts(time + Duration::from_secs(29)), [now, early(1)]);
        assert_eq!(starts(time + Duration::from_secs(30)), [late(30), now]);
        assert_eq!(starts(time + Duration::from_secs(59)), [late(59), now]);
        assert_eq!(starts(time + Duration::from_secs(3600)), [late(3600), late(3570)]);
    }
}
