//! What went wrong, told once more at the end of a page that has scrolled away.

use std::io;
use std::io::Write;

use super::report::{BOLD, DIM, HEADING, Terminal};
use super::text::cut;
use crate::cli::palette::{BAD, Colour};
use crate::outcome::{Outcome, Status};
use crate::sentry::sanitize::FACT;

/// Runs of a probe that went wrong in the same way, and what the first of them said.
struct Trouble<'a> {
    outcome: &'a Outcome,
    sentence: &'a str,
    runs: usize,
}

impl Terminal<'_> {
    /// Lists what failed and what was slow, by kind, where there were more runs than are `seen` at a time. A burst that
    /// failed in one way is told once.
    pub fn recap<'a>(
        &self,
        out: &mut dyn Write,
        outcomes: impl IntoIterator<Item = &'a Outcome>,
        seen: usize,
        has_several_groups: bool,
    ) -> io::Result<()> {
        let mut runs = 0;
        let mut kinds: Vec<(&'static str, Vec<Trouble<'a>>)> = Vec::new();
        for outcome in outcomes {
            runs += 1;
            let (kind, sentence) = match &outcome.status {
                Status::Failed(failure) => (failure.kind.as_str(), failure.sentence.as_str()),
                Status::Degraded(sentence) => (outcome.status.as_str(), sentence.as_str()),
                Status::Ok | Status::Skipped(_) => continue,
            };
            let place = kinds.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
                kinds.push((kind, Vec::new()));
                kinds.len() - 1
            });
            let troubles = &mut kinds[place].1;
            match troubles.iter_mut().find(|known| known.is_of(outcome)) {
                Some(known) => known.runs += 1,
                None => troubles.push(Trouble { outcome, sentence, runs: 1 }),
            }
        }
        if runs <= seen || kinds.is_empty() {
            return Ok(());
        }
        let wrong: usize = kinds.iter().flat_map(|(_, troubles)| troubles).map(|trouble| trouble.runs).sum();
        writeln!(out, "\n{HEADING}Not well: {wrong} of {runs} runs{HEADING:#}")?;
        for (kind, troubles) in &kinds {
            let style = if *kind == "degraded" { Colour::of_status(kind) } else { BAD }.style();
            writeln!(out, "{style}{kind}{style:#}")?;
            for trouble in troubles {
                let redactor = self.redactor.with(&trouble.outcome.secrets);
                self.knowing(&redactor).trouble(out, trouble, has_several_groups)?;
            }
        }
        Ok(())
    }

    fn trouble(&self, out: &mut dyn Write, trouble: &Trouble<'_>, has_several_groups: bool) -> io::Result<()> {
        let group = if has_several_groups { format!("{}: ", trouble.outcome.identity.group) } else { String::new() };
        let runs = if trouble.runs > 1 { format!(" ({} runs)", trouble.runs) } else { String::new() };
        let title = format!("{group}{}", trouble.outcome.title);
        let title = cut(&self.cleaner.line(&title, FACT), self.width.saturating_sub(2 + runs.len()));
        writeln!(out, "  {BOLD}{title}{BOLD:#}{DIM}{runs}{DIM:#}")?;
        self.paragraph(out, DIM, trouble.sentence, "    ")
    }
}

impl Trouble<'_> {
    fn is_of(&self, outcome: &Outcome) -> bool {
        let (one, other) = (&self.outcome.identity, &outcome.identity);
        one.group == other.group && one.probe == other.probe
    }
}
