//! `sentrynet run`: one pass over the groups, now.

mod page;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::Args;
use time::OffsetDateTime;

use super::undelivered::Undelivered;
use super::{ConfigArgument, Exit, diagnostics, heard, load, progress};
use crate::config::{Config, Group, Probe, Redactor};
use crate::invocation::{Finished, Overrides, Runner, jobs_now};
use crate::net::{Network, Resolver};
use crate::outcome::Outcome;
use crate::payload::Payload;
use crate::probe::{Follower, Job};
use crate::report::history::History;
use crate::report::page::{PageError, PageFile};
use crate::report::terminal::{Glyphs, Shown, Terminal};
use crate::telemetry::{Mode, Telemetry};
use page::Page;

/// What to run, and where results go.
#[derive(Args, Clone, Debug)]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub(super) config: ConfigArgument,
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
    pub(super) dsn: Option<String>,
    /// Print one line of JSON for each pass over a group; what people read goes to standard error.
    #[arg(long)]
    pub(super) json: bool,
    /// Show only what is not well; nothing at all if everything is.
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Write a page with the graph of response times, the issues and the traces of all runs to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What to run once, and how it is shown.
#[derive(Args, Debug)]
pub(super) struct OnceArguments {
    #[command(flatten)]
    run: RunArguments,
    /// Show every phase of every run on a line of its own, with its start and length.
    #[arg(long)]
    phases: bool,
}

impl RunArguments {
    /// What the environment says, and the arguments, which win.
    pub(super) fn overrides(&self) -> Overrides {
        let mut overrides = Overrides::from_env();
        overrides.dsn = self.dsn.clone().or(overrides.dsn);
        overrides.location = self.location.clone().or(overrides.location);
        overrides
    }

    /// The file of the page that is asked for; that it can be written is made sure of.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn page_file(&self) -> Result<Option<PageFile>, PageError> {
        self.html.as_deref().map(PageFile::new).transpose()
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected TAG=VALUE, e.g. page=home")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs what the arguments ask for, and tells how it went.
pub(super) async fn run(
    arguments: OnceArguments,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let OnceArguments { run: arguments, phases } = arguments;
    let Some(load::Loaded { config, warnings }) = diagnostics::admit(load::load(&arguments.config.config).await, err)?
    else {
        return Ok(Exit::Unusable);
    };
    if !arguments.quiet {
        diagnostics::warn(&warnings, err)?;
    }
    let chosen = match choose(&arguments, &config) {
        Ok(chosen) => chosen,
        // It lists titles and tags, which may hold secrets.
        Err(why) => return refuse(err, &config.redactor.text(&why)),
    };
    let file = match arguments.page_file() {
        Ok(file) => file,
        Err(error) => return refuse(err, &error),
    };
    let network = Network::new(Resolver::system());
    let runner = Runner::new(network, arguments.overrides(), Telemetry::init(Mode::Terminal));
    let undelivered = Undelivered::on_terminal(runner.telemetry().aside());
    let runner = Undelivered::log(runner, undelivered.as_ref());
    let started = Instant::now();
    let width = Terminal::columns();
    let line = (!arguments.quiet).then(|| width.unwrap_or(80));
    let runs = chosen.iter().flat_map(|(_, probes)| probes).map(|probe| probe.burst as usize).sum::<usize>();
    let (mut exit, mut all) = (Exit::Fine, Vec::new());
    let ended = Arc::new(Ended::default());
    for (group, probes) in chosen {
        let now = OffsetDateTime::now_utc();
        let follow = |job| Job { follower: Some(ended.clone()), ..job };
        let jobs = jobs_now(&probes, now).into_iter().map(follow).collect();
        let running = runner.run(&config, group, jobs, now, None);
        let name = config.redactor.text(&group.name).replace(char::is_control, " ");
        let label = || match runner.posted().envelopes() {
            0 => format!("running {name}: {} of {runs} runs done", ended.0.load(Ordering::Relaxed)),
            1 => format!("delivering 1 envelope of {name} to Sentry"),
            envelopes => format!("delivering {envelopes} envelopes of {name} to Sentry"),
        };
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
    let page = Page { width, glyphs, shown, has_phases: phases };
    let kept = undelivered.and_then(|undelivered| undelivered.kept(&arguments));
    heard(page.show(people, &all, started.elapsed(), kept.as_ref(), &config.redactor))?;
    match file.map_or(Ok(()), |file| write(file, &all, &config.redactor)) {
        Ok(()) => Ok(exit),
        Err(error) => refuse(err, &error).map(|unusable| exit.max(unusable)),
    }
}

/// Writes the page of these runs.
fn write(mut file: PageFile, all: &[Finished], redactor: &Redactor) -> Result<(), PageError> {
    let mut history = History::keeping(usize::MAX);
    all.iter().flat_map(|finished| &finished.outcomes).for_each(|outcome| history.add(outcome, redactor));
    file.write(&history)
}

/// Counts the runs that are over.
#[derive(Debug, Default)]
struct Ended(AtomicUsize);

impl Follower for Ended {
    fn ended(&self, _: &Outcome) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

pub(super) fn refuse(err: &mut dyn Write, why: &dyn std::fmt::Display) -> io::Result<Exit> {
    writeln!(err, "{why}")?;
    Ok(Exit::Unusable)
}

/// A group, and which of its probes.
pub(super) type Choice<'a> = (&'a Group, Vec<Arc<Probe>>);

/// The groups and probes that the arguments ask for.
pub(super) fn choose<'a>(arguments: &RunArguments, config: &'a Config) -> Result<Vec<Choice<'a>>, String> {
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
