//! The schedule algebra against its definition: a simulated week of random configurations, and the shape of their rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::schedules::{DAY, any_config, config, group, instants, minutes_of_the_day, truth};
use proptest::prelude::*;
use proptest::test_runner::{Config as Settings, TestError, TestRunner};
use sentrynet::cli::deployment::{MAX_TARGETS, Schedule, ScheduleError, Setting};
use sentrynet::config::{Config, Group, Spread};
use sentrynet::runner::payload::WINDOW;
use sentrynet::schedule::Cadence;
use time::OffsetDateTime;
use time::macros::datetime;

/// Random configurations whose week is simulated.
const WEEKS: u32 = 10_000;

/// Random configurations, larger ones, whose rules are looked at.
const CONFIGURATIONS: u32 = 2000;

const WEEK: u64 = 7 * DAY * 60;

/// Tries random values, on all processors.
fn for_all<S: Strategy>(cases: u32, strategy: impl Fn() -> S + Sync, check: impl Fn(S::Value) + Sync)
where
    S::Value: std::fmt::Debug,
{
    let shards = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 8) as u32;
    std::thread::scope(|scope| {
        for shard in 0..shards {
            let (strategy, check) = (&strategy, &check);
            let cases = cases / shards + u32::from(shard < cases % shards);
            scope.spawn(move || {
                let settings = Settings { cases, failure_persistence: None, ..Settings::default() };
                let result = TestRunner::new(settings).run(&strategy(), |value| {
                    check(value);
                    Ok(())
                });
                if let Err(TestError::Fail(why, value)) = result {
                    panic!("{why}\n{value:#?}");
                }
                result.expect("a run");
            });
        }
    });
}

/// A week, minute by minute.
struct Week {
    /// In seconds since the Unix epoch.
    start: u64,
    /// With its number in the day.
    minutes: Vec<(usize, OffsetDateTime)>,
}

impl Week {
    fn from(start: OffsetDateTime) -> Self {
        let start = u64::try_from(start.unix_timestamp()).expect("a time after 1970");
        let minute = |minute: u64| {
            let time = OffsetDateTime::from_unix_timestamp((minute * 60) as i64).expect("a time");
            ((minute % DAY) as usize, time)
        };
        Self { start, minutes: (start / 60..(start + WEEK) / 60).map(minute).collect() }
    }

    /// The instants of `phase + k * period` within it.
    fn instants(&self, period: u64, phase: u64) -> impl Iterator<Item = u64> {
        instants(period, phase, self.start, self.start + WEEK)
    }
}

/// Weeks at all kinds of places: the first one, odd hours, a leap day, the end of a year, far ahead.
fn weeks() -> Vec<Week> {
    let starts = [
        datetime!(1970-01-01 00:00 UTC),
        datetime!(2024-02-26 13:37 UTC),
        datetime!(2026-11-20 10:00 UTC),
        datetime!(2026-12-29 23:59 UTC),
        datetime!(2038-01-18 03:14 UTC),
        datetime!(2099-06-01 00:01 UTC),
    ];
    starts.map(Week::from).into()
}

/// The ticks that firings bring about in a region: every rule's, every target's, as the function picks them.
fn simulated(config: &Config, schedule: &Schedule, place: usize, week: &Week) -> BTreeMap<(String, u64), Vec<u64>> {
    let region = schedule.region_names().nth(place).expect("a region");
    let mut ticks: BTreeMap<(String, u64), Vec<u64>> = BTreeMap::new();
    for rule in schedule.rules.iter().filter(|rule| rule.placements[place].is_enabled) {
        let fires = minutes_of_the_day(&rule.placements[place].expression.to_string());
        for target in &rule.targets {
            let group = config.group(&target.group).expect("the target's group");
            let beat = Cadence::of(config, group, target.every, region).expect("a group that runs here");
            let seen = ticks.entry((target.group.clone(), target.every.as_secs())).or_default();
            for (minute, time) in &week.minutes {
                if fires[*minute] {
                    seen.extend(beat.ticks(*time, WINDOW).map(|tick| tick.unix_timestamp() as u64));
                }
            }
        }
    }
    ticks
}

/// All groups with all periods of their probes.
fn kinds(config: &Config) -> BTreeSet<(String, u64)> {
    let of = |group: &Group| {
        let name = group.name.clone();
        group.probes.iter().map(move |probe| (name.clone(), probe.every.as_secs())).collect::<Vec<_>>()
    };
    config.groups.iter().flat_map(of).collect()
}

