//! When probes run: `every`, regions and spread → ticks. Pure functions; the clock is an argument.
//!
//! A [`Cadence`] is when the probes of a group with the same `every` are due in one region: at `phase + k * period`.

mod cadence;
mod ticks;

pub use cadence::Cadence;
pub use ticks::{Start, Ticks, ticks};
