//! When probes run: `every`, regions and spread → ticks, and the rules of EventBridge that fire for them. Pure functions;
//! the clock is an argument.
//!
//! A [`Cadence`] is what `every` comes to in one region: ticks at `phase + k * period`. A [`Cron`] fires in every minute
//! that holds a tick of it (and maybe in more: the function picks what is due). A [`Schedule`] is all rules of a
//! configuration: one target for every (group, `every`), up to [`MAX_TARGETS`] a rule. A [`Calendar`] is the ticks to come, a
//! [`Bill`] what a month of them costs; a [`Plan`] shows all of it. The SAM [`template`] brings it to AWS.

mod cadence;
mod ticks;

pub use cadence::Cadence;
pub use ticks::{Start, Ticks, ticks};
