//! What people see of a `run`: its results, what they come to, and what became of them.

use std::io;
use std::io::Write;
use std::time::Duration;

use crate::cli::terminal::{BAD, Glyphs, Part, Shown, Terminal};
use crate::cli::undelivered::Kept;
use crate::runner::Finished;
use crate::secrets::Redactor;
use crate::sentry::Delivered;

/// So many rows are seen at a time, …
const ROWS: usize = 20;
/// … and so many runs with all their phases.
const WATERFALLS: usize = 5;

/// How people want to see results.
pub(crate) struct Page {
    /// The terminal's width, if there is one.
    pub width: Option<usize>,
    /// What bars are made of.
    pub glyphs: Glyphs,
    /// What of them is shown.
    pub shown: Shown,
    /// Whether every phase has a line.
    pub has_phases: bool,
}

impl Page {
    /// Shows what came of the groups, in `duration`.
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
        let mut delivered = together(finished);
        let problems = match (kept, &mut delivered) {
            // They are told with the file.
            (Some(_), Some(delivered)) => std::mem::take(&mut delivered.problems),
            _ => Vec::new(),
        };
        match (self.shown, &delivered) {
            (Shown::Everything, delivered) => {
                terminal.summary(out, outcomes(), duration, delivered.as_ref())?;
            }
            (Shown::Troubles, Some(delivered)) if delivered.delivered < delivered.envelopes => {
                terminal.delivery(out, delivered)?;
            }
            (Shown::Troubles, _) => {}
        }
        if let Some(Kept { envelopes, file, command }) = kept {
            let noun = if *envelopes == 1 { "envelope is" } else { "envelopes are" };
            let why = problems.join("; ");
            let sentence = format!("{why}: {envelopes} {noun} kept in {file}; later, deliver with");
            terminal.paragraph(out, BAD, &sentence, "  ")?;
            // In one piece, to be copied.
            writeln!(out, "    {command}")?;
        }
        if self.shown == Shown::Everything {
            let seen = if self.has_phases { WATERFALLS } else { ROWS };
            terminal.recap(out, outcomes(), seen, has_several)?;
            if delivered.is_none() {
                terminal.nowhere(out)?;
            }
        }
        out.flush()
    }
}

/// What became of the envelopes of all groups; `None` where there was nowhere to deliver to.
fn together(finished: &[Finished]) -> Option<Delivered> {
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
