//! What is wrong with a text that is not YAML, in words for those who do not know its grammar.

mod brackets;

use saphyr_parser::{Marker, ScanError};

use crate::diagnostics::Diagnostic;
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Position, Source, Span};

/// The position of what the parser marks.
pub(super) fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

/// Puts the parser's finding into words, and shows the place that has to be mended rather than the one where it gave up.
pub(crate) fn explain(source: &Source, error: &ScanError) -> Diagnostic {
    let at = position(*error.marker());
    let info = error.info();
    let text = Broken { source, at };
    let (span, finding) = text
        .tab()
        .or_else(|| text.bracket(info))
        .or_else(|| text.missing_space(info))
        .or_else(|| text.by_message(info))
        .unwrap_or_else(|| {
            let help = "check quotes, brackets and indentation, here and in the line above";
            (text.here(), Finding::new("this is not YAML").with_help(help))
        });
    source.syntax_problem(span, finding)
}

type Found = (Span, Finding);

/// A text, and where the parser gave up.
struct Broken<'a> {
    source: &'a Source,
    at: Position,
}

impl Broken<'_> {
    fn here(&self) -> Span {
        Span { start: self.at, end: self.at }
    }

    /// The last line up to here that holds anything, with its number.
    fn last_line(&self, from: usize) -> Option<(usize, &str)> {
        let is_something = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        (1..=from)
            .rev()
            .take(50)
            .find_map(|number| Some((number, self.source.line(number).filter(|line| is_something(line))?)))
    }

    /// A tab where only spaces may be.
    fn tab(&self) -> Option<Found> {
        let (number, line) = self.last_line(self.at.line)?;
        let indent = line.chars().take_while(|c| c.is_whitespace() || *c == '-').count();
        let tabs = line.chars().take(indent).position(|c| c == '\t')? + 1;
        let start = Position { line: number, column: tabs };
        let width = line.chars().skip(tabs - 1).take_while(|c| *c == '\t').count();
        let finding = Finding::new("the indentation contains a tab, but YAML allows only spaces");
        let finding = finding.with_help("replace it with spaces; most editors can do this automatically");
        Some((Span { start, end: Position { line: number, column: tabs + width } }, finding))
    }

    /// A bracket that is still open.
    fn bracket(&self, info: &str) -> Option<Found> {
        let of_brackets =
            ["flow", "illegal placement of ':'", "may not precede", "unexpected eof", "node content", "mapping values"];
        if !of_brackets.iter().any(|part| info.contains(part)) {
            return None;
        }
        let (span, bracket) = brackets::unclosed(self.source.text(), self.at)?;
        let (close, what) = if bracket == '[' { (']', "list") } else { ('}', "map") };
        if span.start.line == self.at.line {
            let finding = Finding::new(format!("a `,` or the `{close}` of this {what} is missing here"));
            let help = "a string that contains `,`, `[`, `]`, `{`, `}` or `: ` has to be quoted here";
            return Some((self.here(), finding.with_help(help)));
        }
        let finding = Finding::new(format!("this `{bracket}` has no `{close}`"));
        let related = self.source.syntax_related(self.here(), "expected before this");
        Some((span, finding.with_help(format!("write `{close}` at the end of the {what}")).with_related(related)))
    }

    /// `name:website` and `-probe: …`: what is not followed by a space is a part of the text.
    fn missing_space(&self, info: &str) -> Option<Found> {
        if !["mapping values", "simple key", "block mapping", "block collection", "invalid indentation"]
            .iter()
            .any(|part| info.contains(part))
        {
            return None;
        }
        let mut number = self.at.line;
        for _ in 0..2 {
            let (found, line) = self.last_line(number)?;
            let content = line.trim_start();
            let indent = line.chars().count() - content.chars().count();
            let after_dash = content.strip_prefix("- ").map_or(content, str::trim_start);
            let dash = content.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
            let name = after_dash.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')).count();
            let glued = {
                let rest: String = after_dash.chars().skip(name).take(2).collect();
                name > 0 && rest.starts_with(':') && rest.chars().nth(1).is_some_and(|c| !c.is_whitespace())
            };
            let offset = content.chars().count() - after_dash.chars().count();
            let (column, mark) = match (dash, glued) {
                (true, _) => (indent + 1, '-'),
                (_, true) => (indent + offset + name + 1, ':'),
                _ => {
                    number = found.checked_sub(1)?;
                    continue;
                }
            };
            let span =
                Span { start: Position { line: found, column }, end: Position { line: found, column: column + 1 } };
            return Some((span, Finding::new(format!("a space is missing after this `{mark}`"))));
        }
        None
    }

    /// The rest goes by what the parser says.
    fn by_message(&self, info: &str) -> Option<Found> {
        let is = |part: &str| info.contains(part);
        let quotes = "put the string in quotes";
        let finding = if is("recursion limit") {
            Finding::new("lists and maps are nested too deeply")
        } else if is("escape") && is("quoted scalar") {
            Finding::new("in double quotes, `\\` begins an escape sequence, and this is not a valid one")
                .with_help("write `\\\\`, or use single quotes, where `\\` has no special meaning")
        } else if is("trailing content after double-quoted") {
            Finding::new("there is more after the closing quote")
                .with_help("put the quotes around the whole string; within single quotes, `\"` has no special meaning")
        } else if is("quoted scalar") {
            return Some(self.quote());
        } else if is("mapping values") || is("illegal placement of ':'") {
            let line = self.source.line(self.at.line).unwrap_or_default();
            let before: String = line.chars().take(self.at.column.saturating_sub(1)).collect();
            if !before.contains(": ") {
                return Some(self.indentation());
            }
            Finding::new("there is a second `: ` in this line").with_help(quotes)
        } else if is("block sequence entries") {
            Finding::new("a list cannot begin here").with_help("write each `- ` on a line of its own")
        } else if is("block mapping") || is("block collection") || is("indentation") {
            return Some(self.indentation());
        } else if is("unknown anchor") {
            Finding::new("`*` begins an alias, but no anchor above has this name").with_help(quotes)
        } else if is("anchor or alias") {
            Finding::new("`*` begins an alias and `&` an anchor, so a name has to follow").with_help(quotes)
        } else if is("unexpected character") || is("found unprintable") {
            Finding::new("a string cannot begin with this character").with_help(quotes)
        } else if is("simple key") {
            Finding::new("this line has no `: `").with_help("write `name: value`")
        } else if is("misplaced bracket") || is("expected node content") || is("next token") {
            Finding::new("unexpected bracket or comma, or a missing value").with_help(quotes)
        } else if is("tab") {
            Finding::new("YAML does not allow a tab here").with_help("replace it with spaces")
        } else if is("tag") || is("handle") {
            Finding::new("`!` begins a YAML tag, and tags are not supported").with_help(quotes)
        } else if is("directive") {
            Finding::new("`%` at the beginning of a line begins a YAML directive, and this is not a valid one")
        } else if is("document") {
            Finding::new("the document has ended before this line").with_help("remove the lines `---` and `...`")
        } else if is("block scalar") {
            Finding::new("the lines of this block are indented inconsistently")
                .with_help("after `|` and `>`, the text begins on the next line, indented with spaces")
        } else {
            return None;
        };
        Some((self.here(), finding))
    }

    /// A quote that is not closed: the parser points at where it begins, or at the end.
    fn quote(&self) -> Found {
        let is_quote = |position: Position| {
            self.source.line(position.line).and_then(|line| line.chars().nth(position.column.checked_sub(1)?))
        };
        match is_quote(self.at) {
            Some(mark @ ('"' | '\'')) => {
                let end = Position { line: self.at.line + 1, column: 1 };
                let finding = Finding::new(format!("this string begins with `{mark}` but does not end with it"));
                (Span { start: self.at, end }, finding.with_help(format!("write `{mark}` at its end")))
            }
            _ => (self.here(), Finding::new("a quote was opened but is not closed before this").with_help("close it")),
        }
    }

    /// A line that begins in a column where none of the maps and lists around it does.
    fn indentation(&self) -> Found {
        let column = |line: &str| line.chars().take_while(|c| *c == ' ').count() + 1;
        let Some((number, line)) = self.last_line(self.at.line) else {
            return (self.here(), Finding::new("this is not indented like the lines above"));
        };
        let own = column(line);
        let span =
            Span { start: Position { line: number, column: own }, end: Position { line: number + 1, column: 1 } };
        let finding = Finding::new(format!("this line begins in column {own}, which matches no map or list above"));
        // A line is a neighbour from its dash on, and from what comes after the dash.
        let mut near: Option<(usize, usize)> = None;
        let mut above = number;
        while let Some((found, line)) = above.checked_sub(1).and_then(|above| self.last_line(above)) {
            let first = column(line);
            let after = line
                .trim_start()
                .strip_prefix("- ")
                .map(|rest| line.chars().count() - rest.trim_start().chars().count() + 1);
            for candidate in after.into_iter().chain([first]) {
                if near.is_none_or(|(_, known)| candidate.abs_diff(own) < known.abs_diff(own)) {
                    near = Some((found, candidate));
                }
            }
            if first < own || number - found > 50 {
                break;
            }
            above = found;
        }
        let help = near.map(|(line, column)| format!("the nearest is line {line}, which begins in column {column}"));
        (span, finding.with_maybe(help))
    }
}
