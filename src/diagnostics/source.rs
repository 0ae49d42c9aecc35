//! A configuration's text, and how lines of it may be shown.

use std::collections::HashMap;

use super::code::Code;
use super::finding::Finding;
use super::{Diagnostic, Quote, Related};
use crate::secrets::{FILTERED, sensitive};

/// The most of a line that is shown.
const WIDTH: usize = 110;
/// Lines with more bytes have an index of their characters, so that thousands of problems in one do not take minutes.
const LONG: usize = 2048;
/// Every so many characters of a long line, their place in bytes is noted.
const STEP: usize = 256;

/// A place in a text: line and column, both from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub line: usize,
    pub column: usize,
}

/// From `start` to just before `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: Position,
    pub end: Position,
}

/// Where a value stands, and where else it does: an alias has one place where it is used, and one where it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Location {
    pub span: Span,
    pub other: Option<Span>,
}

impl From<Span> for Location {
    fn from(span: Span) -> Self {
        Self { span, other: None }
    }
}

impl From<Position> for Location {
    fn from(position: Position) -> Self {
        Span { start: position, end: position }.into()
    }
}

/// A named text.
#[derive(Clone)]
pub(crate) struct Source {
    name: String,
    text: String,
    /// Where in `text` each line starts.
    lines: Vec<usize>,
    /// Of long lines, by number: their length in characters, and the byte at which every [`STEP`]th character starts.
    long: HashMap<usize, (usize, Vec<usize>)>,
    /// What must not be shown, in order.
    masks: Vec<Span>,
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
    pub fn mask(&mut self, mut spans: Vec<Span>) {
        spans.sort_by_key(|span| (span.start, span.end));
        // What stands behind an anchor is there once for each alias.
        spans.dedup();
        self.masks = spans;
    }

    /// A problem at a place of this text whose meaning is known.
    pub fn diagnostic(&self, location: impl Into<Location>, path: &str, finding: Finding) -> Diagnostic {
        let Location { span, other } = location.into();
        let quote = |span: Span| self.line(span.start.line).map(|line| self.render(line, span, &self.masks, WIDTH));
        let span = self.clip(span);
        let elsewhere = other.map(|other| {
            // What an alias stands for is always written before it.
            let label = if other.start < span.start { "its value stands here" } else { "it is used here" };
            Box::new(self.related_at(self.clip(other), label, quote))
        });
        Diagnostic {
            path: path.to_owned(),
            related: finding.related.or(elsewhere),
            quote: quote(span),
            ..self.bare(span, finding.code, finding.message, finding.help)
        }
    }

    /// A problem in a text that could not be parsed: what is a secret in it can only be guessed.
    pub fn syntax_problem(&self, span: Span, finding: Finding) -> Diagnostic {
        let span = self.clip(span);
        Diagnostic {
            quote: self.guessed_quote(span),
            related: finding.related,
            ..self.bare(span, Code::Syntax, finding.message, finding.help)
        }
    }

    /// Another place of this text that a problem is about.
    pub fn related(&self, span: Span, label: &str) -> Box<Related> {
        Box::new(self.related_at(self.clip(span), label, |span| {
            self.line(span.start.line).map(|line| self.render(line, span, &self.masks, WIDTH))
        }))
    }

    /// The same of a text that could not be parsed.
    pub fn syntax_related(&self, span: Span, label: &str) -> Box<Related> {
        Box::new(self.related_at(self.clip(span), label, |span| self.guessed_quote(span)))
    }

    fn related_at(&self, span: Span, label: &str, quote: impl Fn(Span) -> Option<Quote>) -> Related {
        Related {
            file: self.name.clone(),
            line: span.start.line,
            column: span.start.column,
            end_line: span.end.line,
            end_column: span.end.column,
            message: label.to_owned(),
            quote: quote(span),
        }
    }

    fn bare(&self, span: Span, code: Code, message: String, help: Option<String>) -> Diagnostic {
        Diagnostic {
            line: span.start.line,
            column: span.start.column,
            end_line: span.end.line,
            end_column: span.end.column,
            code,
            help,
            ..Diagnostic::of_file(&*self.name, message)
        }
    }

    fn guessed_quote(&self, span: Span) -> Option<Quote> {
        // A long line may hold anything.
        let line = self.line(span.start.line).filter(|line| line.len() <= LONG)?;
        Some(self.render(line, span, self.guess(span.start.line).as_slice(), WIDTH))
    }

    /// What of an extent is in its first line, and no comment.
    fn clip(&self, span: Span) -> Span {
        let Span { start, end } = span;
        if end.line <= start.line {
            return Span { start, end: end.max(start) };
        }
        let line = self.line(start.line).unwrap_or_default();
        let length = match self.long.get(&start.line) {
            Some((length, _)) => *length,
            None => {
                let after = line.char_indices().nth(start.column - 1).map_or(line.len(), |(at, _)| at);
                let comment = line[after..].find(" #").map_or(line.len(), |at| after + at);
                line[..comment].trim_end().chars().count()
            }
        };
        Span { start, end: Position { line: start.line, column: (length + 1).max(start.column) } }
    }

