//! Phases as a bar, which shows when each began and how long it took.

use std::io;
use std::io::Write;

use anstyle::Style;

use super::glyphs::{BLOCK, FAILED, Glyphs, HATCHED, letter};
use crate::cli::palette::{BAD, Colour};
use crate::outcome::phase::Op;
use crate::runner::Phase;

/// Glyphs that fill the left of a column, by eighths.
const EIGHTHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Fills the right half.
const RIGHT: char = '▐';

/// One column of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character.
    pub glyph: char,
    /// Its colour; `None` where the column is empty.
    pub colour: Option<Colour>,
    /// The background colour, where another phase has the rest of the column.
    pub behind: Option<Colour>,
}

const EMPTY: Cell = Cell { glyph: ' ', colour: None, behind: None };

/// The phases in `room` columns, which represent `whole` milliseconds. A column shows the phase that has most of it; with
/// blocks, two phases may share it. A phase that failed has at least one column.
pub fn bar(phases: &[Phase], whole: f64, room: usize, glyphs: Glyphs) -> Vec<Cell> {
    let phases: Vec<(Op, &Phase)> = phases.iter().filter_map(|phase| Some((Op::named(phase.op)?, phase))).collect();
    let parts = if glyphs == Glyphs::Ascii { 1 } else { EIGHTHS.len() - 1 };
    let mut owners = owners(&phases, whole, room * parts);
    let put = |index: usize, owners: &mut [Option<usize>]| {
        let column = (place(phases[index].1.start_ms, whole, room) as usize).min(room.saturating_sub(1));
        owners.iter_mut().skip(column * parts).take(parts).for_each(|owner| *owner = Some(index));
    };
    for index in (0..phases.len()).filter(|index| !phases[*index].1.ok) {
        if !owners.chunks(parts).any(|cell| most(cell) == Some(index)) {
            put(index, &mut owners);
        }
    }
    // A run that is very short beside the others is visible, too.
    if owners.iter().all(Option::is_none) {
        let length = |index: &usize| phases[*index].1.duration_ms;
        let longest = (0..phases.len()).max_by(|one, other| length(one).total_cmp(&length(other)));
        longest.into_iter().for_each(|index| put(index, &mut owners));
    }
    owners.chunks(parts).map(|owners| cell(owners, &phases, glyphs)).collect()
}

/// The position of this time in `room` columns.
fn place(time: f64, whole: f64, room: usize) -> f64 {
    if whole > 0.0 { (time / whole).clamp(0.0, 1.0) * room as f64 } else { 0.0 }
}

/// The phase that has most of each part of the bar, where phases take at least half of that part.
fn owners(phases: &[(Op, &Phase)], whole: f64, parts: usize) -> Vec<Option<usize>> {
    /// Of a part of the bar.
    #[derive(Clone, Default)]
    struct Shares {
        all: f64,
        largest: f64,
        owner: Option<usize>,
    }
    let mut shares = vec![Shares::default(); parts];
    for (index, (_, phase)) in phases.iter().enumerate() {
        let start = place(phase.start_ms, whole, parts);
        let end = place(phase.start_ms + phase.duration_ms, whole, parts);
        for (at, part) in shares.iter_mut().enumerate().take(end.ceil() as usize).skip(start as usize) {
            let share = end.min((at + 1) as f64) - start.max(at as f64);
            part.all += share;
            if share > part.largest {
                (part.largest, part.owner) = (share, Some(index));
            }
        }
    }
    shares.into_iter().map(|part| part.owner.filter(|_| part.all >= 0.5)).collect()
}

/// The phase that has most of a column: the first of several that have the same share, and any phase before none.
fn most(owners: &[Option<usize>]) -> Option<usize> {
    let share = |owner: &Option<usize>| owners.iter().filter(|other| *other == owner).count();
    owners.iter().rev().filter(|owner| owner.is_some()).max_by_key(|owner| share(owner)).copied().flatten()
}

