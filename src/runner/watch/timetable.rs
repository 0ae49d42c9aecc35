//! Which probe is due when: pure, so that tests can use any clock.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::event::{Changes, Missed, Watched};
use crate::config::Config;
use crate::probe::Probe;
use crate::schedule::Cadence;

/// Identifies a probe: the group's name and the probe's identity.
pub type Key = (String, String);

/// The schedule of one probe.
struct Lane {
    key: Key,
    watched: Watched,
    /// The first tick that has not been handled yet.
    next: OffsetDateTime,
    /// A tick that became due while earlier runs of the probe were in flight.
    waiting: Option<OffsetDateTime>,
}

/// The probes of one group that are due at the same tick: one pass.
#[derive(Debug, PartialEq)]
pub struct Due {
    /// The group's name.
    pub group: String,
    /// The tick that they are due at.
    pub tick: OffsetDateTime,
    /// The probes.
    pub probes: Vec<Arc<Probe>>,
    /// Whether the tick had to wait for earlier runs of the probes.
    pub has_waited: bool,
    /// Whether it waited too long, and is skipped.
    pub is_stale: bool,
}

/// What is due at one look at the clock.
#[derive(Debug, Default, PartialEq)]
pub struct Look {
    /// The passes to start now.
    pub due: Vec<Due>,
    /// Ticks that were missed.
    pub missed: Option<Missed>,
    /// By how much the clock was set back, where that matters.
    pub set_back: Option<Duration>,
}

/// All probes, and which of them are busy.
#[derive(Default)]
pub struct Timetable {
    lanes: Vec<Lane>,
    /// Where each probe is among them.
    places: HashMap<Key, usize>,
    /// When the next look at each of them is due, at the latest.
    agenda: BTreeSet<(OffsetDateTime, usize)>,
    /// Lanes with a tick that waited, whose probes are free now.
    freed: Vec<usize>,
    /// The time at the last look.
    looked: Option<OffsetDateTime>,
    /// Probes whose runs are in flight. They may be gone from the configuration.
    busy: HashSet<Key>,
}

impl Timetable {
    /// Uses this configuration from `now` on. A probe that keeps its cadence keeps its ticks, too.
    pub fn adopt(&mut self, config: &Config, location: Option<&str>, now: OffsetDateTime) -> Changes {
        let mut known: HashMap<Key, Lane> = self.lanes.drain(..).map(|lane| (lane.key.clone(), lane)).collect();
        let mut changes = Changes::default();
        for group in &config.groups {
            for probe in &group.probes {
                let cadence = Cadence::of(config, group, probe.every, location);
                let cadence = cadence.unwrap_or_else(|| Cadence::alone(probe.every));
                let cadence = cadence.with_slot(group, probe);
                let watched = Watched { group: group.name.clone(), probe: probe.clone(), cadence };
                let key = (group.name.clone(), probe.identity.clone());
                let lane = match known.remove(&key) {
                    Some(lane) => {
                        changes.changed += usize::from(lane.watched != watched);
                        lane.with(watched, now)
                    }
                    None => {
                        changes.added += 1;
                        Lane { key, next: watched.next(now), watched, waiting: None }
                    }
                };
                self.lanes.push(lane);
            }
        }
        changes.removed = known.len();
        self.places = (0..).zip(&self.lanes).map(|(place, lane)| (lane.key.clone(), place)).collect();
        self.agenda = (0..).zip(&self.lanes).map(|(place, lane)| (lane.next_look(), place)).collect();
        // One that has become free meanwhile.
        self.freed = (0..self.lanes.len()).filter(|place| self.lanes[*place].waiting.is_some()).collect();
        self.looked = Some(now);
        changes
    }

    /// All probes, in the configuration's order.
    pub fn watched(&self) -> impl Iterator<Item = &Watched> {
        self.lanes.iter().map(|lane| &lane.watched)
    }

    /// When the next look is due, at the latest.
    pub fn next(&self) -> Option<OffsetDateTime> {
        self.agenda.first().map(|(next, _)| *next)
    }

    /// The runs of a probe are over.
    pub fn release(&mut self, key: &Key) {
        self.busy.remove(key);
        self.freed.extend(self.places.get(key).filter(|place| self.lanes[**place].waiting.is_some()));
    }

    /// What is due at `now`. Each tick is due once, and its probes are busy until they are [released](Self::release).
    pub fn look(&mut self, now: OffsetDateTime) -> Look {
        let mut look = Look::default();
        for place in self.places_to_look_at(now) {
            let lane = &mut self.lanes[place];
            self.agenda.remove(&(lane.next_look(), place));
            if let Some(by) = lane.set_back(now) {
                look.set_back = look.set_back.max(Some(by));
            }
            lane.look(now, &mut self.busy, &mut look);
            self.agenda.insert((lane.next_look(), place));
        }
        self.looked = Some(now);
        look
    }

