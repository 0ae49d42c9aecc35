//! Running probes: one folder a probe kind, and what the kinds share.
//!
//! A kind connects through [`net`](crate::net), writes what it sees to a `recorder`, and leaves an
//! [`Outcome`](crate::outcome::Outcome). Timestamps become phases in `phases`; what ended a connection is named in `failure`.

#[cfg_attr(not(test), expect(dead_code, reason = "until there is a kind of probe that is not HTTP"))]
mod connection;
mod context;
mod failure;
pub mod http;
pub mod json;
pub(crate) mod keys;
mod kind;
mod limits;
mod lints;
mod phases;
pub(crate) mod read;
mod recorder;
pub(crate) mod run;
mod scope;
pub mod script;

pub use context::{Context, Propagate};
pub use kind::{Check, Probe};
