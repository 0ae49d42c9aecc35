//! The rules of a configuration: one target for every (group, `every`), and which targets share a rule.

use std::collections::HashMap;
use std::time::Duration;

use super::cron::Cron;
use crate::config::{Config, Group};
use crate::schedule::Cadence;

/// How many targets a rule may have: a quota of EventBridge that cannot be raised.
pub const MAX_TARGETS: usize = 5;

/// How many rules an event bus may have, including disabled ones: EventBridge's quota per account and region.
pub const MAX_RULES: usize = 300;

/// How many attributes a mapping of CloudFormation may have.
pub const MAX_ATTRIBUTES: usize = 200;

/// All rules of a configuration. They are the same in every region, except for what is in [`Schedule::mapping`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The regions, in the configuration's order. Empty: the current region, whichever that is.
    pub regions: Vec<String>,
    /// The rules, in the order of their first targets.
    pub rules: Vec<Rule>,
    /// What differs from region to region.
    pub mapping: Vec<Attribute>,
}

/// A rule: targets that fire at the same times in every region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The logical name: unique, letters and digits. It is derived from the period of the first target, as in `Every60`, with
    /// a letter appended where several rules have the same period, and does not change when groups are added at the end.
    pub name: String,
    /// When it fires in each region of the schedule, in their order; one entry for the current region if there are none.
    pub placements: Vec<Placement>,
    /// The cron expression, the same or by region.
    pub expression: Setting,
    /// `ENABLED` or `DISABLED`, the same or by region.
    pub state: Setting,
    /// What it invokes the function for: at most [`MAX_TARGETS`].
    pub targets: Vec<Target>,
}

/// A rule in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placement {
    /// When it fires.
    pub expression: Cron,
    /// Whether it fires at all: not in regions where its groups do not run.
    pub is_enabled: bool,
}

impl Placement {
    /// As EventBridge writes it.
    pub const fn state(self) -> &'static str {
        if self.is_enabled { "ENABLED" } else { "DISABLED" }
    }
}

/// A property of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The same value in every region.
    Same(String),
    /// The name of the attribute of [`Schedule::mapping`] that holds the value for each region.
    ByRegion(String),
}

/// What differs from region to region: an attribute of the template's mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Unique, letters and digits. Derived from the first rule that uses it.
    pub name: String,
    /// The value for each region of the schedule, in their order.
    pub values: Vec<String>,
}

/// What a rule invokes the function for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The group's name.
    pub group: String,
    /// The period of the probes: whole seconds.
    pub every: Duration,
}

/// Why a configuration cannot be scheduled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// More rules than EventBridge allows.
    #[error(
        "the configuration needs {rules} rules, and EventBridge allows {MAX_RULES} per region, including disabled ones: \
         give groups the same `every`, `spread` and `regions`, so that {MAX_TARGETS} of them share a rule, or split the \
         configuration into several stacks, each in its own account"
    )]
    TooManyRules {
        /// How many there would be.
        rules: usize,
    },
    /// More differences between regions than a template's mapping may have.
    #[error(
        "the rules differ between regions in {attributes} values, and a template may have {MAX_ATTRIBUTES}: give \
         groups the same `every`, `spread` and `regions`, or `spread: together`, or split the configuration into two stacks"
    )]
    TooManyAttributes {
        /// How many there would be.
        attributes: usize,
    },
}

