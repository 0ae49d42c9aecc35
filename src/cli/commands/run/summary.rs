//! What people see of a `run`: its results, their totals, and what was delivered.

use std::io;
use std::io::Write;
use std::time::Duration;

use crate::cli::terminal::{BAD, Glyphs, Part, Shown, Terminal};
use crate::cli::undelivered::Kept;
use crate::runner::Finished;
use crate::secrets::Redactor;
use crate::sentry::Delivered;
use crate::wording::counted;

/// Rows that fit on one screen: after more than that, failures are listed once more, …
const ROWS: usize = 20;
/// … and the same for runs with all their phases.
const WATERFALLS: usize = 5;

/// How results are shown.
pub(crate) struct ResultView {
    /// The terminal's width, if there is one.
    pub width: Option<usize>,
    /// The characters of bars.
    pub glyphs: Glyphs,
    /// Which results are shown.
    pub shown: Shown,
    /// Whether every phase has a line of its own.
    pub has_phases: bool,
}

impl ResultView {
    /// Shows the results of the groups, which took `duration` together.
    pub(crate) fn show(
        &self,
        out: &mut dyn Write,
        finished: &[Finished],
        duration: Duration,
        kept: Option<&Kept>,
        redactor: &Redactor,
    ) -> io::Result<()> {
        let terminal = Terminal::new(self.width, redactor).with(self.glyphs);
        let has_several = finished.len() > 1;
        let outcomes = || finished.iter().flat_map(|finished| &finished.outcomes);
        let parts: Vec<Part<'_>> = finished
            .iter()
            .map(|finished| Part {
                heading: has_several.then_some(finished.summary.group.as_str()),
                outcomes: &finished.outcomes,
            })
            .collect();
        if self.has_phases {
            terminal.waterfalls(out, &parts, self.shown)?;
        } else {
            terminal.table(out, &parts, self.shown)?;
        }
        let mut delivered = total(finished);
        let problems = match (kept, &mut delivered) {
            // They are shown with the file.
            (Some(_), Some(delivered)) => std::mem::take(&mut delivered.problems),
            _ => Vec::new(),
        };
        match (self.shown, &delivered) {
            (Shown::Everything, delivered) => {
                terminal.summary(out, outcomes(), duration, delivered.as_ref())?;
            }
            (Shown::Problems, Some(delivered)) if delivered.delivered < delivered.envelopes => {
                terminal.delivery(out, delivered)?;
            }
            (Shown::Problems, _) => {}
        }
        if let Some(Kept { envelopes, file, command }) = kept {
            let why = problems.join("; ");
            let sentence = format!("{why}: {} kept in {file}; to deliver later, run", counted(*envelopes, "envelope"));
            terminal.paragraph(out, BAD, &sentence, "  ")?;
            // On one line, to be copied.
            writeln!(out, "    {command}")?;
        }
        if self.shown == Shown::Everything {
            let seen = if self.has_phases { WATERFALLS } else { ROWS };
            terminal.failures(out, outcomes(), seen, has_several)?;
            if delivered.is_none() {
                terminal.no_dsn(out)?;
            }
        }
        out.flush()
    }
}

/// What was delivered of all groups; `None` where there was no DSN.
fn total(finished: &[Finished]) -> Option<Delivered> {
    let mut all: Option<Delivered> = None;
    for delivered in finished.iter().filter_map(|finished| finished.delivered.as_ref()) {
        let all = all.get_or_insert_default();
        all.envelopes += delivered.envelopes;
        all.delivered += delivered.delivered;
        all.duration += delivered.duration;
        for problem in &delivered.problems {
            if !all.problems.contains(problem) {
                all.problems.push(problem.clone());
            }
        }
    }
    all
}
