//! Explains what the parts of bars stand for.

use std::collections::HashSet;
use std::io;
use std::io::Write;

use super::bar::Cell;
use super::glyphs::{BLOCK, FAILED, Glyphs, HATCHED, letter};
use super::report::{DIM, Terminal};
use super::text::width;
use crate::cli::palette::{BAD, Colour};
use crate::outcome::phase::Op;

const HEAD: &str = "Phases:";

/// The marks in these cells with their colours and words, in the order of phases in a run; failures last.
pub fn legend<'a>(cells: impl IntoIterator<Item = &'a Cell>, glyphs: Glyphs) -> Vec<(char, Colour, &'static str)> {
    let seen: HashSet<Colour> = cells.into_iter().flat_map(|cell| [cell.colour, cell.behind]).flatten().collect();
    let (failed, block) = match glyphs {
        Glyphs::Ascii => (FAILED, None),
        Glyphs::Blocks => (HATCHED, Some(BLOCK)),
    };
    let phases = Op::ALL.iter().copied().filter(|op| op.is_phase());
    let marks = phases.map(|op| (block.unwrap_or(letter(op)), Colour::of(op), op.word()));
    marks.chain([(failed, BAD, "failed")]).filter(|(_, colour, _)| seen.contains(colour)).collect()
}

impl Terminal<'_> {
    /// Explains what the parts of bars stand for, in as many lines as it takes.
    pub(crate) fn legend(&self, out: &mut dyn Write, marks: &[(char, Colour, &'static str)]) -> io::Result<()> {
        let mut used = width(HEAD);
        write!(out, "{DIM}{HEAD}{DIM:#}")?;
        for (mark, colour, word) in marks {
            let room = 2 + width(word);
            let mut gap = if used == width(HEAD) { 1 } else { 2 };
            if used + gap + room > self.width {
                writeln!(out)?;
                (used, gap) = (0, 2);
            }
            let style = colour.style();
            write!(out, "{:gap$}{style}{mark}{style:#} {DIM}{word}{DIM:#}", "")?;
            used += gap + room;
        }
        writeln!(out)
    }
}
