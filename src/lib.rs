//! SentryNet watches services and puts what it sees into Sentry.
//!
//! Every run of a probe is a transaction whose child spans are the real network phases; every failure is an error
//! event in one issue per probe and cause. Data goes one way:
//!
//! ```text
//! payload ─► config ─► schedule ─► probe ─► outcome ─► sentry ─► summary
//!            (what)     (when)     (run)    (facts)    (report)  (answer)
//! ```
//!
//! The crate is a house of rooms. A room knows only rooms below it, which a test asserts; from the top:
//!
//! - `cli`: everything that only the command line needs, behind the feature `cli`;
//! - [`runner`]: the one path above, start to finish: a group under a deadline, the function, its payload and summary, `watch`;
//! - [`telemetry`]: SentryNet's own log, and what of it goes to Sentry;
//! - [`parameters`]: SSM Parameter Store, and the other places a configuration comes from;
//! - [`schedule`]: `every` → cadence → ticks; pure functions;
//! - [`sentry`]: outcomes → envelopes (pure), envelopes → Sentry (delivery);
//! - [`config`]: the keys of file and group, and what a whole configuration is;
//! - [`probe`]: the kinds of probe, one folder and one row each, and what they share;
//! - [`schema`]: shapes of values, and how documents are held against them;
//! - `yaml`: text → nodes with positions;
//! - [`template`]: Python's format strings, and the variables in them;
//! - [`net`]: one clocked connection: name lookup, TCP, TLS, HTTP;
//! - [`outcome`]: what a run leaves: plain data;
//! - [`diagnostics`]: what is wrong with a text, and where;
//! - [`secrets`]: what must not be seen;
//! - [`event_loop`], [`clock`], [`shutdown`], `wording`: how long the loop left what was ready waiting; time in a sandbox that
//!   is frozen and ends; numbers and lists for people.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod config;
pub mod diagnostics;
pub mod event_loop;
pub mod net;
pub mod outcome;
pub mod parameters;
pub mod probe;
pub mod runner;
pub mod schedule;
pub mod schema;
pub mod secrets;
pub mod sentry;
pub mod shutdown;
pub mod telemetry;
pub mod template;
mod wording;
mod yaml;
