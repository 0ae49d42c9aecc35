//! A configuration's text, and how lines of it may be shown.

use std::collections::HashMap;

use super::problem::{Problem, Quote};
use super::sensitive;
use crate::config::FILTERED;

/// The most of a line that is shown.
const WIDTH: usize = 110;
/// Lines with more bytes have an index of their characters, so that thousands of problems in one do not take minutes.
const LONG: usize = 2048;
/// Every so many characters of a long line, their place in bytes is noted.
const STEP: usize = 256;

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
    /// Of long lines, by number: their length in characters, and the byte at which every [`STEP`]th character starts.
    long: HashMap<usize, (usize, Vec<usize>)>,
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
        let lines: Vec<usize> = std::iter::once(0).chain(bytes.iter().enumerate().filter_map(ends)).collect();
        let mut source =
            Self { name: name.to_owned(), text: text.to_owned(), lines, long: HashMap::new(), masks: Vec::new() };
        source.long = (1..=source.lines.len())
            .filter_map(|number| Some((number, source.line(number).filter(|line| line.len() > LONG)?)))
            .map(|(number, line)| {
                (number, (line.chars().count(), line.char_indices().step_by(STEP).map(|(byte, _)| byte).collect()))
            })
            .collect();
        source
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Never show these parts.
    pub fn mask(&mut self, mut extents: Vec<Extent>) {
        extents.sort_by_key(|extent| (extent.start, extent.end));
        // What stands behind an anchor is there once for each alias.
        extents.dedup();
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
            quote: self.line(place.line).map(|line| self.render(line, place, &self.masks, WIDTH)),
        }
    }

    /// A problem in a text that could not be parsed: what is a secret in it can only be guessed.
    pub fn syntax_problem(&self, place: Place, message: impl Into<String>) -> Problem {
        // A long line may hold anything.
        let quote = self
            .line(place.line)
            .filter(|line| line.len() <= LONG)
            .map(|line| self.render(line, place, self.guess(place.line).as_slice(), WIDTH));
        Problem { quote, ..self.problem(Place::default(), "", message, None) }.at(place)
    }

    /// The place of a byte.
    pub fn place(&self, byte: usize) -> Place {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        Place { line, column: self.text.get(start..byte).unwrap_or_default().chars().count() + 1 }
    }

    /// All lines with their ends.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let ends = self.lines.iter().skip(1).copied().chain([self.text.len()]);
        self.lines
            .iter()
            .zip(ends)
            .filter_map(|(start, end)| self.text.get(*start..end))
            .filter(|line| !line.is_empty())
    }

    /// The whole line as it may be shown.
    pub fn masked(&self, number: usize) -> String {
        self.line(number)
            .map(|line| self.render(line, beginning(number), &self.masks, usize::MAX).text)
            .unwrap_or_default()
    }

    /// The same of a text that could not be parsed: what is a secret in it can only be guessed.
    pub fn guessed(&self, number: usize) -> String {
        let masks = self.guess(number);
        let quote = self.line(number).map(|line| self.render(line, beginning(number), masks.as_slice(), usize::MAX));
        quote.map(|quote| quote.text).unwrap_or_default()
    }

    /// What of a line may be a secret.
    fn guess(&self, number: usize) -> Option<Extent> {
        let keep = sensitive::guess(number, |number| self.line(number))?;
        Some(Extent { start: Place { line: number, column: keep + 1 }, end: beginning(number + 1) })
    }

    /// A line without its end.
    pub fn line(&self, number: usize) -> Option<&str> {
        let start = *self.lines.get(number.checked_sub(1)?)?;
        let end = self.lines.get(number).copied().unwrap_or(self.text.len());
        Some(self.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    /// The part of the line around the place to point at, with `[Filtered]` for what `masks` cover.
    fn render(&self, line: &str, place: Place, masks: &[Extent], width: usize) -> Quote {
        let index = self.long.get(&place.line);
        let length = index.map_or_else(|| line.chars().count(), |(length, _)| *length);
        // Lines that are only a little too long are shown from their beginning, or to their end.
        let first = place.column.saturating_sub(width / 2).max(1);
        let first = if length <= width { 1 } else { first.min(length + 1 - width) };
        let last = length.min(width.saturating_add(first - 1));
        let noted = index.and_then(|(_, bytes)| bytes.get((first - 1) / STEP)).copied().unwrap_or(0);
        let skipped = if index.is_some() { (first - 1) / STEP * STEP } else { 0 };
        let chars = line.get(noted..).unwrap_or_default().chars().skip(first - 1 - skipped).take(last + 1 - first);

        let at = |column: usize| Place { line: place.line, column };
        // Scalars do not overlap, so what is sorted by start is sorted by end.
        let from = masks.partition_point(|mask| mask.end <= at(first));
        let until = masks.partition_point(|mask| mask.start <= at(last));
        let near = masks.get(from..until).unwrap_or_default();

        let mut text = String::new();
        let mut shown = 0;
        let mut pointer = None;
        let mut hiding = None;
        if first > 1 {
            text.push('…');
            shown += 1;
        }
        for (column, c) in (first..).zip(chars) {
            let mask = near.iter().find(|mask| mask.start <= at(column) && at(column) < mask.end);
            // The indentation of a text of several lines is no secret.
            let mask = mask.filter(|mask| hiding == Some(mask.start) || !c.is_whitespace());
            match mask {
                Some(mask) if hiding != Some(mask.start) => {
                    if mask.start <= place && place < mask.end {
                        pointer.get_or_insert(shown);
                    }
                    text.push_str(FILTERED);
                    shown += FILTERED.len();
                }
                Some(_) => {}
                None => {
                    if column == place.column {
                        pointer.get_or_insert(shown);
                    }
                    text.push(if c.is_control() { ' ' } else { c });
                    shown += 1;
                }
            }
            hiding = mask.map(|mask| mask.start);
        }
        if last < length {
            text.push('…');
        }
        Quote { text, pointer: pointer.unwrap_or(shown) }
    }
}

const fn beginning(line: usize) -> Place {
    Place { line, column: 1 }
}

impl Problem {
    fn at(self, place: Place) -> Self {
        Self { line: place.line, column: place.column, ..self }
    }
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
