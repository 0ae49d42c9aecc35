//! Everything that only the command line needs. Each command is a file in [`commands`]; the rest is what they share.

mod arguments;
pub mod commands;
mod dashboard;
pub mod demo;
pub mod deployment;
mod exit;
pub mod history;
mod load;
mod output;
pub mod page;
pub mod palette;
pub mod terminal;
mod undelivered;

use std::io::{BufReader, Write as _};

use clap::{Parser, Subcommand};

use self::arguments::{ENVIRONMENT, EXIT_CODES};
use self::commands::{check, compile, demo as demo_command, plan, push, resend, run, schema, watch};
use self::exit::Exit;
use self::output::is_broken_pipe;

/// Uptime and response time monitoring that reports to your Sentry.
#[derive(Debug, Parser)]
#[command(name = "sentrynet", version, arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = format!("{ENVIRONMENT}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What `--help` says of a command stands at its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArguments),
    Run(run::RunArguments),
    Watch(watch::WatchArguments),
    Plan(plan::PlanArguments),
    Compile(compile::CompileArguments),
    Push(push::PushArguments),
    Resend(resend::ResendArguments),
    Schema(schema::SchemaArguments),
    Demo(demo_command::DemoArguments),
}

impl Arguments {
    /// Runs the command.
    pub async fn execute(self) -> Exit {
        let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
        let done = match self.command {
            Command::Check(arguments) => check::check(&arguments, &mut out, &mut err),
            Command::Run(arguments) => run::run(arguments, &mut out, &mut err).await,
            Command::Watch(arguments) => watch::watch(arguments, &mut out, &mut err).await,
            Command::Plan(arguments) => plan::plan(&arguments, &mut out, &mut err),
            Command::Compile(arguments) => compile::compile(&arguments, &mut out, &mut err),
            Command::Push(arguments) => push::push(arguments, &mut out, &mut err).await,
            Command::Resend(arguments) => {
                let mut input = BufReader::new(std::io::stdin());
                resend::resend(arguments, &mut input, &mut out, &mut err).await
            }
            Command::Schema(_) => schema::schema(&mut out),
            Command::Demo(arguments) => demo_command::demo(arguments, &mut out, &mut err).await,
        };
        done.unwrap_or_else(|error| {
            // A reader may leave early, as in `sentrynet schema | head`.
            if is_broken_pipe(&error) {
                return Exit::Success;
            }
            let _ = writeln!(err, "cannot write the output: {error}");
            Exit::InvalidInput
        })
    }
}
