//! The command line: see `sentrynet --help`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::process::ExitCode;

use clap::Parser as _;
use sentrynet::cli::Arguments;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    Arguments::parse().execute().await.into()
}
