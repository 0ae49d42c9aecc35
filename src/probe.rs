//! Running probes: one file a probe kind, what they share, and a group of them under a deadline.
//!
//! `http` and `script` are the kinds. Both make their requests through a `session`, write what they see to a
//! `recorder`, and leave an [`Outcome`](crate::outcome::Outcome). What went wrong is named in one place, `fault`.

mod context;
mod failure;
pub mod http;
pub mod json;
pub(crate) mod keys;
mod kind;
mod limits;
mod lints;
pub(crate) mod read;
mod recorder;
pub(crate) mod run;
mod scope;
pub mod script;

pub use context::{Context, Propagate};
pub use kind::{Check, Probe};