fn cell(owners: &[Option<usize>], phases: &[(Op, &Phase)], glyphs: Glyphs) -> Cell {
    let Some(longest) = most(owners) else { return EMPTY };
    let colour = |index: usize| if phases[index].1.ok { Colour::of(phases[index].0) } else { BAD };
    let whole = |index: usize| {
        let (op, phase) = phases[index];
        let glyph = match (glyphs, phase.ok) {
            (Glyphs::Ascii, true) => letter(op),
            (Glyphs::Ascii, false) => FAILED,
            (Glyphs::Blocks, true) => BLOCK,
            (Glyphs::Blocks, false) => HATCHED,
        };
        Cell { glyph, colour: Some(colour(index)), behind: None }
    };
    let first = owners[0];
    let eighths = owners.iter().take_while(|owner| **owner == first).count();
    let rest = owners.get(eighths).copied().flatten();
    let is_shared = owners[eighths..].iter().all(|owner| *owner == rest);
    // Hatching has no eighths.
    if !is_shared || owners.iter().flatten().any(|index| !phases[*index].1.ok) || eighths == owners.len() {
        return whole(longest);
    }
    match (first, rest) {
        (Some(first), rest) => Cell { glyph: EIGHTHS[eighths], colour: Some(colour(first)), behind: rest.map(colour) },
        (None, Some(rest)) if eighths > 2 => Cell { glyph: RIGHT, colour: Some(colour(rest)), behind: None },
        (None, _) => whole(longest),
    }
}

/// Writes a bar without the empty columns at its end. Returns how many columns were written.
pub(crate) fn draw(out: &mut dyn Write, bar: &[Cell]) -> io::Result<usize> {
    let end = bar.iter().rposition(|cell| *cell != EMPTY).map_or(0, |last| last + 1);
    for run in bar[..end].chunk_by(|one, next| (one.colour, one.behind) == (next.colour, next.behind)) {
        let glyphs: String = run.iter().map(|cell| cell.glyph).collect();
        let style = run[0].colour.map_or(Style::new(), Colour::style);
        let style = style.bg_color(run[0].behind.and_then(|behind| behind.style().get_fg_color()));
        write!(out, "{style}{glyphs}{style:#}")?;
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(all: &[(&'static str, f64, f64, bool)]) -> Vec<Phase> {
        let phase = |&(op, start_ms, end, ok): &(&'static str, f64, f64, bool)| Phase {
            op,
            start_ms,
            duration_ms: end - start_ms,
            ok,
        };
        all.iter().map(phase).collect()
    }

    fn drawn(all: &[(&'static str, f64, f64, bool)], whole: f64, room: usize, glyphs: Glyphs) -> String {
        bar(&phases(all), whole, room, glyphs).iter().map(|cell| cell.glyph).collect()
    }

    #[test]
    fn a_column_is_whose_the_most_of_it_is() {
        let run = [
            ("net.dns", 0.0, 19.0, true),
            ("net.tcp", 19.0, 21.0, true),
            ("net.tls", 21.0, 40.0, true),
            ("http.wait", 56.0, 80.0, true),
        ];
        assert_eq!(drawn(&run, 100.0, 10, Glyphs::Ascii), "ddtt  ww  ");
        assert_eq!(drawn(&run, 200.0, 10, Glyphs::Ascii), "dt w      ");
    }

    #[test]
    fn what_failed_is_seen_however_short_it_was() {
        let run = [("net.dns", 0.0, 50.0, true), ("net.tcp", 50.0, 50.001, false)];
        assert_eq!(drawn(&run, 1000.0, 10, Glyphs::Ascii), "x         ");
        assert_eq!(drawn(&run, 50.001, 10, Glyphs::Ascii), "dddddddddx");
        assert_eq!(drawn(&run, 50.001, 4, Glyphs::Blocks), "███▒");
        assert_eq!(drawn(&[("http.wait", 0.0, 0.0, true)], 0.0, 3, Glyphs::Ascii), "w  ");
        let short = [("http.send", 0.0, 0.1, true), ("http.wait", 0.1, 0.3, true)];
        assert_eq!(drawn(&short, 1000.0, 3, Glyphs::Ascii), "w  ");
        assert_eq!(drawn(&short, 1000.0, 3, Glyphs::Blocks), "█  ");
        assert_eq!(drawn(&[], 0.0, 3, Glyphs::Blocks), "   ");
        assert_eq!(drawn(&run, 50.0, 0, Glyphs::Blocks), "");
    }

    #[test]
    fn two_phases_share_a_column_of_blocks() {
        let run = [("net.dns", 0.0, 25.0, true), ("net.tcp", 25.0, 100.0, true), ("net.tls", 150.0, 200.0, true)];
        let bar = bar(&phases(&run), 200.0, 2, Glyphs::Blocks);
        let colour = |op| Some(Colour::of(op));
        let expected = [
            Cell { glyph: '▎', colour: colour(Op::NetDns), behind: colour(Op::NetTcp) },
            Cell { glyph: '▐', colour: colour(Op::NetTls), behind: None },
        ];
        assert_eq!(bar, expected);
    }
}
