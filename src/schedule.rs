//! When probes run: `every`, regions and spread → ticks, and the rules of EventBridge that fire for them. Pure functions;
//! the clock is an argument.
//!
//! A [`Beat`] is what `every` comes to in one region: ticks at `phase + k * period`. A [`Cron`] fires in every minute
//! that holds a tick of it (and maybe in more: the function picks what is due). A [`Schedule`] is all rules of a
//! configuration: one target for every (group, `every`), up to [`MOST_TARGETS`] a rule. A [`Calendar`] is the ticks to come, a
//! [`Bill`] what a month of them costs; a [`Plan`] shows all of it. The SAM [`template`] brings it to AWS.

mod beat;
mod bill;
mod calendar;
mod cron;
#[cfg(feature = "cli")]
mod longest;
mod plan;
mod rules;
#[cfg(feature = "cli")]
mod template;
mod ticks;
mod usage;

pub use beat::Beat;
pub use bill::{Bill, FAILURES, Item, PRICES, Price, Vendor};
pub use calendar::{Calendar, Entry};
pub use cron::Cron;
#[cfg(feature = "cli")]
pub use longest::Longest;
pub use plan::{Plan, PlannedBeat, PlannedItem, PlannedRegion, PlannedRule, PlannedTarget, Totals};
pub use rules::{
    Attribute, MOST_ATTRIBUTES, MOST_RULES, MOST_TARGETS, Placement, Rule, Schedule, ScheduleError, Setting, Target,
};
#[cfg(feature = "cli")]
pub use template::template;
pub use ticks::{Start, Ticks, ticks};
pub use usage::{OVERHEAD, RUN, Usage};
