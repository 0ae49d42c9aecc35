//! Brackets that are opened and not closed: what a parser only notices many lines later.

use crate::diagnostics::source::{Position, Span};

/// The last bracket before `end` that is open there, and what it is.
///
/// It is a guess, for a text that is not YAML: brackets count where a value can begin, not within a text.
pub(crate) fn unclosed(text: &str, end: Position) -> Option<(Span, char)> {
    let mut open: Vec<(Span, char)> = Vec::new();
    // Lines further in than this one belong to a block of text.
    let mut block: Option<usize> = None;
    for (number, line) in (1..=end.line).zip(text.split('\n')) {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|outer| indent > outer || line.trim().is_empty()) {
            continue;
        }
        block = None;
        let mut quote = None;
        let mut before = ' ';
        let mut begins = true;
        for (column, c) in (1..).zip(line.chars()) {
            let here = Position { line: number, column };
            if here >= end {
                return open.pop();
            }
            match (quote, c) {
                (Some(mark), _) if c == mark => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if begins => quote = Some(c),
                (None, '[' | '{') if begins => {
                    open.push((Span { start: here, end: Position { line: number, column: column + 1 } }, c));
                }
                (None, ']' | '}') if !open.is_empty() => {
                    open.pop();
                }
                (None, '#') if before.is_whitespace() => break,
                _ => {}
            }
            let separates = match c {
                '[' | '{' | ',' => !open.is_empty(),
                ':' | '-' | '?' => true,
                _ => false,
            };
            begins = separates || (begins && c.is_whitespace());
            before = c;
        }
        let code = line.split(" #").next().unwrap_or_default().trim_end();
        if open.is_empty() && code.ends_with(['|', '>', '+', '-']) && code.contains([':', '-']) {
            let is_header = code.rsplit(' ').next().is_some_and(|last| last.starts_with(['|', '>']));
            block = is_header.then_some(indent);
        }
    }
    open.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_values_count_and_those_within_texts_do_not() {
        let end = Position { line: 100, column: 1 };
        let found = |text: &str| unclosed(text, end).map(|(span, c)| (span.start.line, span.start.column, c));
        for text in [
            "a: [1, {b: 2}]\n",
            "a: $.b[0\n",
            "a: \"[\"\nb: '{'\n",
            "a: x # [\n",
            "a: |\n  [\n  {\nb: 1\n",
            "- ^[0-9\n",
            "a: [\"]\", 1]\n",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(found("a: [1, 2\nb: 3\n"), Some((1, 4, '[')));
        assert_eq!(found("a: {b: [1, 2]\nb: 3\n"), Some((1, 4, '{')));
        assert_eq!(found("- {a: 1\n- {b: 1}\n"), Some((1, 3, '{')));
        assert_eq!(unclosed("a: 1\nb: [\n", Position { line: 2, column: 2 }), None);
    }
}
