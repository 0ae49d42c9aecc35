//! What is deployed to AWS: the schedule as EventBridge's rules, what it costs, and the SAM template of both.

mod bill;
mod calendar;
mod cron;
mod plan;
mod rules;
mod sam_template;
mod usage;
mod worst_case;

pub use bill::{Bill, FAILURES, Item, PRICES, Price, Vendor};
pub use calendar::{Calendar, Entry};
pub use cron::Cron;
pub use plan::{Plan, PlannedCadence, PlannedItem, PlannedRegion, PlannedRule, PlannedTarget, Totals};
pub use rules::{
    Attribute, MAX_ATTRIBUTES, MAX_RULES, MAX_TARGETS, Placement, Rule, Schedule, ScheduleError, Setting, Target,
};
pub use sam_template::template;
pub use usage::{OVERHEAD, RUN, Usage};
pub use worst_case::WorstCase;