fn check_week(config: &Config, week: &Week) {
    let schedule = Schedule::of(config).expect("a schedule");
    let places = schedule.region_names().count();
    let all_seen: Vec<_> = (0..places).map(|place| simulated(config, &schedule, place, week)).collect();
    for kind @ (name, every) in &kinds(config) {
        let group = config.group(name).expect("a group");
        let truth = truth(config, group, *every);
        let mut all: Vec<u64> = Vec::new();
        let mut is_somewhere = 0;
        for (region, seen) in schedule.region_names().zip(&all_seen) {
            // A group that names no region, where only others do, is alone wherever it is.
            let beat = truth.iter().find(|(known, ..)| known.is_none() || known.as_deref() == region);
            let Some((_, period, phase)) = beat else {
                assert_eq!(seen.get(kind), None, "{kind:?} runs in {region:?}");
                continue;
            };
            is_somewhere += 1;
            let seen = seen.get(kind).map_or(&[][..], Vec::as_slice);
            assert!(
                seen.iter().copied().eq(week.instants(*period, *phase)),
                "{kind:?} in {region:?}: not every tick is covered exactly once"
            );
            all.extend(seen);
        }
        assert!(is_somewhere > 0, "{kind:?} runs nowhere");
        if group.spread == Spread::RoundRobin && truth[0].0.is_some() {
            all.sort_unstable();
            assert!(all.into_iter().eq(week.instants(*every, 0)), "{kind:?}: the regions' turns");
        }
    }
}

#[test]
fn in_any_week_every_tick_of_every_probe_in_every_region_is_covered_by_exactly_one_firing() {
    let weeks = weeks();
    for_all(WEEKS, || (any_config(1, 3), 0..weeks.len()), |(config, week)| check_week(&config, &weeks[week]));
}

/// What a setting comes to in a region.
fn value<'a>(schedule: &'a Schedule, setting: &'a Setting, place: usize) -> &'a str {
    match setting {
        Setting::Same(value) => value,
        Setting::ByRegion(name) => {
            let attribute = schedule.mapping.iter().find(|attribute| attribute.name == *name).expect("an attribute");
            assert_eq!(attribute.values.len(), schedule.regions.len());
            &attribute.values[place]
        }
    }
}

fn check_rules(config: &Config) {
    let schedule = Schedule::of(config).expect("a schedule");
    let targets = || schedule.rules.iter().flat_map(|rule| &rule.targets);
    let found: Vec<_> = targets().map(|target| (target.group.clone(), target.every.as_secs())).collect();
    assert_eq!(found.len(), kinds(config).len(), "each target is there once");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), kinds(config));

    let mut names = BTreeSet::new();
    let mut by_placements: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for rule in &schedule.rules {
        assert!(names.insert(&rule.name) && rule.name.chars().all(|c| c.is_ascii_alphanumeric()), "{}", rule.name);
        assert!(!rule.targets.is_empty() && rule.targets.len() <= MAX_TARGETS);
        by_placements.entry(format!("{:?}", rule.placements)).or_default().push(rule.targets.len());
        for (place, (region, placement)) in schedule.region_names().zip(&rule.placements).enumerate() {
            let expression = placement.expression.to_string();
            assert!(expression.len() <= 256, "{expression}");
            assert_eq!(value(&schedule, &rule.expression, place), expression);
            assert_eq!(value(&schedule, &rule.state, place), if placement.is_enabled { "ENABLED" } else { "DISABLED" });
            for target in &rule.targets {
                let group = config.group(&target.group).expect("the target's group");
                let runs_here = group.regions.is_empty() || group.regions.iter().any(|name| Some(&**name) == region);
                assert_eq!(placement.is_enabled, runs_here, "{} in {region:?}", target.group);
            }
        }
    }
    for (placements, sizes) in by_placements {
        let (last, full) = sizes.split_last().expect("a rule");
        assert!(full.iter().all(|size| *size == MAX_TARGETS) && *last > 0, "{placements}: {sizes:?}");
    }
    for attribute in &schedule.mapping {
        assert!(attribute.name.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(attribute.values.iter().any(|value| *value != attribute.values[0]), "{attribute:?}");
        assert_eq!(schedule.mapping.iter().filter(|other| other.name == attribute.name).count(), 1);
        assert_eq!(schedule.mapping.iter().filter(|other| other.values == attribute.values).count(), 1);
    }
}

#[test]
fn rules_hold_every_target_once_five_at_most_and_say_what_differs_by_region() {
    for_all(CONFIGURATIONS, || any_config(12, 5), |config| check_rules(&config));
}

