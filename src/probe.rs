//! The kinds of probe and what they share: reading one from a configuration, and running it.
//!
//! A kind is a folder and a row in `kind`: its keys, its settings, how these are read and run, what it warns of. It connects
//! through [`net`](crate::net), writes what happens in a run to a `recorder`, and leaves an
//! [`Outcome`](crate::outcome::Outcome). Timestamps become phases in `phases`; what ended a connection is named in `failure`.

mod attempt;
#[cfg_attr(not(test), expect(dead_code, reason = "until there is a kind of probe that is not HTTP"))]
mod connection;
mod context;
pub(crate) mod contract;
mod failure;
pub mod http;
pub mod json;
pub(crate) mod keys;
pub(crate) mod kind;
mod limits;
pub(crate) mod lints;
mod phases;
pub(crate) mod read;
mod recorder;
pub(crate) mod run;
mod scope;
pub mod script;
pub mod tcp;

pub use context::{Context, Propagate};
pub use kind::{Check, Probe};
