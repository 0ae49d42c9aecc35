//! `sentrynet run`: one pass over the groups, now.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::{ConfigArgument, Exit, load};
use crate::config::{Config, Group, Probe, Redactor};
use crate::invocation::{Finished, Overrides, Runner, jobs_now};
use crate::net::{Network, Resolver};
use crate::payload::{Payload, PayloadError};
use crate::report::terminal::Terminal;
use crate::telemetry::{Mode, Telemetry};

/// What to run, and where results go.
#[derive(Args, Debug)]
pub(super) struct RunArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Only this group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Only the probes with this title.
    #[arg(long, value_name = "TITLE")]
    probe: Option<String>,
    /// Only the probes with this tag; may be given several times.
    #[arg(long, value_name = "TAG=VALUE", value_parser = tag)]
    filter: Vec<(String, String)>,
    /// Where this runs from, for the `location` tag; default: the AWS region of the environment.
    #[arg(long, value_name = "NAME")]
    location: Option<String>,
    /// Where results go; wins over SENTRY_DSN and the configuration.
    #[arg(long)]
    dsn: Option<String>,
    /// Print JSON lines, one summary a group; text for people goes to standard error.
    #[arg(long)]
    json: bool,
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected TAG=VALUE, e.g. page=home")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs what the arguments ask for, and tells how it went.
pub(super) async fn run(
    arguments: RunArguments,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let config = match load::load(&arguments.config.config).await {
        Ok(config) => config,
        Err(problems) => return refuse(err, &problems),
    };
    let chosen = match choose(&arguments, &config) {
        Ok(chosen) => chosen,
        Err(why) => return refuse(err, &why.without_secrets(&config.redactor)),
    };
    let mut overrides = Overrides::from_env();
    overrides.dsn = arguments.dsn.or(overrides.dsn);
    overrides.location = arguments.location.or(overrides.location);
    let runner = Runner::new(Network::new(Resolver::system()), overrides, Telemetry::init(Mode::Terminal));
    let mut exit = Exit::Fine;
    for (group, probes) in chosen {
        let now = OffsetDateTime::now_utc();
        let finished = match runner.run(&config, group, jobs_now(&probes, now), now, None).await {
            Ok(finished) => finished,
            Err(error) => return refuse(err, &error),
        };
        exit = exit.or(&finished);
        if arguments.json {
            writeln!(out, "{}", serde_json::to_string(&finished.summary)?)?;
        }
        show(if arguments.json { err } else { out }, &finished, &config.redactor)?;
    }
    Ok(exit)
}

fn refuse(err: &mut dyn Write, why: &dyn std::fmt::Display) -> io::Result<Exit> {
    writeln!(err, "{why}")?;
    Ok(Exit::Unusable)
}

/// Shows people what came of a group.
pub(super) fn show(out: &mut dyn Write, finished: &Finished, redactor: &Redactor) -> io::Result<()> {
    let Finished { summary, outcomes, delivered } = finished;
    let terminal = Terminal::new(Terminal::columns(), redactor);
    terminal.results(out, outcomes)?;
    terminal.summary(out, outcomes, Duration::from_secs_f64(summary.duration_ms / 1000.0), delivered.as_ref())
}

/// A group, and those of its probes that are to run.
type Chosen<'a> = (&'a Group, Vec<Arc<Probe>>);

/// The groups and probes that the arguments ask for.
fn choose<'a>(arguments: &RunArguments, config: &'a Config) -> Result<Vec<Chosen<'a>>, PayloadError> {
    let mut payload = Payload {
        group: arguments.group.clone().unwrap_or_default(),
        firing: None,
        probe: arguments.probe.clone(),
        tags: arguments.filter.iter().cloned().collect(),
    };
    if arguments.group.is_some() {
        let known = || config.groups.iter().map(|group| group.name.as_str());
        let group = config.group(&payload.group).ok_or_else(|| payload.unknown_group(known()))?;
        return payload.select(group).map(|probes| vec![(group, probes)]);
    }
    // A choice that fits no probe of one group may fit another's.
    let mut chosen = Vec::new();
    let mut why = None;
    for group in &config.groups {
        payload.group.clone_from(&group.name);
        match payload.select(group) {
            Ok(probes) => chosen.push((group, probes)),
            Err(error) => why = Some(error),
        }
    }
    match why {
        Some(why) if chosen.is_empty() => Err(why),
        _ => Ok(chosen),
    }
}
