//! When probes run: `every` → ticks. Pure functions; the clock is an argument.

mod ticks;

pub use ticks::{Start, Ticks, ticks};
