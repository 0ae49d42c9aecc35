//! `sentrynet run`: one pass over the groups, now.

mod page;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use time::OffsetDateTime;

use super::undelivered::Undelivered;
use super::{ConfigArgument, Exit, heard, load, progress};
use crate::config::{Config, Group, Probe};
use crate::invocation::{Overrides, Progress, Runner, jobs_now};
use crate::net::{Network, Resolver};
use crate::payload::Payload;
use crate::report::terminal::{Glyphs, Shown, Terminal};
use crate::telemetry::{Mode, Telemetry};
use page::{Kept, Page};

/// What to run, and where results go.
#[derive(Args, Debug)]
pub(super) struct RunArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Run only this group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Run only the probes with this title.
    #[arg(long, value_name = "TITLE")]
    probe: Option<String>,
    /// Run only the probes with this tag; of several, all have to fit.
    #[arg(long, value_name = "TAG=VALUE", value_parser = tag)]
    filter: Vec<(String, String)>,
    /// Where this runs from, for the tag `location` [default: the AWS region, if there is one].
    #[arg(long, value_name = "NAME")]
    location: Option<String>,
    /// The Sentry project that results go to; wins over SENTRY_DSN and the configuration.
    #[arg(long, value_name = "DSN")]
    dsn: Option<String>,
    /// Print one line of JSON for each group; what people read goes to standard error.
    #[arg(long)]
    json: bool,
    /// Show every phase of every run on a line of its own, with its start and length.
    #[arg(long)]
    phases: bool,
    /// Show only what is not well; nothing at all if everything is.
    #[arg(long, short)]
    quiet: bool,
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
        // It lists titles and tags, which may hold secrets.
        Err(why) => return refuse(err, &config.redactor.text(&why)),
    };
    let undelivered = Undelivered::on_terminal();
    let command = arguments.resend();
    let mut overrides = Overrides::from_env();
    overrides.dsn = arguments.dsn.or(overrides.dsn);
    overrides.location = arguments.location.or(overrides.location);
    let mut runner = Runner::new(Network::new(Resolver::system()), overrides, Telemetry::init(Mode::Terminal));
    if let Some(undelivered) = undelivered.clone() {
        runner = runner.logging(move || Box::new(undelivered.clone()));
    }
    let started = Instant::now();
    let width = Terminal::columns();
    let line = (!arguments.quiet).then(|| width.unwrap_or(80));
    let runs = chosen.iter().flat_map(|(_, probes)| probes).map(|probe| probe.burst as usize).sum();
    let (mut exit, mut all) = (Exit::Fine, Vec::new());
    for (group, probes) in chosen {
        let now = OffsetDateTime::now_utc();
        let running = runner.run(&config, group, jobs_now(&probes, now), now, None);
        let name = config.redactor.text(&group.name).replace(char::is_control, " ");
        let label = || label(&name, &runner.progress(), runs);
        let finished = match progress::during(label, line, running).await {
            Ok(finished) => finished,
            Err(error) => return refuse(err, &error),
        };
        exit = exit.or(&finished);
        if arguments.json {
            heard(serde_json::to_string(&finished.summary).map_err(io::Error::from).and_then(|line| {
                writeln!(out, "{line}")?;
                out.flush()
            }))?;
        }
        all.push(finished);
    }
    // Standard output is the program's that reads JSON.
    let (people, glyphs): (&mut dyn Write, _) = match arguments.json {
        true => (err, Glyphs::of(&io::stderr())),
        false => (out, Glyphs::of(&io::stdout())),
    };
    let shown = if arguments.quiet { Shown::Troubles } else { Shown::Everything };
    let page = Page { width, glyphs, shown, has_phases: arguments.phases };
    let kept = undelivered.and_then(|undelivered| undelivered.kept());
    let kept = kept.map(|(file, envelopes)| Kept { command: format!("{command} < {file}"), file, envelopes });
    heard(page.show(people, &all, started.elapsed(), kept.as_ref(), &config.redactor))?;
    Ok(exit)
}

/// What is going on, on one line.
fn label(group: &str, progress: &Progress, runs: usize) -> String {
    match progress.posted() {
        0 => format!("running {group}: {} of {runs} runs done", progress.ended()),
        1 => format!("delivering 1 envelope of {group} to Sentry"),
        envelopes => format!("delivering {envelopes} envelopes of {group} to Sentry"),
    }
}

impl RunArguments {
    /// The command that delivers to where this one does.
    fn resend(&self) -> String {
        let mut command = "sentrynet resend".to_owned();
        let path = self.config.config.to_string_lossy();
        if path != ConfigArgument::USUAL {
            let is_plain = path.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c));
            let quoted = || format!("'{}'", path.replace('\'', "'\\''"));
            command = format!("{command} {}", if is_plain { path.to_string() } else { quoted() });
        }
        if self.dsn.is_some() {
            // Its key is not shown: the page may be.
            command += " --dsn DSN";
        }
        command
    }
}

fn refuse(err: &mut dyn Write, why: &dyn std::fmt::Display) -> io::Result<Exit> {
    writeln!(err, "{why}")?;
    Ok(Exit::Unusable)
}

/// A group, and which of its probes.
type Choice<'a> = (&'a Group, Vec<Arc<Probe>>);

/// The groups and probes that the arguments ask for.
fn choose<'a>(arguments: &RunArguments, config: &'a Config) -> Result<Vec<Choice<'a>>, String> {
    let mut payload = Payload {
        group: arguments.group.clone().unwrap_or_default(),
        firing: None,
        probe: arguments.probe.clone(),
        tags: arguments.filter.iter().cloned().collect(),
    };
    if arguments.group.is_some() {
        let known = || config.groups.iter().map(|group| group.name.as_str());
        let group = config.group(&payload.group).ok_or_else(|| payload.unknown_group(known()).to_string())?;
        return payload.select(group).map(|probes| vec![(group, probes)]).map_err(|error| error.to_string());
    }
    // A choice that fits no probe of one group may fit another's.
    let mut chosen = Vec::new();
    let mut why = Vec::new();
    for group in &config.groups {
        payload.group.clone_from(&group.name);
        match payload.select(group) {
            Ok(probes) => chosen.push((group, probes)),
            Err(error) => why.push(error.to_string()),
        }
    }
    if chosen.is_empty() { Err(why.join("\n")) } else { Ok(chosen) }
}
