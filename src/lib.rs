//! SentryNet watches services and puts what it sees into Sentry.
//!
//! Every run of a probe is a transaction whose child spans are the real network phases; every failure is an error
//! event in one issue per probe and cause. Data goes one way, through rooms that each know only the ones before them:
//!
//! ```text
//! payload ─► config ─► schedule ─► probe ─► outcome ─► report ─► summary
//!            (what)     (when)     (run)    (facts)    (Sentry)   (answer)
//! ```
//!
//! - [`payload`]: what an invocation is asked to do;
//! - [`config`]: text → typed, validated configuration, from a file or from SSM Parameter Store;
//! - [`schedule`]: `every` → ticks, and the rules of EventBridge that fire for them; pure functions;
//! - [`net`]: one clocked connection: name lookup, TCP, TLS, each with start, end and result;
//! - [`probe`]: one file a probe kind; keys, interpolation, assertions; running a group under a deadline;
//! - [`outcome`]: plain data, the contract between running and reporting;
//! - [`report`]: outcomes → envelopes, envelopes → Sentry, outcomes → terminal;
//! - [`summary`]: the answer of the function;
//! - [`invocation`]: the one path above, start to finish, used by the function, the CLI and the tests alike; the function
//!   itself, and what stands in for it where there is no Lambda: `invocation::watch`;
//! - [`moment`] and [`shutdown`]: what the sandbox does to time: it is frozen between invocations, and it ends.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
#[cfg(feature = "cli")]
pub mod demo;
pub mod invocation;
pub mod moment;
pub mod net;
pub mod outcome;
pub mod payload;
pub mod probe;
pub mod report;
pub mod schedule;
pub mod shutdown;
pub mod summary;
pub mod telemetry;
