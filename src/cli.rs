//! The command line around the library: one file a command.

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

use std::io::Write as _;

use clap::{Parser, Subcommand};

use self::commands::{check, compile, plan, push, resend, run, schema, watch};
use self::exit::Exit;
use self::output::has_left;

/// Every way to end.
const EXIT_CODES: &str = "\
Exit codes:
  0  all is well; slow is well, too
  1  a probe failed
  2  the configuration or the arguments cannot be used
  3  results could not be delivered to Sentry";

/// What the environment changes.
const ENVIRONMENT: &str = "\
Environment:
  SENTRY_DSN          where results go; --dsn wins over it
  SENTRY_ENVIRONMENT  as which environment; default: the configuration's
  SENTRY_RELEASE      as which release; default: SentryNet's own
  AWS_REGION          where this runs from; --location wins over it
  NO_COLOR            no colours
  CLICOLOR_FORCE      colours, also where there is no terminal";

/// Uptime and responsivity monitoring that reports to your Sentry.
#[derive(Debug, Parser)]
#[command(name = "sentrynet", version, arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = format!("{ENVIRONMENT}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge a configuration: say everything that is wrong with it, and where.
    ///
    /// Nothing is run, and secrets are not looked up. Warnings are about what can be used and is probably not meant.
    #[command(
        after_help = "Environment:\n  NO_COLOR  no colours\n\nExit codes:\n  0  the configuration can be used\n  \
        2  it cannot, or there are warnings (--strict)"
    )]
    Check(check::CheckArguments),
    /// Run probes now, show what came of them, and deliver it to Sentry.
    ///
    /// Every probe makes one burst, unless --group, --probe or --filter choose among them. Without a DSN results are
    /// shown and delivered nowhere. Envelopes that do not arrive are written to standard error, or, where that is a
    /// terminal, to a file here; `sentrynet resend` delivers them.
    #[command(after_help = format!("{ENVIRONMENT}\n\n{EXIT_CODES}"))]
    Run(run::OnceArguments),
    /// Run probes whenever they are due, until stopped: SentryNet without AWS.
    ///
    /// Takes the file anew when it changes, and with SIGHUP; where it is broken, what was read before stays. SIGTERM or
    /// Ctrl-C ends: what is out is finished and delivered; a second one ends at once. What could not be delivered is
    /// written to standard error then, or, where that is a terminal, to a file here. On a terminal this is a table that is
    /// kept up to date; `q` ends it like Ctrl-C.
    #[command(after_help = format!("{ENVIRONMENT}\n\nExit codes:\n  0  it was stopped\n  2  the configuration or the \
        arguments cannot be used"))]
    Watch(watch::WatchArguments),
    /// Show the rules that fire in each region, and what a month costs.
    ///
    /// Nothing is run, and secrets are not looked up. Where the configuration names no regions, the one at hand is called
    /// by the name in AWS_REGION, else "here".
    #[command(
        after_help = "Environment:\n  AWS_REGION  the region at hand\n\nExit codes:\n  0  the configuration can \
        be scheduled\n  2  it cannot, or the arguments cannot be used"
    )]
    Plan(plan::PlanArguments),
    /// Write the SAM template with the schedules in it.
    ///
    /// The same configuration makes the same template. Nothing is run, and secrets are not looked up.
    #[command(
        after_help = "Exit codes:\n  0  the template is what the configuration makes\n  1  it is stale (--check)\n  \
        2  the configuration cannot be scheduled, or the arguments cannot be used"
    )]
    Compile(compile::CompileArguments),
    /// Write the configuration to SSM Parameter Store, where the function reads it.
    ///
    /// Shows what would change in each region, and asks. Groups that are gone from the configuration are removed;
    /// parameters that are not SentryNet's are left alone. Secrets are not looked up: `{ssm: …}` and `{env: …}` are the
    /// function's to find. A group may have 8 KiB; over 4 KiB it needs SSM's advanced tier, which is paid for.
    #[command(
        after_help = "Environment:\n  AWS_…              credentials, profile and region, as for the AWS CLI\n  \
        SENTRY_DSN         the DSN; --dsn wins over it\n  SENTRYNET_PREFIX   the path; --prefix wins over it\n  \
        NO_COLOR           no colours\n\nExit codes:\n  0  everything is as it should be in every region\n  \
        2  the configuration or the arguments cannot be used\n  3  something was not written, be it that the answer was no"
    )]
    Push(push::PushArguments),
    /// Deliver the envelopes that a log on standard input holds.
    ///
    /// What the function or `run` could not deliver stands in their log in full, a line of JSON each; it may be wrapped
    /// as Lambda and CloudWatch do. Other lines are skipped, and an event that was logged twice is sent once. It changes
    /// nothing to deliver again what Sentry has. The configuration is read only where nothing else names the DSN.
    #[command(after_help = "Environment:\n  SENTRY_DSN  where envelopes go; --dsn wins over it\n\nExit codes:\n  \
        0  all were delivered\n  2  the DSN or the arguments cannot be used\n  3  some were not delivered")]
    Resend(resend::ResendArguments),
    /// Print the JSON Schema of the configuration, for editors.
    Schema,
    /// Show the whole thing on loopback: targets, a Sentry, results.
    ///
    /// Needs no account, no configuration and no network.
    Demo(commands::demo::DemoArguments),
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::ProbeFailed | Exit::Stale => 1,
            Exit::InvalidInput => 2,
            Exit::NotDelivered => 3,
        })
    }
}

impl Arguments {
    /// Does what the arguments ask for.
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
                let mut input = std::io::BufReader::new(std::io::stdin());
                resend::resend(arguments, &mut input, &mut out, &mut err).await
            }
            Command::Schema => schema::schema(&mut out),
            Command::Demo(arguments) => commands::demo::demo(arguments, &mut out, &mut err).await,
        };
        done.unwrap_or_else(|error| match has_left(&error) {
            // Whoever reads may leave early, as in `sentrynet schema | head`.
            true => Exit::Success,
            false => {
                let _ = writeln!(err, "this cannot be written: {error}");
                Exit::InvalidInput
            }
        })
    }
}
