//! The calendar: every tick of every probe in every region.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use time::OffsetDateTime;

use super::rules::Schedule;
use crate::config::Config;
use crate::schedule::{Cadence, Ticks};

/// One tick of one probe in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The time.
    pub tick: OffsetDateTime,
    /// The region; `None` is the current one.
    pub region: Option<&'a str>,
    /// The group's name.
    pub group: &'a str,
    /// The probe's identity within its group: its title, with a number where titles repeat.
    pub probe: &'a str,
    /// The name of the rule that fires for it.
    pub rule: &'a str,
}

/// All ticks within a window of time, in order of time; ticks of the same time are in the configuration's order of regions,
/// groups and probes.
pub struct Calendar<'a> {
    lanes: Vec<(Entry<'a>, Ticks)>,
    /// The next tick of each lane.
    next: BinaryHeap<Reverse<(OffsetDateTime, usize)>>,
}

impl<'a> Calendar<'a> {
    /// The ticks within `[from, from + window)`: those of the rules, or with `slots` those of `watch`.
    pub fn new(
        config: &'a Config,
        schedule: &'a Schedule,
        from: OffsetDateTime,
        window: Duration,
        slots: bool,
    ) -> Self {
        let mut calendar = Self { lanes: Vec::new(), next: BinaryHeap::new() };
        for region in schedule.region_names() {
            for group in &config.groups {
                for probe in &group.probes {
                    let rule = schedule.rule(&group.name, probe.every);
                    let cadence = Cadence::of(config, group, probe.every, region);
                    let (Some(rule), Some(cadence)) = (rule, cadence) else { continue };
                    let cadence = if slots { cadence.with_slot(group, probe) } else { cadence };
                    let (group, probe, rule) = (&*group.name, &*probe.identity, &*rule.name);
                    calendar.add(Entry { tick: from, region, group, probe, rule }, cadence.ticks(from, window));
                }
            }
        }
        calendar
    }

    fn add(&mut self, entry: Entry<'a>, mut ticks: Ticks) {
        if let Some(first) = ticks.next() {
            self.next.push(Reverse((first, self.lanes.len())));
            self.lanes.push((entry, ticks));
        }
    }
}

impl<'a> Iterator for Calendar<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let Reverse((tick, lane)) = self.next.pop()?;
        let (entry, ticks) = &mut self.lanes[lane];
        self.next.extend(ticks.next().map(|next| Reverse((next, lane))));
        Some(Entry { tick, ..*entry })
    }
}
