//! Failed and slow runs, listed once more at the end where the table has scrolled away.

use std::io;
use std::io::Write;

use super::report::{BOLD, DIM, HEADING, Terminal};
use super::text::cut;
use crate::cli::palette::{BAD, Colour};
use crate::outcome::{Outcome, Status};
use crate::sentry::sanitize::FACT;

/// Runs of a probe that failed or were slow in the same way, and the sentence of the first.
struct Problem<'a> {
    outcome: &'a Outcome,
    sentence: &'a str,
    runs: usize,
}

impl Terminal<'_> {
    /// Lists failed and slow runs by kind, if there were more runs than are `seen` at a time. A burst that failed in one way is
    /// listed once.
    pub fn failures<'a>(
        &self,
        out: &mut dyn Write,
        outcomes: impl IntoIterator<Item = &'a Outcome>,
        seen: usize,
        has_several_groups: bool,
    ) -> io::Result<()> {
        let mut runs = 0;
        let mut kinds: Vec<(&'static str, Vec<Problem<'a>>)> = Vec::new();
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
            let problems = &mut kinds[place].1;
            match problems.iter_mut().find(|known| known.is_of(outcome)) {
                Some(known) => known.runs += 1,
                None => problems.push(Problem { outcome, sentence, runs: 1 }),
            }
        }
        if runs <= seen || kinds.is_empty() {
            return Ok(());
        }
        let wrong: usize = kinds.iter().flat_map(|(_, problems)| problems).map(|problem| problem.runs).sum();
        writeln!(out, "\n{HEADING}Failed or slow: {wrong} of {runs} runs{HEADING:#}")?;
        for (kind, problems) in &kinds {
            let style = if *kind == "degraded" { Colour::of_status(kind) } else { BAD }.style();
            writeln!(out, "{style}{kind}{style:#}")?;
            for problem in problems {
                let redactor = self.redactor.with(&problem.outcome.secrets);
                self.knowing(&redactor).problem(out, problem, has_several_groups)?;
            }
        }
        Ok(())
    }

    fn problem(&self, out: &mut dyn Write, problem: &Problem<'_>, has_several_groups: bool) -> io::Result<()> {
        let group = if has_several_groups { format!("{}: ", problem.outcome.identity.group) } else { String::new() };
        let runs = if problem.runs > 1 { format!(" ({} runs)", problem.runs) } else { String::new() };
        let title = format!("{group}{}", problem.outcome.title);
        let title = cut(&self.cleaner.line(&title, FACT), self.width.saturating_sub(2 + runs.len()));
        writeln!(out, "  {BOLD}{title}{BOLD:#}{DIM}{runs}{DIM:#}")?;
        self.paragraph(out, DIM, problem.sentence, "    ")
    }
}

impl Problem<'_> {
    fn is_of(&self, outcome: &Outcome) -> bool {
        let (one, other) = (&self.outcome.identity, &outcome.identity);
        one.group == other.group && one.probe == other.probe
    }
}
