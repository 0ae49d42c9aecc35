//! Runs in full: a line for each run and one for each of its phases, with start and duration.

use std::io;
use std::io::Write;
use std::time::Duration;

use super::bar;
use super::glyphs::Glyphs;
use super::report::{BAD, BOLD, DIM, PLAIN, Terminal};
use super::table::{Part, Shown, is_one_of_several};
use super::text::{cut, length, width};
use crate::cli::palette::Colour;
use crate::outcome::phase::Op;
use crate::outcome::{Outcome, Span, Status};
use crate::runner::Phase;
use crate::sentry::sanitize::FACT;
use crate::wording::milliseconds;

/// Where bars would be shorter, there are only numbers.
const MIN_BAR_LENGTH: usize = 8;
/// Width of the longest op.
const OP: usize = 12;
/// Width of a time, e.g. `-9999.9 ms`.
const TIME: usize = 10;
/// On both sides of a bar.
const SIDES: (char, char) = ('|', '│');

impl Terminal<'_> {
    /// Shows runs in full, each on a scale of its own.
    pub fn waterfalls(&self, out: &mut dyn Write, parts: &[Part<'_>], shown: Shown) -> io::Result<()> {
        let has_any = |part: &&Part<'_>| part.outcomes.iter().any(|outcome| shown.has(outcome));
        for (index, part) in parts.iter().filter(has_any).enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            part.heading.map_or(Ok(()), |heading| self.heading(out, heading))?;
            for outcome in part.outcomes.iter().filter(|outcome| shown.has(outcome)) {
                let redactor = self.redactor.with(&outcome.secrets);
                let terminal = self.knowing(&redactor);
                terminal.headline(out, outcome, is_one_of_several(outcome, part.outcomes))?;
                terminal.waterfall(out, outcome)?;
                terminal.sentence(out, outcome)?;
            }
        }
        Ok(())
    }

    /// Status, title, tick and number in the burst, and duration.
    fn headline(&self, out: &mut dyn Write, outcome: &Outcome, several: bool) -> io::Result<()> {
        let word = outcome.status.as_str();
        let style = Colour::of_status(word).style();
        let time = match outcome.status {
            Status::Skipped(_) => String::new(),
            _ => right(outcome.duration),
        };
        let tick = outcome.identity.tick.time();
        let number = match several {
            true => {
                format!(" {:02}:{:02}:{:02} #{}", tick.hour(), tick.minute(), tick.second(), outcome.identity.burst + 1)
            }
            false => String::new(),
        };
        let room = self.width.saturating_sub(9 + number.len() + 1 + TIME);
        let title = cut(&self.cleaner.line(&outcome.title, FACT), room);
        let gap = if time.is_empty() { 0 } else { room - width(&title) + 1 };
        writeln!(out, "{style}{word:<8}{style:#} {BOLD}{title}{BOLD:#}{DIM}{number}{DIM:#}{:gap$}{time}", "")
    }

    fn waterfall(&self, out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
        let spans = &outcome.spans;
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|index| spans[*index].start);
        let mut children = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for index in order {
            match spans[index].parent.and_then(|parent| children.get_mut(parent)) {
                Some(siblings) => siblings.push(index),
                None => roots.push(index),
            }
        }
        let requests = spans.iter().filter(|span| !span.op.is_phase() && span.op != Op::NetConn).count();
        // In reverse, as a stack is popped from its end.
        let mut stack: Vec<usize> = roots.into_iter().rev().collect();
        while let Some(index) = stack.pop() {
            let span = &spans[index];
            if span.op.is_phase() {
                self.phase(out, outcome, span)?;
            } else if span.op != Op::NetConn && requests > 1 {
                self.request(out, span)?;
            }
            stack.extend(children[index].iter().rev());
        }
        Ok(())
    }

    /// One request of several, or one attempt.
    fn request(&self, out: &mut dyn Write, span: &Span) -> io::Result<()> {
        let description = self.cleaner.line(&span.description, FACT);
        let text = if description.is_empty() { span.op.as_str() } else { &description };
        let style = if span.failure.is_some() { BAD } else { PLAIN };
        let room = self.width.saturating_sub(2 + 1 + TIME);
        let time = right(span.end.saturating_sub(span.start));
        let text = cut(text, room);
        let gap = room - width(&text) + 1;
        writeln!(out, "  {style}{text}{style:#}{:gap$}{DIM}{time}{DIM:#}", "")
    }

    /// Name, bar, start and duration.
    fn phase(&self, out: &mut dyn Write, outcome: &Outcome, span: &Span) -> io::Result<()> {
        let side = if self.glyphs == Glyphs::Ascii { SIDES.0 } else { SIDES.1 };
        let style = if span.failure.is_some() { BAD } else { Colour::of(span.op).style() };
        let name = format!("{:<OP$}", span.op.as_str());
        let time = right(span.end.saturating_sub(span.start));
        let numbers = format!("{:>9} +{time}", format!("{:.1}", span.start.as_secs_f64() * 1000.0));
        let around = 4 + OP + 2 + 1;
        let room = |numbers: &str| self.width.saturating_sub(around + numbers.len());
        let (room, numbers) = match room(&numbers) {
            room if room >= MIN_BAR_LENGTH => (room, numbers),
            _ => (room(&time), time),
        };
        if room < MIN_BAR_LENGTH {
            return writeln!(out, "    {style}{name}{style:#} {numbers}");
        }
        let whole = milliseconds(outcome.duration.max(span.end));
        write!(out, "    {style}{name}{style:#}{DIM}{side}{DIM:#}")?;
        let written = bar::draw(out, &bar::bar(&[Phase::new(span)], whole, room, self.glyphs))?;
        writeln!(out, "{:1$}{DIM}{side}{DIM:#} {numbers}", "", room - written)
    }

    /// Why it was not ok.
    fn sentence(&self, out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
        let style = Colour::of_status(outcome.status.as_str()).style();
        outcome.status.sentence().map_or(Ok(()), |sentence| self.paragraph(out, style, &sentence, "  "))
    }
}

fn right(duration: Duration) -> String {
    format!("{:>TIME$}", length(duration))
}
