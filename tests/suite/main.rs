//! Everything that is not a unit test, by feature: over real sockets and the real programs, judged by programs that no one
//! here wrote.

#[path = "../support/mod.rs"]
mod support;

mod cli {
    mod arguments;
    mod documents;
    mod run;
    mod screens;
    mod terminal;
}
mod config {
    mod parameters;
    mod problems;
    mod reading;
    mod schema;
    mod secrets;
}
mod delivery {
    mod envelopes;
    mod faults;
    mod limits;
    mod resend;
    mod retries;
}
mod deployment {
    mod changes;
    mod compile;
    mod deploy;
    mod push;
    mod push_asking;
    mod push_credentials;
    mod template;
}
mod diagnostics {
    mod snapshots;
    mod warnings;
}
mod faults;
mod function {
    mod errors;
    mod invocation;
    mod schedule;
    mod shutdown;
    mod summary;
    mod warm;
}
mod fuzz_corpus;
mod house;
mod net {
    mod dial;
    mod secure;
}
mod page {
    mod file;
    mod forms;
    mod report;
}
mod probes {
    mod failure_kinds;
    mod groups;
    mod http;
    mod interpolation;
    mod isolation;
    mod phases;
    mod recipes;
    mod retries;
    mod script;
    mod script_connections;
    mod stalls;
    mod tcp;
}
mod schedule {
    mod cron;
    mod plan;
    mod rules;
}
mod sentry {
    mod envelopes;
    mod receivers;
    mod spotlight;
}
mod watch {
    mod command;
    mod engine;
}
