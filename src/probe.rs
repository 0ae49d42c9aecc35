//! Running probes: one file a probe kind; keys, interpolation, assertions; running a group under a deadline.

pub mod interpolate;
mod keys;

pub use keys::Keys;