    /// The place of a byte.
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        Position { line, column: self.text.get(start..byte).unwrap_or_default().chars().count() + 1 }
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
    fn guess(&self, number: usize) -> Option<Span> {
        let keep = sensitive::guess(number, |number| self.line(number))?;
        Some(Span { start: Position { line: number, column: keep + 1 }, end: beginning(number + 1).start })
    }

    /// A line without its end.
    pub fn line(&self, number: usize) -> Option<&str> {
        let start = *self.lines.get(number.checked_sub(1)?)?;
        let end = self.lines.get(number).copied().unwrap_or(self.text.len());
        Some(self.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    /// The part of the line around what is to be pointed at, with `[Filtered]` for what `masks` cover.
    fn render(&self, line: &str, span: Span, masks: &[Span], width: usize) -> Quote {
        let position = span.start;
        let index = self.long.get(&position.line);
        let length = index.map_or_else(|| line.chars().count(), |(length, _)| *length);
        // Lines that are only a little too long are shown from their beginning, or to their end.
        let first = position.column.saturating_sub(width / 2).max(1);
        let first = if length <= width { 1 } else { first.min(length + 1 - width) };
        let last = length.min(width.saturating_add(first - 1));
        let noted = index.and_then(|(_, bytes)| bytes.get((first - 1) / STEP)).copied().unwrap_or(0);
        let skipped = if index.is_some() { (first - 1) / STEP * STEP } else { 0 };
        let chars = line.get(noted..).unwrap_or_default().chars().skip(first - 1 - skipped).take(last + 1 - first);

        let at = |column: usize| Position { line: position.line, column };
        // Scalars do not overlap, so what is sorted by start is sorted by end.
        let from = masks.partition_point(|mask| mask.end <= at(first));
        let until = masks.partition_point(|mask| mask.start <= at(last));
        let near = masks.get(from..until).unwrap_or_default();

        let mut text = String::new();
        let mut shown = 0;
        let mut pointer = None;
        let mut until = 0;
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
                    if mask.start <= position && position < mask.end {
                        pointer.get_or_insert(shown);
                    }
                    text.push_str(FILTERED);
                    shown += FILTERED.len();
                }
                Some(_) => {}
                None => {
                    if column == position.column {
                        pointer.get_or_insert(shown);
                    }
                    text.push(if c.is_control() { ' ' } else { c });
                    shown += 1;
                }
            }
            if at(column) < span.end {
                until = shown;
            }
            hiding = mask.map(|mask| mask.start);
        }
        if last < length {
            text.push('…');
        }
        let pointer = pointer.unwrap_or(shown);
        Quote { text, pointer, length: until.saturating_sub(pointer).max(1) }
    }
}

const fn beginning(line: usize) -> Span {
    let position = Position { line, column: 1 };
    Span { start: position, end: position }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: usize, from: usize, to: usize) -> Span {
        Span { start: Position { line, column: from }, end: Position { line, column: to } }
    }

    #[test]
    fn masks_hide_their_part_and_the_pointer_still_points() {
        let mut source = Source::new("a", "one: two\r\nuser: bob, password: hunter2, x: 1\n");
        source.mask(vec![span(2, 22, 29)]);
        let quote = |from, to| source.diagnostic(span(2, from, to), "", Finding::new("")).quote.expect("a quote");
        assert_eq!(quote(31, 35).text, "user: bob, password: [Filtered], x: 1");
        assert_eq!((quote(31, 35).pointer, quote(31, 35).length), ("user: bob, password: [Filtered], ".len(), 4));
        // Neither the length of what is hidden is told, nor what part of it is meant.
        for (from, to) in [(22, 29), (25, 26), (25, 25)] {
            assert_eq!(quote(from, to).pointer, 21);
        }
        assert_eq!((quote(22, 29).length, quote(25, 26).length), (10, 10));
        assert_eq!((quote(1, 1).pointer, quote(1, 1).length), (0, 1));
        assert_eq!(quote(1, 31).length, "user: bob, password: [Filtered], ".len());
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}X{}", "a".repeat(1000), "b".repeat(1000));
        let diagnostic = Source::new("a", &text).diagnostic(span(1, 1001, 1901), "", Finding::new(""));
        let quote = diagnostic.quote.expect("a quote");
        assert_eq!(quote.text.chars().nth(quote.pointer), Some('X'));
        assert!(quote.text.chars().count() <= WIDTH + 2);
        assert!(quote.pointer + quote.length < quote.text.chars().count());
    }

    #[test]
    fn of_several_lines_the_first_is_pointed_at() {
        let text = "- probe: probes.http # one\n  url: x\n";
        let span = Span { start: Position { line: 1, column: 3 }, end: Position { line: 3, column: 1 } };
        let diagnostic = Source::new("a", text).diagnostic(span, "", Finding::new(""));
        assert_eq!((diagnostic.end_line, diagnostic.end_column), (1, 21));
        assert_eq!(diagnostic.quote.expect("a quote").length, 18);
    }
}
