//! `sentrynet plan`: what fires when, and what a month of it costs.

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

/// What the region at hand is called where nobody says its name.
const HERE: &str = "here";

/// What to show.
#[derive(Args, Debug)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print one object of JSON.
    #[arg(long, conflicts_with = "ticks")]
    json: bool,
    /// Print every tick to come within this time (e.g. 2h), as a line of JSON each.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    ticks: Option<Duration>,
    /// When the first ticks are to be (RFC 3339, e.g. 2026-11-20T10:00:00Z) [default: now].
    #[arg(long, value_name = "TIME", requires = "ticks", value_parser = time)]
    from: Option<OffsetDateTime>,
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

/// Shows the plan of a configuration, or its ticks to come. Secrets are not looked up.
pub(crate) fn plan(arguments: &PlanArguments, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let Some(scheduled) = diagnostics::admit(load::scheduled(&arguments.config.config), err)? else {
        return Ok(Exit::InvalidInput);
    };
    let load::Scheduled { document, config, schedule, warnings } = &scheduled;
    diagnostics::warn(warnings, err)?;
    let location = Overrides::from_env().location;
    let at_hand = location.as_deref().unwrap_or(HERE);
    let mut out = BufWriter::new(out);
    if let Some(window) = arguments.ticks {
        let from = arguments.from.unwrap_or_else(OffsetDateTime::now_utc);
        for entry in Calendar::new(config, schedule, from, window) {
            let region = entry.region.unwrap_or(at_hand);
            let line =
                Line { region, group: entry.group, probe: entry.probe, tick: rfc3339(entry.tick), rule: entry.rule };
            serde_json::to_writer(&mut out, &line)?;
            writeln!(out)?;
        }
    } else {
        // What cannot be pushed, the function can still have in a file.
        let parts = Partition::of(document).ok();
        let plan = Plan::of(config, schedule, at_hand, parts.as_ref());
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
