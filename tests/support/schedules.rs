//! Configurations that are nothing but schedules, and what has to come of them, said a second time: nothing here uses
//! the crate's own arithmetic.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use sentrynet::config::{Config, Group, Spread};
use sentrynet::probe::script::Script;
use sentrynet::probe::{Check, Probe};

/// A day in minutes.
pub const DAY: u64 = 24 * 60;

/// A configuration of these groups.
pub fn config(regions: &[&str], groups: Vec<Group>) -> Config {
    let regions = regions.iter().map(|region| (*region).to_owned()).collect();
    Config { sentry: Default::default(), regions, groups, ..Default::default() }
}

/// A group whose probes have these periods.
pub fn group(name: &str, regions: &[&str], spread: Spread, periods: &[u64]) -> Group {
    let probe = |(index, every): (usize, &u64)| {
        Arc::new(Probe {
            title: format!("probe {index}"),
            identity: format!("probe {index}"),
            every: Duration::from_secs(*every),
            burst: 1,
            timeout: Duration::from_secs(10),
            retries: 0,
            retry_pause: Duration::from_secs(1),
            tags: Default::default(),
            check: Check::Script(Box::new(Script { init_keys: Vec::new(), steps: Vec::new() })),
        })
    };
    Group {
        name: name.to_owned(),
        tags: Default::default(),
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        spread,
        probes: periods.iter().enumerate().map(probe).collect(),
    }
}

/// The regions of random configurations.
const REGIONS: [&str; 5] = ["eu-west-1", "us-east-1", "ap-southeast-2", "sa-east-1", "af-south-1"];

/// Any period: what people write, and everything else; few of those that make most ticks.
pub fn any_period() -> impl Strategy<Value = u64> {
    const USUAL: &[u64] =
        &[10, 30, 45, 60, 90, 120, 180, 300, 420, 600, 900, 1200, 1800, 3600, 5400, 7200, 21_600, 43_200];
    const DAYS: &[u64] = &[86_400, 129_600, 172_800, 604_800, 2_592_000];
    prop_oneof![
        4 => proptest::sample::select(USUAL),
        1 => 10..=120_u64,
        3 => (1..=300_u64).prop_map(|minutes| minutes * 60),
        2 => 121..=7200_u64,
        1 => 7201..=2_592_000_u64,
        1 => proptest::sample::select(DAYS),
    ]
}

/// One period, seldom several.
fn some_periods() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![5 => any_period().prop_map(|period| vec![period]), 1 => proptest::collection::vec(any_period(), 2..=3)]
}

fn any_group(number: usize, regions: Vec<&'static str>) -> impl Strategy<Value = Group> {
    let some = proptest::sample::subsequence(regions.clone(), 0..=regions.len()).prop_shuffle();
    let spread = proptest::sample::select(&[Spread::Stagger, Spread::Together, Spread::RoundRobin][..]);
    (some, spread, some_periods())
        .prop_map(move |(regions, spread, periods)| group(&format!("g-{number}"), &regions, spread, &periods))
}

/// Any configuration of at most so many groups and regions.
pub fn any_config(groups: usize, regions: usize) -> impl Strategy<Value = Config> {
    let regions = proptest::sample::subsequence(REGIONS.to_vec(), 0..=regions).prop_shuffle();
    (regions, 1..=groups).prop_flat_map(|(regions, count)| {
        let groups: Vec<_> = (0..count).map(|number| any_group(number, regions.clone())).collect();
        groups.prop_map(move |groups| config(&regions, groups))
    })
}

/// Where a group runs, with the truth about its ticks there: period and phase in seconds.
pub fn truth(config: &Config, group: &Group, every: u64) -> Vec<(Option<String>, u64, u64)> {
    let regions = if group.regions.is_empty() { &config.regions } else { &group.regions };
    if regions.is_empty() {
        return vec![(None, every, 0)];
    }
    let count = regions.len() as u64;
    let beat = |(place, region): (u64, &String)| match group.spread {
        Spread::Together => (Some(region.clone()), every, 0),
        // The part of the period, without its odd seconds.
        Spread::Stagger => (Some(region.clone()), every, (every * place / count) - (every * place / count) % 60),
        Spread::RoundRobin => (Some(region.clone()), every * count, every * place),
    };
    (0..).zip(regions).map(beat).collect()
}

/// The instants of `phase + k * period` within `[from, to)`, in seconds since the Unix epoch.
pub fn instants(period: u64, phase: u64, from: u64, to: u64) -> impl Iterator<Item = u64> {
    let before = (from + period - phase % period) % period;
    let first = if before == 0 { from } else { from + period - before };
    (first..to).step_by(usize::try_from(period).expect("a period"))
}

/// Reads an expression as its documentation says, and tells the minutes of the day at which it fires.
pub fn minutes_of_the_day(expression: &str) -> Vec<bool> {
    let fields = expression.strip_prefix("cron(").and_then(|text| text.strip_suffix(")")).expect(expression);
    let [minutes, hours, "*", "*", "?", "*"] = fields.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{expression}")
    };
    let mut day = vec![false; DAY as usize];
    for hour in values(hours, 24) {
        for minute in values(minutes, 60) {
            let at = &mut day[hour * 60 + minute];
            assert!(!*at, "{expression} says {hour}:{minute} twice");
            *at = true;
        }
    }
    day
}

fn values(field: &str, size: usize) -> Vec<usize> {
    let number = |text: &str| text.parse().ok().filter(|number| *number < size).expect(field);
    let part = |part: &str| -> Vec<usize> {
        match (part, part.split_once('/'), part.split_once('-')) {
            ("*", ..) => (0..size).collect(),
            (_, Some((start, step)), _) => (number(start)..size).step_by(number(step)).collect(),
            (_, _, Some((first, last))) => (number(first)..=number(last)).collect(),
            _ => vec![number(part)],
        }
    };
    field.split(',').flat_map(part).collect()
}
