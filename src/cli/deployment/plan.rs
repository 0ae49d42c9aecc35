//! The plan: a schedule with what it uses and costs in a month.

use serde::Serialize;

use super::bill::{Bill, Item, Vendor};
use super::rules::Schedule;
use super::usage::Usage;
use crate::config::{Config, Document, Group};
use crate::parameters::{Partition, STANDARD_TIER};
use crate::schedule::Cadence;

/// A schedule with its monthly figures, as `sentrynet plan --json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The regions.
    pub regions: Vec<String>,
    /// The rules.
    pub rules: Vec<PlannedRule>,
    /// What a month costs, by price.
    pub bill: Vec<PlannedItem>,
    /// Totals of all rules in all regions.
    pub totals: Totals,
}

/// A rule with its monthly figures.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedRule {
    /// The logical name.
    pub name: String,
    /// What it invokes the function for.
    pub targets: Vec<PlannedTarget>,
    /// What it does in each region.
    pub regions: Vec<PlannedRegion>,
}

/// A target of a rule.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedTarget {
    /// The group's name.
    pub group: String,
    /// The period in seconds.
    pub every: u64,
    /// How many probes of the group have this period.
    pub probes: usize,
}

/// A rule in a region.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedRegion {
    /// The region.
    pub region: String,
    /// When it fires.
    pub expression: String,
    /// `ENABLED` or `DISABLED`.
    pub state: &'static str,
    /// When the probes of each target are due, in the order of the targets; empty if the rule is disabled.
    #[serde(rename = "beats")]
    pub cadences: Vec<PlannedCadence>,
    /// How often it fires.
    pub firings_a_day: u32,
    /// How many runs it causes.
    pub runs_a_month: f64,
    /// What that costs, without SSM parameters.
    pub dollars_a_month: f64,
}

/// Ticks at `phase + k * period` since the Unix epoch, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "those of `Cadence`")]
pub struct PlannedCadence {
    pub period: u64,
    pub phase: u64,
}

/// A line of the bill, see [`Item`] and [`Price`](super::Price).
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "those of `Item` and `Price`")]
pub struct PlannedItem {
    pub vendor: &'static str,
    pub what: &'static str,
    pub amount: f64,
    pub unit: &'static str,
    pub price: f64,
    pub per: f64,
    pub listed: &'static str,
    pub year: u16,
    pub source: &'static str,
    pub dollars: f64,
}

/// Totals of a month.
#[derive(Clone, Debug, Serialize)]
pub struct Totals {
    /// Rules in each region.
    pub rules: usize,
    /// Invocations of the function in all regions.
    pub invocations_a_month: f64,
    /// How long the function runs in all regions, in seconds.
    pub seconds_a_month: f64,
    /// Runs of probes in all regions.
    pub runs_a_month: f64,
    /// Spans of these runs.
    pub spans_a_month: f64,
    /// Dollars for AWS.
    pub aws_dollars_a_month: f64,
    /// Dollars for Sentry.
    pub sentry_dollars_a_month: f64,
    /// Dollars.
    pub dollars_a_month: f64,
}