    /// The lanes for which something may have changed since the last look, in their order.
    fn places_to_look_at(&mut self, now: OffsetDateTime) -> Vec<usize> {
        let mut places = std::mem::take(&mut self.freed);
        if self.looked.is_some_and(|looked| now < looked) {
            // Ticks to come may be too far away.
            return (0..self.lanes.len()).collect();
        }
        places.extend(self.agenda.iter().take_while(|(next, _)| *next <= now).map(|(_, place)| *place));
        places.sort_unstable();
        places.dedup();
        places
    }
}

impl Lane {
    /// What is due at `now`, and makes the probe busy with it.
    fn look(&mut self, now: OffsetDateTime, busy: &mut HashSet<Key>, look: &mut Look) {
        if let Some(tick) = self.waiting
            && (self.is_stale(tick, now) || !busy.contains(&self.key))
        {
            self.waiting = None;
            let is_stale = self.is_stale(tick, now);
            if !is_stale {
                busy.insert(self.key.clone());
            }
            look.add(&self.watched, tick, true, is_stale);
        }
        let Some((tick, missed)) = self.take(now) else { return };
        look.miss(missed);
        if self.is_stale(tick, now) {
            look.miss(Some(Missed { ticks: 1, since: tick }));
        } else if busy.insert(self.key.clone()) {
            look.add(&self.watched, tick, false, false);
        } else {
            self.waiting = Some(tick);
        }
    }

    /// The same lane for the probe in the new configuration.
    fn with(self, watched: Watched, now: OffsetDateTime) -> Self {
        let next = if watched.cadence == self.watched.cadence {
            self.next
        } else {
            // Ticks of the old cadence that were handled may be ticks of the new one, too.
            let handled = self.next - self.watched.cadence.period;
            watched.next(now.max(handled + Duration::from_nanos(1)))
        };
        Self { watched, next, ..self }
    }

    /// When the next look at it is due, at the latest.
    fn next_look(&self) -> OffsetDateTime {
        match self.waiting {
            Some(tick) => self.next.min(tick + self.watched.probe.every),
            None => self.next,
        }
    }

    /// Whether the tick is too old to run.
    fn is_stale(&self, tick: OffsetDateTime, now: OffsetDateTime) -> bool {
        now - tick >= self.watched.probe.every
    }

    /// Computes the next tick anew where it is further away than it can be on a clock that only goes forward. A clock that was
    /// set back by less than a period has the same ticks to come.
    fn set_back(&mut self, now: OffsetDateTime) -> Option<Duration> {
        let period = self.watched.cadence.period;
        let by = Duration::try_from(self.next - now).ok()?.checked_sub(period)?;
        (by > period).then(|| self.next = self.watched.next(now))?;
        Some(by)
    }

    /// The newest tick that is due, and those before it that became due since the last look.
    fn take(&mut self, now: OffsetDateTime) -> Option<(OffsetDateTime, Option<Missed>)> {
        let since = self.next;
        let late = Duration::try_from(now - since).ok()?;
        let period = self.watched.cadence.period.as_nanos().max(1);
        let ticks = u64::try_from(late.as_nanos() / period).unwrap_or(u64::MAX);
        let into = Duration::from_nanos(u64::try_from(late.as_nanos() % period).unwrap_or(0));
        let newest = now - into;
        self.next = newest + self.watched.cadence.period;
        Some((newest, (ticks > 0).then_some(Missed { ticks, since })))
    }
}

impl Look {
    fn add(&mut self, watched: &Watched, tick: OffsetDateTime, has_waited: bool, is_stale: bool) {
        let Watched { group, probe, .. } = watched;
        let fits = |due: &&mut Due| {
            due.group == *group && due.tick == tick && due.has_waited == has_waited && due.is_stale == is_stale
        };
        match self.due.iter_mut().find(fits) {
            Some(due) => due.probes.push(probe.clone()),
            None => {
                self.due.push(Due { group: group.clone(), tick, probes: vec![probe.clone()], has_waited, is_stale });
            }
        }
    }

    fn miss(&mut self, missed: Option<Missed>) {
        let Some(Missed { ticks, since }) = missed else { return };
        let all = self.missed.get_or_insert(Missed { ticks: 0, since });
        all.ticks = all.ticks.saturating_add(ticks);
        all.since = all.since.min(since);
    }
}
