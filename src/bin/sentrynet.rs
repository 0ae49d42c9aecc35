//! The command line: see `sentrynet --help`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::process::ExitCode;

use clap::Parser as _;
use sentrynet::cli::Arguments;
use sentrynet::event_loop;

fn main() -> std::io::Result<ExitCode> {
    Ok(event_loop::runtime()?.block_on(async { Arguments::parse().execute().await.into() }))
}
