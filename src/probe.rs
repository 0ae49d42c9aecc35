//! Running probes: one file a probe kind, what they share, and a group of them under a deadline.
//!
//! `http` and `script` are the kinds. Both make their requests through a `session`, write what they see to a
//! `recorder`, and leave an [`Outcome`](crate::outcome::Outcome). What went wrong is named in one place, `fault`.

pub mod assertion;
mod chain;
pub mod content;
mod fault;
mod group;
mod http;
pub mod interpolate;
mod keys;
mod phases;
pub mod query;
mod recorder;
mod run;
mod script;
mod session;
mod words;

pub use group::{Follower, Job, run_group};
pub use keys::Keys;
pub use run::{Context, Propagate};
