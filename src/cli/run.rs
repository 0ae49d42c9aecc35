//! `sentrynet run`: one pass over the groups, now.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::{ConfigArgument, Exit, diagnostics, heard, load, progress};
use crate::config::{Config, Group, Probe, Redactor};
use crate::invocation::{Finished, Overrides, Runner, jobs_now};
use crate::net::{Network, Resolver};
use crate::outcome::Outcome;
use crate::payload::Payload;
use crate::report::history::History;
use crate::report::page::{PageError, PageFile};
use crate::report::terminal::{Glyphs, Terminal};
use crate::telemetry::{Mode, Telemetry};

/// What to run, and where results go.
#[derive(Args, Debug)]
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
    dsn: Option<String>,
    /// Print one line of JSON for each pass over a group; what people read goes to standard error.
    #[arg(long)]
    pub(super) json: bool,
    /// Write a page with the graph of response times, the issues and the traces of all runs to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl RunArguments {
    /// What the environment says, and the arguments, which win.
    pub(super) fn overrides(&self) -> Overrides {
        let mut overrides = Overrides::from_env();
        overrides.dsn = self.dsn.clone().or(overrides.dsn);
        overrides.location = self.location.clone().or(overrides.location);
        overrides
    }

    /// The page that is asked for; that it can be written is made sure of.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn page(&self) -> Result<Option<PageFile>, PageError> {
        self.html.as_deref().map(PageFile::new).transpose()
    }
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
    let load::Loaded { config, warnings } = match load::load(&arguments.config.config).await {
        Ok(loaded) => loaded,
        Err(problems) => {
            diagnostics::show(&problems, err)?;
            return Ok(Exit::Unusable);
        }
    };
    diagnostics::warn(&warnings, err)?;
    let chosen = match choose(&arguments, &config) {
        Ok(chosen) => chosen,
        // It lists titles and tags, which may hold secrets.
        Err(why) => return refuse(err, &config.redactor.text(&why)),
    };
    let mut page = match arguments.page() {
        Ok(page) => page,
        Err(error) => return refuse(err, &error),
    };
    let network = Network::new(Resolver::system());
    let runner = Runner::new(network, arguments.overrides(), Telemetry::init(Mode::Terminal));
    let view = View { is_json: arguments.json, width: Terminal::columns(), has_several: chosen.len() > 1 };
    let mut exit = Exit::Fine;
    let (mut outcomes, mut has_dsn) = (Vec::new(), false);
    let mut history = History::keeping(usize::MAX);
    for (index, (group, probes)) in chosen.into_iter().enumerate() {
        let now = OffsetDateTime::now_utc();
        let running = runner.run(&config, group, jobs_now(&probes, now), now, None);
        let finished =
            match progress::during(&view.label(group, probes.len(), &config.redactor), view.columns(), running).await {
                Ok(finished) => finished,
                Err(error) => return refuse(err, &error),
            };
        exit = exit.or(&finished);
        heard(view.print(out, err, index == 0, &finished, &config.redactor))?;
        if page.is_some() {
            finished.outcomes.iter().for_each(|outcome| history.add(outcome, &config.redactor));
        }
        outcomes.extend(finished.outcomes);
        has_dsn |= finished.delivered.is_some();
    }
    heard(view.end(out, err, &outcomes, has_dsn, &config.redactor))?;
    if let Some(page) = &mut page
        && let Err(error) = page.write(&history)
    {
        return refuse(err, &error).map(|unusable| exit.max(unusable));
    }
    Ok(exit)
}

/// How people see results.
struct View {
    /// Whether standard output is taken, so that they read standard error.
    is_json: bool,
    /// The terminal's width, if there is one.
    width: Option<usize>,
    /// Whether groups have to be told apart.
    has_several: bool,
}

impl View {
    fn columns(&self) -> usize {
        self.width.unwrap_or(80)
    }

    /// What is going on while a group runs.
    fn label(&self, group: &Group, probes: usize, redactor: &Redactor) -> String {
        let name: String = redactor.text(&group.name).chars().filter(|c| !c.is_control()).collect();
        format!("running {name}: {probes} probe{}", if probes == 1 { "" } else { "s" })
    }

    /// Prints what came of a group, for programs and for people.
    fn print(
        &self,
        out: &mut dyn Write,
        err: &mut dyn Write,
        is_first: bool,
        finished: &Finished,
        redactor: &Redactor,
    ) -> io::Result<()> {
        if self.is_json {
            writeln!(out, "{}", serde_json::to_string(&finished.summary)?)?;
            out.flush()?;
        }
        let people: &mut dyn Write = if self.is_json { err } else { out };
        if !is_first {
            writeln!(people)?;
        }
        self.show(people, finished, redactor)?;
        people.flush()
    }

    /// Ends what people read.
    fn end(
        &self,
        out: &mut dyn Write,
        err: &mut dyn Write,
        outcomes: &[Outcome],
        has_dsn: bool,
        redactor: &Redactor,
    ) -> io::Result<()> {
        let people: &mut dyn Write = if self.is_json { err } else { out };
        let terminal = self.terminal(redactor);
        terminal.recap(people, outcomes, self.has_several)?;
        if !has_dsn {
            terminal.nowhere(people)?;
        }
        people.flush()
    }

    fn terminal<'a>(&self, redactor: &'a Redactor) -> Terminal<'a> {
        let glyphs = if self.is_json { Glyphs::of(&io::stderr()) } else { Glyphs::of(&io::stdout()) };
        Terminal::new(self.width, redactor).with(glyphs)
    }

    /// Shows people what came of a group.
    fn show(&self, out: &mut dyn Write, finished: &Finished, redactor: &Redactor) -> io::Result<()> {
        let Finished { summary, outcomes, delivered } = finished;
        let terminal = self.terminal(redactor);
        if self.has_several {
            terminal.heading(out, &summary.group)?;
        }
        terminal.results(out, outcomes)?;
        terminal.summary(out, outcomes, Duration::from_secs_f64(summary.duration_ms / 1000.0), delivered.as_ref())
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
