//! One file a command.

pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod demo;
pub(crate) mod plan;
pub(crate) mod push;
pub mod resend;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod watch;