#[test]
fn a_group_that_is_added_at_the_end_changes_nothing_but_rules_that_have_room() {
    for_all(
        CONFIGURATIONS,
        || any_config(12, 5).prop_filter("two groups", |config| config.groups.len() > 1),
        |config| {
            let after = Schedule::of(&config).expect("a schedule");
            let mut shorter = config.clone();
            shorter.groups.pop();
            let before = Schedule::of(&shorter).expect("a schedule");
            if before.regions != after.regions {
                return;
            }
            for (old, new) in before.rules.iter().zip(&after.rules) {
                assert_eq!((&old.name, &old.placements), (&new.name, &new.placements));
                assert!(new.targets.starts_with(&old.targets), "{old:?} {new:?}");
            }
            assert!(after.mapping.starts_with(&before.mapping));
            assert_eq!(Schedule::of(&config), Ok(after), "the same configuration makes the same rules");
        },
    );
}

fn names(schedule: &Schedule) -> Vec<(&str, Vec<String>)> {
    let target = |target: &sentrynet::cli::deployment::Target| format!("{} {}", target.group, target.every.as_secs());
    schedule.rules.iter().map(|rule| (&*rule.name, rule.targets.iter().map(target).collect())).collect()
}

#[test]
fn targets_that_fire_alike_share_a_rule_that_is_named_after_the_first_period() {
    let (here, there) = ("eu-west-1", "us-east-1");
    let groups = vec![
        group("a", &[], Spread::Stagger, &[60, 300, 60]),
        group("b", &[], Spread::Together, &[10, 300]),
        group("c", &[there], Spread::Stagger, &[300]),
        group("d", &[], Spread::RoundRobin, &[60]),
        group("e", &[], Spread::Stagger, &[300]),
    ];
    let schedule = Schedule::of(&config(&[here, there], groups)).expect("a schedule");
    assert_eq!(
        names(&schedule),
        [
            ("Every60", vec!["a 60".to_owned(), "b 10".to_owned()]),
            ("Every300", vec!["a 300".to_owned(), "e 300".to_owned()]),
            ("Every300B", vec!["b 300".to_owned()]),
            ("Every300C", vec!["c 300".to_owned()]),
            ("Every60B", vec!["d 60".to_owned()]),
        ]
    );
    let mapping: Vec<_> = schedule.mapping.iter().map(|one| (&*one.name, one.values.join(" | "))).collect();
    assert_eq!(
        mapping,
        [
            ("Every300Expression", "cron(0/5 * * * ? *) | cron(2/5 * * * ? *)".to_owned()),
            ("Every300CState", "DISABLED | ENABLED".to_owned()),
            ("Every60BExpression", "cron(0/2 * * * ? *) | cron(1/2 * * * ? *)".to_owned()),
        ]
    );
}

#[test]
fn more_rules_than_aws_takes_are_an_error_that_says_what_to_do() {
    // Whole days all fire at midnight.
    let many = |count: u64| {
        let of = |number| group(&format!("g-{number}"), &[], Spread::Together, &[86_400 * (1 + number % 30)]);
        config(&["eu-west-1", "us-east-1"], (0..count).map(of).collect())
    };
    let full = Schedule::of(&many(1500)).expect("1500 targets in 300 rules");
    assert_eq!((full.rules.len(), full.mapping.len()), (300, 0));
    assert_eq!(full.rules.last().map(|rule| rule.name.as_str()), Some("Every2246400AX"));
    let error = Schedule::of(&many(1501)).expect_err("too many");
    assert_eq!(error, ScheduleError::TooManyRules { rules: 301 });
    let text = error.to_string();
    assert!(text.contains("301 rules") && text.contains("300") && text.contains("share a rule"), "{text}");
}

#[test]
fn more_differences_between_regions_than_a_template_takes_are_an_error_that_says_what_to_do() {
    // Whatever order a group names its regions in, their phases follow.
    let regions = ["eu-west-1", "us-east-1", "ap-southeast-2", "sa-east-1", "af-south-1"];
    let mut orders: Vec<Vec<&str>> = vec![Vec::new()];
    for _ in regions {
        let longer = |order: Vec<&'static str>| {
            let rest: Vec<_> = regions.into_iter().filter(|region| !order.contains(region)).collect();
            rest.into_iter().map(move |region| [&order[..], &[region]].concat())
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    let many = |count: usize| {
        let periods = [600, 900, 1800].into_iter();
        let kinds = periods.flat_map(|every| orders.iter().map(move |order| (every, order))).take(count).enumerate();
        let groups =
            kinds.map(|(number, (every, order))| group(&format!("g-{number}"), order, Spread::Stagger, &[every]));
        config(&regions, groups.collect())
    };
    let full = Schedule::of(&many(200)).expect("200 differences");
    assert_eq!((full.rules.len(), full.mapping.len()), (200, 200));
    let error = Schedule::of(&many(201)).expect_err("too many");
    assert_eq!(error, ScheduleError::TooManyAttributes { attributes: 201 });
    let text = error.to_string();
    assert!(text.contains("201") && text.contains("200") && text.contains("two stacks"), "{text}");
}
