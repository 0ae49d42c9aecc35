//! `sentrynet run`: runs probes once, now.

mod summary;

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::Args;
use time::OffsetDateTime;

use self::summary::ResultView;
use crate::cli::arguments::{ENVIRONMENT, EXIT_CODES, ProbeArguments, choose};
use crate::cli::exit::Exit;
use crate::cli::history::History;
use crate::cli::load;
use crate::cli::output::{ignore_broken_pipe, refuse};
use crate::cli::page::{PageError, PageFile};
use crate::cli::terminal::{Glyphs, Shown, Terminal, diagnostics, progress};
use crate::cli::undelivered::Undelivered;
use crate::net::{Network, Resolver};
use crate::outcome::Outcome;
use crate::runner::{Finished, RunObserver, Runner, ScheduledRun, manual_runs};
use crate::secrets::Redactor;
use crate::telemetry::{Mode, Telemetry};
use crate::wording::counted;

/// Run probes now, show the results, and deliver them to Sentry.
///
/// Every probe makes one burst; --group, --probe and --filter choose among them. Without a DSN, results are shown and
/// delivered nowhere. Envelopes that cannot be delivered are written to standard error or, if that is a terminal, to a file
/// in the current directory; `sentrynet resend` delivers them later.
#[derive(Args, Debug)]
#[command(after_help = format!("{ENVIRONMENT}\n\n{EXIT_CODES}"))]
pub(crate) struct RunArguments {
    #[command(flatten)]
    run: ProbeArguments,
    /// Show every phase of every run on a line of its own, with its start and duration.
    #[arg(long)]
    phases: bool,
}

/// Runs the probes that the arguments choose, and shows the results.
pub(crate) async fn run(
    arguments: RunArguments,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let RunArguments { run: arguments, phases } = arguments;
    let Some(load::Loaded { config, warnings }) = diagnostics::admit(load::load(&arguments.config.config).await, err)?
    else {
        return Ok(Exit::InvalidInput);
    };
    if !arguments.quiet {
        diagnostics::warn(&warnings, err)?;
    }
    let chosen = match choose(&arguments, &config) {
        Ok(chosen) => chosen,
        // It lists titles and tags, which may hold secrets.
        Err(why) => return refuse(err, &config.redactor.text(&why)),
    };
    let report = match arguments.report_file() {
        Ok(report) => report,
        Err(error) => return refuse(err, &error),
    };
    let network = Network::new(Resolver::system());
    let runner = Runner::new(network, arguments.overrides(), Telemetry::init(Mode::Terminal));
    let undelivered = Undelivered::on_terminal(runner.telemetry().stderr());
    let runner = Undelivered::log(runner, undelivered.as_ref());
    let started = Instant::now();
    let width = Terminal::columns();
    let line = (!arguments.quiet).then(|| width.unwrap_or(80));
    let runs = chosen.iter().flat_map(|(_, probes)| probes).map(|probe| probe.burst as usize).sum::<usize>();
    let (mut exit, mut all) = (Exit::Success, Vec::new());
    let finished_runs = Arc::new(RunCounter::default());
    for (group, probes) in chosen {
        let now = OffsetDateTime::now_utc();
        let observed = |run| ScheduledRun { observer: Some(finished_runs.clone()), ..run };
        let scheduled = manual_runs(&probes, now).into_iter().map(observed).collect();
        let running = runner.run(&config, group, scheduled, now, None);
        let name = config.redactor.text(&group.name).replace(char::is_control, " ");
        let label = || match runner.in_flight().envelopes() {
            0 => format!("running {name}: {} of {runs} runs done", finished_runs.0.load(Ordering::Relaxed)),
            envelopes => format!("delivering {} of {name} to Sentry", counted(envelopes, "envelope")),
        };
        let finished = match progress::during(label, line, running).await {
            Ok(finished) => finished,
            Err(error) => return refuse(err, &error),
        };
        exit = exit.or(&finished);
        if arguments.json {
            ignore_broken_pipe(serde_json::to_string(&finished.summary).map_err(io::Error::from).and_then(|line| {
                writeln!(out, "{line}")?;
                out.flush()
            }))?;
        }
        all.push(finished);
    }
    // Standard output belongs to the program that reads the JSON.
    let (people, glyphs): (&mut dyn Write, _) = match arguments.json {
        true => (err, Glyphs::of(&io::stderr())),
        false => (out, Glyphs::of(&io::stdout())),
    };
    let shown = if arguments.quiet { Shown::Problems } else { Shown::Everything };
    let view = ResultView { width, glyphs, shown, has_phases: phases };
    let kept = undelivered.and_then(|undelivered| undelivered.kept(&arguments));
    ignore_broken_pipe(view.show(people, &all, started.elapsed(), kept.as_ref(), &config.redactor))?;
    match report.map_or(Ok(()), |file| write(file, &all, &config.redactor)) {
        Ok(()) => Ok(exit),
        Err(error) => refuse(err, &error).map(|unusable| exit.max(unusable)),
    }
}

/// Writes the HTML report of these runs.
fn write(mut file: PageFile, all: &[Finished], redactor: &Redactor) -> Result<(), PageError> {
    let mut history = History::keeping(usize::MAX);
    all.iter().flat_map(|finished| &finished.outcomes).for_each(|outcome| history.add(outcome, redactor));
    file.write(&history)
}

/// Counts the runs that have ended.
#[derive(Debug, Default)]
struct RunCounter(AtomicUsize);

impl RunObserver for RunCounter {
    fn ended(&self, _: &Outcome) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
