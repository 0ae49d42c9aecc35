//! The command line around the library: one file a command.

mod check;
mod demo;
mod load;
mod run;
mod schema;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::invocation::Finished;

/// Uptime and responsivity monitoring that reports to your Sentry.
#[derive(Debug, Parser)]
#[command(name = "sentrynet", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Validate a configuration.
    Check(ConfigArgument),
    /// Run every probe once, now.
    Run(run::RunArguments),
    /// Print the JSON Schema of the configuration, for editors.
    Schema,
    /// Show the whole thing on loopback: targets, a Sentry, results. No account, no network.
    Demo,
}

/// Which configuration.
#[derive(Args, Clone, Debug)]
struct ConfigArgument {
    /// The configuration file.
    #[arg(default_value = "config/sentrynet.yaml")]
    config: PathBuf,
}

/// How a command ended: the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: all is well.
    Fine,
    /// 1: a probe failed.
    ProbeFailed,
    /// 2: the configuration or the arguments are not usable.
    Unusable,
    /// 3: results could not be delivered.
    NotDelivered,
}

impl Exit {
    /// This, or what `finished` makes worse.
    fn or(self, finished: &Finished) -> Self {
        let summary = &finished.summary;
        let other = match (summary.delivery.lost, summary.failed) {
            (0, 0) => Self::Fine,
            (0, _) => Self::ProbeFailed,
            _ => Self::NotDelivered,
        };
        self.max(other)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::ProbeFailed => 1,
            Exit::Unusable => 2,
            Exit::NotDelivered => 3,
        })
    }
}

impl Arguments {
    /// Does what the arguments ask for.
    pub async fn execute(self) -> Exit {
        let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
        let done = match self.command {
            Command::Check(argument) => check::check(&argument.config, &mut out, &mut err),
            Command::Run(arguments) => run::run(arguments, &mut out, &mut err).await,
            Command::Schema => schema::schema(&mut out),
            Command::Demo => demo::demo(&mut out, &mut err).await,
        };
        // Whoever reads may leave early, as in `sentrynet schema | head`: that is no fault of the probes.
        done.unwrap_or(Exit::Fine)
    }
}
