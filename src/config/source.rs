//! A configuration's text, and how lines of it may be shown.

use super::problem::{Problem, Quote};
use super::sensitive;
use crate::config::FILTERED;

/// The most of a line that is shown.
const WIDTH: usize = 110;

/// A place in a text: line and column, both from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

/// From `start` to just before `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub start: Place,
    pub end: Place,
}

/// A named text.
#[derive(Clone)]
pub(super) struct Source {
    name: String,
    text: String,
    /// Where in `text` each line starts.
    lines: Vec<usize>,
    /// What must not be shown, in order.
    masks: Vec<Extent>,
}

impl Source {
    pub fn new(name: &str, text: &str) -> Self {
        let bytes = text.as_bytes();
        // YAML's line ends: LF, CR LF, and CR alone.
        let ends = |(index, byte): (usize, &u8)| match byte {
            b'\n' => Some(index + 1),
            b'\r' if bytes.get(index + 1) != Some(&b'\n') => Some(index + 1),
            _ => None,
        };
        let lines = std::iter::once(0).chain(bytes.iter().enumerate().filter_map(ends)).collect();
        Self { name: name.to_owned(), text: text.to_owned(), lines, masks: Vec::new() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Never show these parts.
    pub fn mask(&mut self, mut extents: Vec<Extent>) {
        extents.sort_by_key(|extent| extent.start);
        self.masks = extents;
    }

    /// A problem at a place of this text whose meaning is known.
    pub fn problem(&self, place: Place, path: &str, message: impl Into<String>, help: Option<String>) -> Problem {
        Problem {
            file: self.name.clone(),
            line: place.line,
            column: place.column,
            path: path.to_owned(),
            message: message.into(),
            help,
            quote: self.line(place.line).map(|line| self.quote(line, place)),
        }
    }

    /// A problem in a text that could not be parsed: what is a secret in it can only be guessed.
    pub fn syntax_problem(&self, place: Place, message: impl Into<String>) -> Problem {
        let quote = self.line(place.line).map(|line| {
            let keep = sensitive::guess(place.line, |number| self.line(number));
            let extents = keep.map(|keep| Extent {
                start: Place { column: keep + 1, ..place },
                end: Place { line: place.line + 1, column: 1 },
            });
            render(line, place, extents.as_slice())
        });
        Problem { quote, ..self.problem(Place::default(), "", message, None) }.at(place)
    }

    fn line(&self, number: usize) -> Option<&str> {
        let start = *self.lines.get(number.checked_sub(1)?)?;
        let end = self.lines.get(number).copied().unwrap_or(self.text.len());
        Some(self.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    fn quote(&self, line: &str, place: Place) -> Quote {
        let from = self.masks.partition_point(|mask| mask.end.line < place.line && mask.start.line < place.line);
        let until = self.masks.partition_point(|mask| mask.start.line <= place.line);
        // A mask of several lines may start before others that end sooner, so look at all that start in time.
        let near: Vec<Extent> = self.masks[..until]
            .iter()
            .enumerate()
            .filter(|(index, mask)| *index >= from || mask.end.line >= place.line)
            .map(|(_, mask)| *mask)
            .collect();
        render(line, place, &near)
    }
}

impl Problem {
    fn at(self, place: Place) -> Self {
        Self { line: place.line, column: place.column, ..self }
    }
}

/// The line with `[Filtered]` for what `masks` cover, cut around the place to point at.
fn render(line: &str, place: Place, masks: &[Extent]) -> Quote {
    let masked = |column: usize| {
        let here = Place { line: place.line, column };
        masks.iter().any(|mask| mask.start <= here && here < mask.end)
    };
    let mut shown: Vec<char> = Vec::new();
    let mut pointer = None;
    let mut within = false;
    for (index, c) in line.chars().enumerate() {
        let column = index + 1;
        let hidden = !masks.is_empty() && masked(column) && (within || !c.is_whitespace());
        if hidden && !within {
            if column >= place.column {
                pointer.get_or_insert(shown.len());
            }
            shown.extend(FILTERED.chars());
        }
        if column == place.column {
            let back = if hidden { FILTERED.chars().count() } else { 0 };
            pointer.get_or_insert(shown.len() - back);
        }
        if !hidden {
            shown.push(if c.is_control() { ' ' } else { c });
        }
        within = hidden;
    }
    let pointer = pointer.unwrap_or(shown.len());
    cut(&shown, pointer)
}

/// At most [`WIDTH`] characters around the one to point at.
fn cut(line: &[char], pointer: usize) -> Quote {
    if line.len() <= WIDTH {
        return Quote { text: line.iter().collect(), pointer };
    }
    let start = pointer.saturating_sub(WIDTH / 2).min(line.len() - WIDTH);
    let end = start + WIDTH;
    let mut text = String::new();
    let mut before = 0;
    if start > 0 {
        text.push('…');
        before = 1;
    }
    text.extend(&line[start..end]);
    if end < line.len() {
        text.push('…');
    }
    Quote { text, pointer: pointer - start + before }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(line: usize, from: usize, to: usize) -> Extent {
        Extent { start: Place { line, column: from }, end: Place { line, column: to } }
    }

    #[test]
    fn masks_hide_their_part_and_the_pointer_still_points() {
        let mut source = Source::new("a", "one: two\r\nuser: bob, password: hunter2, x: 1\n");
        source.mask(vec![extent(2, 22, 29)]);
        let quote = |column| source.problem(Place { line: 2, column }, "", "", None).quote.expect("a quote");
        assert_eq!(quote(31).text, "user: bob, password: [Filtered], x: 1");
        assert_eq!(quote(31).pointer, "user: bob, password: [Filtered], ".len());
        assert_eq!(quote(22).pointer, 21);
        assert_eq!(quote(25).pointer, 21);
        assert_eq!(quote(1).pointer, 0);
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}X{}", "a".repeat(1000), "b".repeat(1000));
        let quote =
            Source::new("a", &text).problem(Place { line: 1, column: 1001 }, "", "", None).quote.expect("a quote");
        assert_eq!(quote.text.chars().nth(quote.pointer), Some('X'));
        assert!(quote.text.chars().count() <= WIDTH + 2);
    }
}
