//! What happens, line by line: for pipes, the logs of CI and of containers.

use std::io;
use std::io::Write;

use time::OffsetDateTime;

use super::view::View;
use crate::cli::terminal::{diagnostics, line};
use crate::outcome::rfc3339;
use crate::runner::watch::{Changes, Event, Missed, Watching};
use crate::schema::value::show_duration;
use crate::sentry::Delivered;

/// One line for each run, and for what else happens.
pub(crate) struct Plain {
    /// Whether standard output is taken, so that people read standard error.
    is_json: bool,
    /// Whether only what is not well is told.
    is_quiet: bool,
    /// The configuration file.
    file: String,
}

impl Plain {
    pub(crate) fn new(is_json: bool, is_quiet: bool, file: String) -> Self {
        Self { is_json, is_quiet, file }
    }

    /// What people read of an event; several lines are possible, none too.
    pub(crate) fn text(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Started(watching) => {
                let nowhere = if watching.is_delivered { "" } else { "; there is no DSN: nothing is delivered" };
                format!("watching {}: {}{nowhere}", self.file, inventory(watching))
            }
            Event::Notice(sentence) | Event::NotPassed(sentence) => sentence.clone(),
            Event::Ran { config, probe, outcome } => line(outcome, probe.burst, &config.redactor)?,
            Event::Passed { finished, .. } => not_delivered(finished.delivered.as_ref()?)?,
            Event::Delivered(delivered) => not_delivered(delivered)
                .unwrap_or_else(|| format!("delivered {} that had waited", envelopes(delivered.delivered))),
            Event::Missed(Missed { ticks, since }) => format!(
                "{ticks} tick{} since {} went by while this machine slept or its clock was set: skipped",
                plural(*ticks),
                rfc3339(*since)
            ),
            Event::SetBack(by) => format!("the clock was set back by {} s: probes begin anew on it", by.as_secs()),
            Event::Reloaded(watching, changes) => {
                format!("reloaded {}: {}; {}", self.file, inventory(watching), changed(changes))
            }
            Event::Refused(diagnostics) => {
                format!("{} is not used, what was read before stays:\n{}", self.file, diagnostics::text(diagnostics))
            }
            Event::Stopping { passes, grace } => {
                let passes = match passes {
                    0 => "nothing is out".to_owned(),
                    1 => format!("1 pass is out, and has {}", show_duration(*grace)),
                    _ => format!("{passes} passes are out, and have {}", show_duration(*grace)),
                };
                format!("stopping: {passes}")
            }
            Event::Cut => "what is still out is cut short".to_owned(),
            Event::Stopped { undelivered: 0 } => "stopped".to_owned(),
            Event::Stopped { undelivered } => {
                format!("stopped; {} not delivered", envelopes(*undelivered))
            }
            Event::Begun { .. } => return None,
        })
    }
}

impl View for Plain {
    fn show(&mut self, event: &Event, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
        if let Event::Passed { finished, .. } = event
            && self.is_json
        {
            writeln!(out, "{}", serde_json::to_string(&finished.summary)?)?;
            out.flush()?;
        }
        let people: &mut dyn Write = if self.is_json { err } else { out };
        if let Some(text) = self.text(event).filter(|_| !self.is_quiet || is_trouble(event)) {
            let now = OffsetDateTime::now_utc();
            writeln!(people, "{} {text}", rfc3339(now.replace_nanosecond(0).unwrap_or(now)))?;
            people.flush()?;
        }
        Ok(())
    }
}

/// Whether something is not well.
fn is_trouble(event: &Event) -> bool {
    match event {
        Event::Ran { outcome, .. } => outcome.status.as_str() != "ok",
        // Of these only what was not delivered is told.
        Event::Passed { .. } => true,
        Event::Delivered(delivered) => delivered.delivered < delivered.envelopes,
        Event::Stopped { undelivered } => *undelivered > 0,
        Event::NotPassed(_) | Event::Missed(_) | Event::SetBack(_) | Event::Refused(_) | Event::Cut => true,
        Event::Started(_) | Event::Notice(_) | Event::Begun { .. } | Event::Reloaded(..) | Event::Stopping { .. } => {
            false
        }
    }
}

/// What is watched, and when the next tick is.
fn inventory(watching: &Watching) -> String {
    let now = OffsetDateTime::now_utc();
    let (groups, probes) = (watching.config.groups.len() as u64, watching.probes.len() as u64);
    let next = watching.probes.iter().map(|watched| watched.next(now)).min();
    let next = next.map(|next| format!("; next tick at {}", rfc3339(next))).unwrap_or_default();
    format!("{groups} group{}, {probes} probe{}{next}", plural(groups), plural(probes))
}

fn changed(changes: &Changes) -> String {
    let Changes { added, removed, changed } = changes;
    let parts = [(added, "new"), (removed, "gone"), (changed, "changed")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| **count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if parts.is_empty() { "no probe has changed".to_owned() } else { parts.join(", ") }
}

/// What did not arrive, if anything did not.
fn not_delivered(delivered: &Delivered) -> Option<String> {
    let Delivered { envelopes: all, delivered: arrived, spooled, problems, .. } = delivered;
    (arrived < all).then(|| {
        let waiting = if *spooled > 0 { format!("; {spooled} will be tried again") } else { String::new() };
        format!("{} of {} not delivered: {}{waiting}", all - arrived, envelopes(*all), problems.join("; "))
    })
}

fn envelopes(count: usize) -> String {
    format!("{count} envelope{}", plural(count as u64))
}

const fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
