//! `sentrynet plan`: shows what fires when, and what a month of it costs.

mod table;

use std::io;
use std::io::{BufWriter, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::arguments::{ConfigArgument, duration};
use crate::cli::deployment::{Calendar, Plan};
use crate::cli::exit::Exit;
use crate::cli::load;
use crate::cli::terminal::{Terminal, diagnostics};
use crate::outcome::rfc3339;
use crate::parameters::Partition;
use crate::runner::Overrides;

/// The name of the current region where the environment does not give it.
const HERE: &str = "here";

/// Show the rules that fire in each region, and what a month costs.
///
/// Runs nothing and looks up no secrets. Where the configuration names no regions, the plan is for the region in
/// AWS_REGION, or for "here".
#[derive(Args, Debug)]
#[command(after_help = "Environment:\n  AWS_REGION  the region, where the configuration names none\n\nExit codes:\n  \
    0  the configuration can be scheduled\n  2  it cannot, or an argument is invalid")]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the plan as one JSON object.
    #[arg(long, conflicts_with = "ticks")]
    json: bool,
    /// Print every tick within this duration (e.g. 2h), one line of JSON each.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    ticks: Option<Duration>,
    /// Start of the ticks (RFC 3339, e.g. 2026-11-20T10:00:00Z) [default: now].
    #[arg(long, value_name = "TIME", requires = "ticks", value_parser = time)]
    from: Option<OffsetDateTime>,
    /// Print the ticks of `sentrynet watch`, at which each probe has its own slot within its period, instead of the rules'.
    #[arg(long, requires = "ticks")]
    watch: bool,
}

fn time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text.trim(), &Rfc3339).map_err(|_| "write a time such as 2026-11-20T10:00:00Z".to_owned())
}

/// A line of `--ticks`.
#[derive(Serialize)]
struct Line<'a> {
    region: &'a str,
    group: &'a str,
    probe: &'a str,
    tick: String,
    rule: &'a str,
}

/// Shows the plan of a configuration, or its next ticks. Secrets are not looked up.
pub(crate) fn plan(arguments: &PlanArguments, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let Some(scheduled) = diagnostics::admit(load::scheduled(&arguments.config.config), err)? else {
        return Ok(Exit::InvalidInput);
    };
    let load::Scheduled { document, config, schedule, warnings } = &scheduled;
    diagnostics::warn(warnings, err)?;
    let location = Overrides::from_env().location;
    let current_region = location.as_deref().unwrap_or(HERE);
    let mut out = BufWriter::new(out);
    if let Some(window) = arguments.ticks {
        let from = arguments.from.unwrap_or_else(OffsetDateTime::now_utc);
        for entry in Calendar::new(config, schedule, from, window, arguments.watch) {
            let region = entry.region.unwrap_or(current_region);
            let line =
                Line { region, group: entry.group, probe: entry.probe, tick: rfc3339(entry.tick), rule: entry.rule };
            serde_json::to_writer(&mut out, &line)?;
            writeln!(out)?;
        }
    } else {
        // What is too large for Parameter Store can still be given to the function in a file.
        let partition = Partition::of(document).ok();
        let plan = Plan::of(config, schedule, current_region, partition.as_ref());
        if arguments.json {
            serde_json::to_writer(&mut out, &plan)?;
            writeln!(out)?;
        } else {
            let terminal = Terminal::new(Terminal::columns(), &config.redactor);
            table::show(&mut out, &terminal, &plan)?;
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}