impl Plan {
    /// The plan of a configuration. `current_region` is the name of the region where the configuration names none; `partition` holds
    /// the configuration's parameters, `None` if it does not fit into Parameter Store.
    pub fn of(config: &Config, schedule: &Schedule, current_region: &str, partition: Option<&Partition>) -> Self {
        let name = |region: Option<&str>| region.unwrap_or(current_region).to_owned();
        let mut used = Usage::default();
        let rules = schedule.rules.iter().map(|rule| {
            let targets =
                || rule.targets.iter().filter_map(|target| Some((config.group(&target.group)?, target.every)));
            let regions = schedule.region_names().zip(&rule.placements).map(|(region, placement)| {
                let mut cadences = Vec::new();
                let mut usage = Usage::default();
                for (group, every) in targets() {
                    let Some(cadence) = Cadence::of(config, group, every, region) else { continue };
                    cadences.push(PlannedCadence { period: cadence.period.as_secs(), phase: cadence.phase.as_secs() });
                    usage += Usage::of(group, every, cadence, placement.expression);
                }
                used += usage;
                PlannedRegion {
                    region: name(region),
                    expression: placement.expression.to_string(),
                    state: placement.state(),
                    cadences,
                    firings_a_day: if placement.is_enabled { placement.expression.firings_a_day() } else { 0 },
                    runs_a_month: usage.runs,
                    dollars_a_month: Bill::of(&usage).total(),
                }
            });
            let planned = |(group, every): (&Group, std::time::Duration)| PlannedTarget {
                group: group.name.clone(),
                every: every.as_secs(),
                probes: group.probes.iter().filter(|probe| probe.every == every).count(),
            };
            PlannedRule {
                name: rule.name.clone(),
                regions: regions.collect(),
                targets: targets().map(planned).collect(),
            }
        });
        let rules: Vec<PlannedRule> = rules.collect();
        used += partition.map(|partition| advanced_parameters(config, schedule, partition)).unwrap_or_default();
        used += (0..schedule.region_names().count())
            .map(|region| Usage::of_alarms(schedule.rules.iter().any(|rule| rule.placements[region].is_enabled)))
            .sum();
        let bill = Bill::of(&used);
        Self {
            regions: schedule.region_names().map(name).collect(),
            totals: Totals {
                rules: rules.len(),
                invocations_a_month: used.invocations,
                seconds_a_month: used.seconds,
                runs_a_month: used.runs,
                spans_a_month: used.spans,
                aws_dollars_a_month: bill.total_of(Vendor::Aws),
                sentry_dollars_a_month: bill.total_of(Vendor::Sentry),
                dollars_a_month: bill.total(),
            },
            rules,
            bill: bill.items.iter().map(PlannedItem::from).collect(),
        }
    }
}

/// Parameters that are too large for the standard tier, in all regions: each is read by every invocation that needs it.
fn advanced_parameters(config: &Config, schedule: &Schedule, partition: &Partition) -> Usage {
    let is_large = |part: &Document| part.text().len() > STANDARD_TIER;
    let large: Vec<&str> =
        partition.groups.iter().filter(|(_, part)| is_large(part)).map(|(name, _)| name.as_str()).collect();
    let mut used = Usage::default();
    for region in schedule.region_names() {
        for group in &large {
            used += Usage::of_advanced_parameter(invocations(config, schedule, region, |name| name == *group));
        }
        if partition.settings.as_ref().is_some_and(is_large) {
            used += Usage::of_advanced_parameter(invocations(config, schedule, region, |_| true));
        }
    }
    used
}

/// How often the function is invoked in a region in a month for the groups with these names.
fn invocations(config: &Config, schedule: &Schedule, region: Option<&str>, is_one: impl Fn(&str) -> bool) -> f64 {
    let place = schedule.region_names().position(|name| name == region);
    let targets = schedule.rules.iter().flat_map(|rule| rule.targets.iter().map(move |target| (rule, target)));
    let usages = targets.filter(|(_, target)| is_one(&target.group)).filter_map(|(rule, target)| {
        let group = config.group(&target.group)?;
        let cadence = Cadence::of(config, group, target.every, region)?;
        Some(Usage::of(group, target.every, cadence, rule.placements[place?].expression))
    });
    usages.sum::<Usage>().invocations
}

impl From<&Item> for PlannedItem {
    fn from(item: &Item) -> Self {
        let price = item.price;
        Self {
            vendor: price.vendor.as_str(),
            what: price.what,
            amount: item.amount,
            unit: price.unit,
            price: price.dollars,
            per: price.per,
            listed: price.listed,
            year: price.year,
            source: price.source,
            dollars: item.dollars,
        }
    }
}
