//! Events as lines: for pipes, and for the logs of CI and of containers.

use std::io;
use std::io::Write;

use time::OffsetDateTime;

use crate::cli::terminal::{diagnostics, line};
use crate::outcome::rfc3339;
use crate::runner::watch::{Changes, Event, Missed, Watching};
use crate::sentry::Delivered;
use crate::wording::{counted, duration};

/// One line for each run and each other event.
pub(crate) struct LogView {
    /// Whether standard output is JSON for programs, so that people read standard error.
    is_json: bool,
    /// Whether only problems are shown.
    is_quiet: bool,
    /// The configuration file.
    file: String,
}

impl LogView {
    pub(crate) fn new(is_json: bool, is_quiet: bool, file: String) -> Self {
        Self { is_json, is_quiet, file }
    }

    /// The text of an event for people: one or more lines, or nothing.
    pub(crate) fn text(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Started(watching) => {
                let no_dsn = if watching.is_delivered { "" } else { "; nothing is delivered: there is no DSN" };
                format!("watching {}: {}{no_dsn}", self.file, inventory(watching))
            }
            Event::Notice(sentence) | Event::NotPassed(sentence) => sentence.clone(),
            Event::Ran { config, probe, outcome } => line(outcome, probe.burst, &config.redactor)?,
            Event::Passed { finished, .. } => not_delivered(finished.delivered.as_ref()?)?,
            Event::Delivered(delivered) => not_delivered(delivered).unwrap_or_else(|| {
                format!("delivered {} from an earlier pass", counted(delivered.delivered, "envelope"))
            }),
            Event::Missed(Missed { ticks, since }) => format!(
                "skipped {} since {}: this machine slept, or its clock was set forward",
                counted(*ticks, "tick"),
                rfc3339(*since)
            ),
            Event::SetBack(by) => {
                format!("the clock was set back by {} s: ticks start over from the new time", by.as_secs())
            }
            Event::Reloaded(watching, changes) => {
                format!("reloaded {}: {}; {}", self.file, inventory(watching), changed(changes))
            }
            Event::Refused(diagnostics) => {
                format!("{}\n{}", diagnostics::refused(&self.file), diagnostics::text(diagnostics))
            }
            Event::Stopping { passes, grace } => {
                let passes = match passes {
                    0 => return Some("stopping: nothing in flight".to_owned()),
                    1 => "1 pass".to_owned(),
                    _ => format!("{passes} passes"),
                };
                format!("stopping: waiting up to {} for {passes} in flight", duration(*grace))
            }
            Event::Cut => "runs still in flight are cut short".to_owned(),
            Event::Stopped { undelivered: 0 } => "stopped".to_owned(),
            Event::Stopped { undelivered } => {
                format!("stopped; {} not delivered", counted(*undelivered, "envelope"))
            }
            Event::Begun { .. } => return None,
        })
    }

    /// Shows one event.
    pub(crate) fn show(&self, event: &Event, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
        if let Event::Passed { finished, .. } = event
            && self.is_json
        {
            writeln!(out, "{}", serde_json::to_string(&finished.summary)?)?;
            out.flush()?;
        }
        let people: &mut dyn Write = if self.is_json { err } else { out };
        if let Some(text) = self.text(event).filter(|_| !self.is_quiet || is_problem(event)) {
            let now = OffsetDateTime::now_utc();
            writeln!(people, "{} {text}", rfc3339(now.replace_nanosecond(0).unwrap_or(now)))?;
            people.flush()?;
        }
        Ok(())
    }
}

/// Whether the event is a problem.
fn is_problem(event: &Event) -> bool {
    match event {
        Event::Ran { outcome, .. } => outcome.status.as_str() != "ok",
        // Its text is only about what was not delivered.
        Event::Passed { .. } => true,
        Event::Delivered(delivered) => delivered.delivered < delivered.envelopes,
        Event::Stopped { undelivered } => *undelivered > 0,
        Event::NotPassed(_) | Event::Missed(_) | Event::SetBack(_) | Event::Refused(_) | Event::Cut => true,
        Event::Started(_) | Event::Notice(_) | Event::Begun { .. } | Event::Reloaded(..) | Event::Stopping { .. } => {
            false
        }
    }
}

/// How much is watched, and when the next tick is.
fn inventory(watching: &Watching) -> String {
    let now = OffsetDateTime::now_utc();
    let (groups, probes) = (watching.config.groups.len(), watching.probes.len());
    let next = watching.probes.iter().map(|watched| watched.next(now)).min();
    let next = next.map(|next| format!("; next tick at {}", rfc3339(next))).unwrap_or_default();
    format!("{}, {}{next}", counted(groups, "group"), counted(probes, "probe"))
}

fn changed(changes: &Changes) -> String {
    let Changes { added, removed, changed } = changes;
    let parts = [(added, "added"), (removed, "removed"), (changed, "changed")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| **count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if parts.is_empty() { "no probe changed".to_owned() } else { parts.join(", ") }
}

/// What was not delivered, if anything.
fn not_delivered(delivered: &Delivered) -> Option<String> {
    let Delivered { envelopes: all, delivered: arrived, spooled, problems, .. } = delivered;
    (arrived < all).then(|| {
        let waiting = if *spooled > 0 { format!("; {spooled} will be retried") } else { String::new() };
        format!("{} of {} not delivered: {}{waiting}", all - arrived, counted(*all, "envelope"), problems.join("; "))
    })
}
