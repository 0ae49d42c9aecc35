//! Cron expressions as somebody else reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::schedules::{DAY, minutes_of_the_day};
use sentrynet::cli::deployment::Cron;
use sentrynet::schedule::Cadence;
use serde_json::json;
use time::macros::datetime;

/// Every kind of period, and phases of each.
fn beats() -> Vec<(u64, u64)> {
    let divisors = (1..=86_400_u64).filter(|step| 86_400 % step == 0 && *step >= 10);
    let odd = [61, 75, 100, 144, 420, 660, 1000, 1001, 3601, 4000, 5400, 7000, 50_400, 100_000, 604_800, 2_592_000];
    let periods = divisors.chain(odd);
    let phases = |period: u64| [0, 10, 60, 90, 1800, 3660, period / 2, period / 3, period - 1];
    periods.flat_map(|period| phases(period).map(|phase| (period, phase % period))).collect()
}

/// The minutes of the day at which a rule has to fire: all hours that ever hold a tick, times all minutes that do.
fn product(period: u64, phase: u64) -> Vec<u64> {
    let (mut minutes, mut hours, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut second = phase % 86_400;
    while seen.insert(second) {
        minutes.insert(second / 60 % 60);
        hours.insert(second / 3600);
        second = (second + period) % 86_400;
    }
    hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect()
}

#[test]
fn an_independent_reader_fires_in_every_minute_that_may_hold_a_tick_and_in_no_other() {
    let mut expected: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (period, phase) in beats() {
        let beat = Cadence { period: Duration::from_secs(period), phase: Duration::from_secs(phase) };
        let (expression, minutes) = (Cron::of(beat).to_string(), product(period, phase));
        assert_eq!(Cron::of(beat).firings_a_day() as usize, minutes.len(), "{beat:?}");
        let known = expected.entry(expression).or_insert_with(|| minutes.clone());
        assert_eq!(*known, minutes, "{beat:?}");
    }
    assert!(expected.len() > 200, "{} expressions", expected.len());

    // Two days, one of them a leap day.
    let from = datetime!(2028-02-28 00:00 UTC).unix_timestamp();
    let cases = expected.keys().map(|expression| json!({"expression": expression, "from": from, "minutes": 2 * DAY}));
    let verdicts = crate::support::python("cron", "fire.py", cases);
    assert_eq!(verdicts.len(), expected.len());
    for ((expression, minutes), verdict) in expected.iter().zip(verdicts) {
        assert!(verdict["problem"].is_null(), "{expression}: {}", verdict["problem"]);
        let fires: Vec<u64> = serde_json::from_value(verdict["fires"].clone()).expect("minutes");
        let both: Vec<u64> = (0..2).flat_map(|day| minutes.iter().map(move |minute| day * DAY + minute)).collect();
        assert_eq!(fires, both, "{expression}");
        // What the other tests of schedules read, they read as it does.
        let ours = minutes_of_the_day(expression);
        let ours: Vec<u64> = (0..DAY).filter(|minute| ours[*minute as usize]).collect();
        assert_eq!(ours, *minutes, "{expression}");
    }
}

#[test]
fn the_independent_reader_knows_what_is_no_expression() {
    let none = ["cron(60 * * * ? *)", "cron(0/5 * * * * *)", "cron(0/5 * * * *)", "0/5 * * * ? *", "cron(a * * * ? *)"];
    let cases = none.iter().map(|expression| json!({"expression": expression, "from": 0, "minutes": 10}));
    for (expression, verdict) in none.iter().zip(crate::support::python("cron", "fire.py", cases)) {
        assert!(verdict["problem"].is_string(), "{expression}: {verdict}");
    }
}
