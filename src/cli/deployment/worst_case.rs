//! The worst case: how long an invocation may take, which is the function's timeout.

use std::time::Duration;

use super::rules::Schedule;
use super::usage::seconds_of_a_cycle;
use crate::config::Config;
use crate::probe::Probe;
use crate::runner::payload::WINDOW;
use crate::schedule::Cadence;

/// What an invocation needs in addition to its runs: up to 8 seconds for SSM, and up to 20 for delivery.
const MAX_OVERHEAD: Duration = Duration::from_secs(30);
/// The minimal timeout: a group may change without a new template.
const MIN: Duration = Duration::from_secs(60);
/// Lambda's own limit.
const MAX: Duration = Duration::from_secs(900);
/// The timeout is a multiple of this.
const STEP: u64 = 10;

/// The firing that takes longest if every run takes its whole timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstCase<'a> {
    /// The group's name.
    pub group: &'a str,
    /// The period of the probes.
    pub every: Duration,
    /// How long after the rule's nominal time the last run ends.
    pub lasts: Duration,
}

impl<'a> WorstCase<'a> {
    /// The worst case of all groups in all regions; `None` if nothing is watched.
    pub fn of(config: &'a Config, schedule: &Schedule) -> Option<Self> {
        let mut longest: Option<Self> = None;
        for group in &config.groups {
            for probe in &group.probes {
                for cadence in
                    schedule.region_names().filter_map(|region| Cadence::of(config, group, probe.every, region))
                {
                    let lasts = lasts(probe, cadence);
                    if longest.is_none_or(|longest| lasts > longest.lasts) {
                        longest = Some(Self { group: &group.name, every: probe.every, lasts });
                    }
                }
            }
        }
        longest
    }

    /// The timeout of the function.
    pub fn timeout(longest: Option<&Self>) -> Duration {
        let lasts = longest.map_or(Duration::ZERO, |longest| longest.lasts) + MAX_OVERHEAD;
        Duration::from_secs(lasts.as_secs().div_ceil(STEP) * STEP).clamp(MIN, MAX)
    }
}

/// How long after the beginning of a window the runs of a probe end at the latest. Ticks are run one after the other, and
/// skipped if their turn comes a period late.
fn lasts(probe: &Probe, cadence: Cadence) -> Duration {
    let work = probe.timeout * probe.burst;
    let mut longest = Duration::ZERO;
    let mut until = Duration::ZERO;
    let mut window = None;
    for second in seconds_of_a_cycle(cadence) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Document, read};
    use crate::schema::Secrets;

    /// The group and the period that take longest, for how long, and the timeout.
    fn longest(regions: &str, probes: &[&str]) -> (String, u64, u64, u64) {
        let probe = |(index, keys): (usize, &&str)| {
            format!("  - {{name: g{index}, probes: [{{probe: probes.http, url: 'https://a.example', {keys}}}]}}\n")
        };
        let groups: String = probes.iter().enumerate().map(probe).collect();
        let text = format!("regions: [{regions}]\ngroups:\n{groups}");
        let document = Document::parse("a.yaml", text.as_bytes()).expect("YAML");
        let config = read(&document, &Secrets::placeholders()).expect("a configuration");
        let schedule = Schedule::of(&config).expect("a schedule");
        let longest = WorstCase::of(&config, &schedule).expect("something");
        let WorstCase { group, every, lasts } = longest;
        (group.to_owned(), every.as_secs(), lasts.as_secs(), WorstCase::timeout(Some(&longest)).as_secs())
    }

    fn of(keys: &str) -> (u64, u64) {
        let (_, _, lasts, timeout) = longest("", &[keys]);
        (lasts, timeout)
    }

    #[test]
    fn the_last_tick_of_the_minute_and_its_whole_burst_fit() {
        assert_eq!(of("every: 60"), (10, 60));
        assert_eq!(of("every: 1h, burst: 4, timeout: 12s"), (48, 80));
        assert_eq!(of("every: 30"), (40, 70));
        assert_eq!(of("every: 10, timeout: 2s"), (52, 90));
        // Some day, each second of the minute has its turn.
        assert_eq!(of("every: 61"), (69, 100));
        assert_eq!(of("every: 75"), (55, 90));
        assert_eq!(of("every: 1h, burst: 60, timeout: 60s"), (3600, 900));
    }

    #[test]
    fn slow_runs_push_the_next_tick_back_until_it_is_stale() {
        // Second 30 begins at 40, and ends at 80.
        assert_eq!(of("every: 30, burst: 2, timeout: 20s").0, 80);
        // Second 30 would begin at 60, and is skipped.
        assert_eq!(of("every: 30, burst: 3, timeout: 20s").0, 60);
        // Second 10 and every other one is skipped: 0, 20, 40.
        assert_eq!(of("every: 10, timeout: 20s").0, 60);
    }

    #[test]
    fn the_longest_of_all_groups_and_regions_counts() {
        let probes = ["every: 60, timeout: 30s", "every: 30, timeout: 25s", "every: 60, timeout: 20s"];
        assert_eq!(longest("", &probes), ("g1".to_owned(), 30, 55, 90));
        assert_eq!(longest("eu-west-1, us-east-1", &probes), ("g1".to_owned(), 30, 55, 90));
    }
}
