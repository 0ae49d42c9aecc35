//! `sentrynet demo`: shows SentryNet at work on loopback.

use std::io;
use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::demo;
use crate::cli::demo::received;
use crate::cli::exit::Exit;
use crate::cli::output::refuse;
use crate::cli::page::PageFile;
use crate::cli::terminal::{Glyphs, Part, Shown, Terminal};
use crate::secrets::Redactor;

/// Show SentryNet at work on loopback, with targets and a Sentry of its own.
///
/// Needs no account, no configuration and no network.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Write the HTML report to this file [default: a new one in the directory for temporary files].
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Do not open the HTML report in a browser.
    #[arg(long)]
    no_open: bool,
}

/// Runs the demo and shows what its Sentry received.
pub(crate) async fn demo(
    arguments: DemoArguments,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let path = arguments.html.map_or_else(temporary, Ok)?;
    let mut page = match PageFile::new(&path) {
        Ok(page) => page,
        Err(error) => return refuse(err, &error),
    };
    let demo = match demo::run().await {
        Ok(demo) => demo,
        Err(error) => return refuse(err, &error),
    };
    if let Err(error) = page.write(&demo.history) {
        return refuse(err, &error);
    }
    writeln!(out, "HTML report with response times, traces and issues: {}", page.url())?;
    if !arguments.no_open && has_desktop() && opener::open_browser(page.url()).is_err() {
        writeln!(err, "no browser could be opened")?;
    }
    let redactor = Redactor::default();
    let terminal = Terminal::new(Terminal::columns(), &redactor).with(Glyphs::of(&io::stdout()));
    terminal.section(out, "Targets, all on loopback")?;
    for line in demo.text.lines().map(|line| line.trim().trim_start_matches("- ")) {
        if line.starts_with("title:") || line.starts_with("url:") {
            writeln!(out, "  {line}")?;
        }
    }
    let runs = received::runs(&demo.received);
    terminal.section(out, "Transactions, as Sentry received them")?;
    terminal.waterfalls(out, &[Part { heading: None, outcomes: &runs }], Shown::Everything)?;
    let issues = received::issues(&demo.received);
    terminal.section(out, "Issues, as Sentry received them")?;
    for issue in &issues {
        writeln!(out, "  {} in {}", issue.kind, issue.transaction)?;
        writeln!(out, "    {}", issue.value)?;
        writeln!(out, "    trace {}", issue.trace_id)?;
    }
    terminal.section(out, "The function's answer")?;
    let finished = &demo.finished;
    let outcomes = &finished.outcomes;
    let duration = Duration::from_secs_f64(finished.summary.duration_ms / 1000.0);
    terminal.table(out, &[Part { heading: None, outcomes }], Shown::Everything)?;
    terminal.summary(out, outcomes, duration, finished.delivered.as_ref())?;
    writeln!(out, "\nTwo targets are broken on purpose: one is down, one has an expired certificate.")?;
    writeln!(out, "Next: write config/sentrynet.yaml, then `sentrynet check` and `sentrynet run`.")?;
    Ok(Exit::Success)
}

/// A new file that stays when the demo is over.
fn temporary() -> io::Result<PathBuf> {
    let file = tempfile::Builder::new().prefix("sentrynet-demo-").suffix(".html").tempfile()?;
    Ok(file.into_temp_path().keep()?)
}

/// Whether there is a desktop to open a browser on, and somebody at it.
fn has_desktop() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_display = cfg!(any(target_os = "macos", windows)) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    io::stdout().is_terminal() && has_display
}
