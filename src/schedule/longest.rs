//! How long an invocation may take.

use std::time::Duration;

use super::usage::ticks_of_a_cycle;
use super::{Beat, Schedule};
use crate::config::{Config, Probe};
use crate::payload::WINDOW;

/// What an invocation needs besides its runs: SSM is waited for 8 seconds at most, and 5 are kept for delivery.
const BESIDES: Duration = Duration::from_secs(15);
/// The least and the most that an invocation is given. A group that is changed does not always need another template.
const LEAST: Duration = Duration::from_secs(60);
/// Lambda's own limit.
const MOST: Duration = Duration::from_secs(900);
/// A timeout is a multiple of this.
const STEP: u64 = 10;

/// The firing that takes longest, if every run takes all the time that it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longest<'a> {
    /// The group's name.
    pub group: &'a str,
    /// The period of the probes.
    pub every: Duration,
    /// How long after the rule's time the last run ends.
    pub lasts: Duration,
}

impl<'a> Longest<'a> {
    /// Of all groups in all regions; `None` where nothing is watched.
    pub fn of(config: &'a Config, schedule: &Schedule) -> Option<Self> {
        let mut longest: Option<Self> = None;
        for group in &config.groups {
            for probe in &group.probes {
                for beat in schedule.region_names().filter_map(|region| Beat::of(config, group, probe.every, region)) {
                    let lasts = lasts(probe, beat);
                    if longest.is_none_or(|longest| lasts > longest.lasts) {
                        longest = Some(Self { group: &group.name, every: probe.every, lasts });
                    }
                }
            }
        }
        longest
    }

    /// How long an invocation may take, all in all.
    pub fn timeout(longest: Option<&Self>) -> Duration {
        let lasts = longest.map_or(Duration::ZERO, |longest| longest.lasts) + BESIDES;
        Duration::from_secs(lasts.as_secs().div_ceil(STEP) * STEP).clamp(LEAST, MOST)
    }
}

/// How long after its beginning the runs of a probe in a window end at the latest. One tick is run after the other, and
/// skipped when its turn comes a period late.
fn lasts(probe: &Probe, beat: Beat) -> Duration {
    let work = probe.timeout * probe.burst;
    let mut longest = Duration::ZERO;
    let mut until = Duration::ZERO;
    let mut window = None;
    for number in 0..ticks_of_a_cycle(beat) {
        // From the beginning of a window, so that none is cut in two.
        let second = beat.phase.as_secs() % beat.period.as_secs().max(1) + number * beat.period.as_secs();
        if window != Some(second / WINDOW.as_secs()) {
            window = Some(second / WINDOW.as_secs());
            until = Duration::ZERO;
        }
        let tick = Duration::from_secs(second % WINDOW.as_secs());
        if until < tick + probe.every {
            until = until.max(tick) + work;
            longest = longest.max(until);
        }
    }
    longest
}
