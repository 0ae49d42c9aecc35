//! When probes with the same `every` are due in one region.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::ticks::{Ticks, ticks};
use crate::config::{Config, Group, Spread};
use crate::probe::Probe;

const MINUTE: u64 = 60;

/// The namespace of what slots follow from (UUIDv5, RFC 9562).
const SLOTS: Uuid = Uuid::from_u128(0x5b6e_2c1f_4d0a_4f7e_9a35_d1c8_70e2_b946);

/// The ticks of a probe in one region: `phase + k * period` since the Unix epoch, whole seconds both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cadence {
    /// From one tick in this region to the next.
    pub period: Duration,
    /// By how much ticks are later than multiples of the period.
    pub phase: Duration,
}

impl Cadence {
    /// Of a probe that runs in one region only.
    pub const fn alone(every: Duration) -> Self {
        Self { period: every, phase: Duration::ZERO }
    }

    /// In `region`, one of `regions` that share the clock; `None` where it is none of them.
    ///
    /// - [`Spread::Together`]: every region at the same time.
    /// - [`Spread::Stagger`]: region *i* of *n* is *i*/*n* of the period later, in whole minutes: rules fire on these, and
    ///   waiting within an invocation would cost money.
    /// - [`Spread::RoundRobin`]: region *i* has every *n*-th tick, beginning with tick *i*.
    pub fn among(every: Duration, spread: Spread, regions: &[String], region: &str) -> Option<Self> {
        let place = regions.iter().position(|name| name == region)? as u64;
        let (every, count) = (every.as_secs(), regions.len() as u64);
        let (period, phase) = match spread {
            Spread::Together => (every, 0),
            Spread::Stagger => (every, place * every / count / MINUTE * MINUTE),
            Spread::RoundRobin => (every * count, every * place),
        };
        Some(Self { period: Duration::from_secs(period), phase: Duration::from_secs(phase) })
    }

    /// Of the probes of a group that have this period, in `region`; `None` where it is none of those that the group runs
    /// from. Without any regions, the current one is alone.
    pub fn of(config: &Config, group: &Group, every: Duration, region: Option<&str>) -> Option<Self> {
        match (config.regions_of(group), region) {
            ([], _) => Some(Self::alone(every)),
            (_, None) => None,
            (regions, Some(region)) => Self::among(every, group.spread, regions, region),
        }
    }

    /// The same at the probe's own slot within the period, so that probes of the same period are not due at the same time:
    /// whole seconds that follow from group and title, hence the same on every machine. [`Spread::Together`] has none.
    pub fn with_slot(self, group: &Group, probe: &Probe) -> Self {
        if group.spread == Spread::Together {
            return self;
        }
        let name = format!("{}\n{}", group.name, probe.identity);
        let number = Uuid::new_v5(&SLOTS, name.as_bytes()).as_u128() % u128::from(probe.every.as_secs().max(1));
        Self { phase: self.phase + Duration::from_secs(number as u64), ..self }
    }

    /// The ticks within `[time, time + window)`, in order.
    pub fn ticks(&self, time: OffsetDateTime, window: Duration) -> Ticks {
        ticks(self.period, self.phase, time, window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cadences(every: u64, spread: Spread, count: usize) -> Vec<(u64, u64)> {
        let regions: Vec<String> = (0..count).map(|n| format!("region-{n}")).collect();
        let cadence = |region: &String| Cadence::among(Duration::from_secs(every), spread, &regions, region);
        let cadences = regions.iter().map(|region| cadence(region).expect("a region of the list"));
        cadences.map(|cadence| (cadence.period.as_secs(), cadence.phase.as_secs())).collect()
    }

    #[test]
    fn staggered_regions_share_the_period_in_whole_minutes() {
        assert_eq!(cadences(300, Spread::Stagger, 2), [(300, 0), (300, 120)]);
        assert_eq!(cadences(900, Spread::Stagger, 3), [(900, 0), (900, 300), (900, 600)]);
        assert_eq!(cadences(3600, Spread::Stagger, 7).last(), Some(&(3600, 3060)));
        assert_eq!(cadences(120, Spread::Stagger, 2), [(120, 0), (120, 60)]);
        assert_eq!(cadences(119, Spread::Stagger, 2), [(119, 0); 2]);
        assert_eq!(cadences(10, Spread::Stagger, 3), [(10, 0); 3]);
    }

    #[test]
    fn regions_that_are_together_have_the_same_ticks() {
        assert_eq!(cadences(300, Spread::Together, 3), [(300, 0); 3]);
    }

    #[test]
    fn regions_in_turn_have_every_nth_tick() {
        assert_eq!(cadences(60, Spread::RoundRobin, 3), [(180, 0), (180, 60), (180, 120)]);
        assert_eq!(cadences(10, Spread::RoundRobin, 2), [(20, 0), (20, 10)]);
    }

    #[test]
    fn one_region_is_alone_whatever_the_spread() {
        for spread in [Spread::Together, Spread::Stagger, Spread::RoundRobin] {
            assert_eq!(cadences(300, spread, 1), [(300, 0)], "{spread:?}");
        }
        assert_eq!(Cadence::among(Duration::from_secs(300), Spread::Stagger, &["here".to_owned()], "there"), None);
    }
}