impl Schedule {
    /// The rules of a configuration. The same configuration makes the same rules.
    ///
    /// # Errors
    ///
    /// AWS does not allow that many rules, or differences between regions.
    pub fn of(config: &Config) -> Result<Self, ScheduleError> {
        let mut schedule = Self { regions: regions(config), rules: Vec::new(), mapping: Vec::new() };
        let mut names = Names::default();
        // The last rule with these placements: the only one that may have room for another target.
        let mut open: HashMap<Vec<Placement>, usize> = HashMap::new();
        for (group, every) in targets(config) {
            let target = Target { group: group.name.clone(), every };
            let placements = schedule.placements(config, group, every);
            match open.get(&placements) {
                Some(index) if schedule.rules[*index].targets.len() < MAX_TARGETS => {
                    schedule.rules[*index].targets.push(target);
                }
                _ => {
                    open.insert(placements.clone(), schedule.rules.len());
                    let name = names.unique(&format!("Every{}", every.as_secs()));
                    schedule.add(name, placements, target);
                }
            }
        }
        match (schedule.rules.len(), schedule.mapping.len()) {
            (rules, _) if rules > MAX_RULES => Err(ScheduleError::TooManyRules { rules }),
            (_, attributes) if attributes > MAX_ATTRIBUTES => Err(ScheduleError::TooManyAttributes { attributes }),
            _ => Ok(schedule),
        }
    }

    /// The rule that fires for a group's probes of this period.
    pub fn rule(&self, group: &str, every: Duration) -> Option<&Rule> {
        let is_it = |target: &Target| target.group == group && target.every == every;
        self.rules.iter().find(|rule| rule.targets.iter().any(is_it))
    }

    /// The names of the regions; the current region has none.
    pub fn region_names(&self) -> impl Iterator<Item = Option<&str>> {
        let current = self.regions.is_empty().then_some(None);
        self.regions.iter().map(|region| Some(region.as_str())).chain(current)
    }

    fn placements(&self, config: &Config, group: &Group, every: Duration) -> Vec<Placement> {
        let place = |region| {
            let cadence = Cadence::of(config, group, every, region);
            // A disabled rule needs an expression, too.
            Placement { expression: Cron::of(cadence.unwrap_or(Cadence::alone(every))), is_enabled: cadence.is_some() }
        };
        self.region_names().map(place).collect()
    }

    fn add(&mut self, name: String, placements: Vec<Placement>, target: Target) {
        let expressions = placements.iter().map(|placement| placement.expression.to_string()).collect();
        let states = placements.iter().map(|placement| placement.state().to_owned()).collect();
        let expression = self.setting(&name, "Expression", expressions);
        let state = self.setting(&name, "State", states);
        self.rules.push(Rule { name, placements, expression, state, targets: vec![target] });
    }

    /// Rules whose values are the same share an attribute.
    fn setting(&mut self, rule: &str, what: &str, values: Vec<String>) -> Setting {
        if values.iter().all(|value| *value == values[0]) {
            return Setting::Same(values.into_iter().next().unwrap_or_default());
        }
        if let Some(known) = self.mapping.iter().find(|attribute| attribute.values == values) {
            return Setting::ByRegion(known.name.clone());
        }
        let name = format!("{rule}{what}");
        self.mapping.push(Attribute { name: name.clone(), values });
        Setting::ByRegion(name)
    }
}

/// The configuration's regions; where it names none, those that its groups name.
fn regions(config: &Config) -> Vec<String> {
    let mut regions = config.regions.clone();
    if regions.is_empty() {
        for region in config.groups.iter().flat_map(|group| &group.regions) {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
    }
    regions
}

/// Every group with every period of its probes, in the configuration's order.
fn targets(config: &Config) -> impl Iterator<Item = (&Group, Duration)> {
    config.groups.iter().flat_map(|group| {
        let mut periods: Vec<Duration> = Vec::new();
        for probe in &group.probes {
            if !periods.contains(&probe.every) {
                periods.push(probe.every);
            }
        }
        periods.into_iter().map(move |every| (group, every))
    })
}

/// The names given so far, and how often.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    /// `Every60`, then `Every60B`, `Every60C`, …, `Every60Z`, `Every60AA`, …
    fn unique(&mut self, name: &str) -> String {
        let count = self.0.entry(name.to_owned()).or_insert(0);
        *count += 1;
        if *count == 1 { name.to_owned() } else { format!("{name}{}", letters(*count)) }
    }
}

/// The number in letters: 1 is `A`, 26 is `Z`, 27 is `AA`.
fn letters(mut number: usize) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(char::from(b'A' + (number % 26) as u8));
        number /= 26;
    }
    letters.iter().rev().collect()
}
