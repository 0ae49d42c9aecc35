//! `probes.script`: requests one after the other that share keys.

pub(crate) mod keys;
mod lints;
pub(crate) mod run;
mod settings;

pub use settings::Script;
