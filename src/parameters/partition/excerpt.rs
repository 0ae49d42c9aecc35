//! The user's own lines: comments, quotes and blank lines as they are.
//!
//! Lines are selected by their indentation alone. The caller checks that the result is equivalent to the desired document.

use crate::diagnostics::source::{Position, Source};
use crate::secrets::sensitive;
use crate::yaml::node::Node;
use crate::yaml::write;

/// The lines of a group in a list, moved to the left, with the name that it goes by if it has none itself.
pub(crate) fn of_group(source: &Source, node: &Node, name: Option<&str>) -> Option<String> {
    let Position { line: first, column } = node.position();
    let line = source.line(first)?;
    let (before, entry) = line.split_at_checked(column.checked_sub(1)?)?;
    if entry.starts_with('{') || !before.contains('-') || !before.bytes().all(|byte| matches!(byte, b' ' | b'-')) {
        return None;
    }
    let mut lines = comments_above(source, first, before.find('-')?);
    lines.extend(name.map(|name| format!("name: {}", write::one_line(name))));
    lines.push(entry.to_owned());
    let last = end(source, first, |line| indent(line) >= before.len());
    lines.extend((first + 1..=last).filter_map(|number| source.line(number)).map(|line| dedent(line, before.len())));
    joined(lines)
}

/// The lines of the settings, without those of a DSN that is written out.
pub(crate) fn of_settings(source: &Source, root: &Node, desired: &Node) -> Option<String> {
    let mut lines = Vec::new();
    for entry in desired.entries() {
        let Position { line: first, column } = entry.location.span.start;
        let depth = column.checked_sub(1)?;
        if indent(source.line(first)?) != depth {
            return None;
        }
        let dsn = (entry.name == "sentry").then(|| root.get("sentry")?.entry("dsn")).flatten();
        // As it is in the file.
        let dsn = dsn.filter(|_| entry.value.entry("dsn").is_none()).map(|dsn| {
            let Position { line: first, column } = dsn.location.span.start;
            first..=end(source, first, |line| indent(line) >= column)
        });
        lines.extend(comments_above(source, first, depth));
        let is_within = |line: &str| indent(line) > depth || line.trim_start().starts_with("- ");
        let numbers = first..=end(source, first, is_within);
        let numbers = numbers.filter(|number| !dsn.as_ref().is_some_and(|dsn| dsn.contains(number)));
        lines.extend(numbers.filter_map(|number| source.line(number)).map(|line| dedent(line, depth)));
    }
    joined(lines)
}

fn joined(lines: Vec<String>) -> Option<String> {
    // What a comment holds would be as plain to see there as here, but here it is not in the cloud.
    let is_telling = |line: &String| sensitive::in_comment(line).is_some();
    (!lines.iter().any(is_telling)).then(|| lines.join("\n") + "\n")
}

/// The last line of the block that begins in line `first`. Blank lines and comments belong to it where more of it
/// follows.
fn end(source: &Source, first: usize, is_within: impl Fn(&str) -> bool) -> usize {
    let mut last = first;
    for number in first + 1.. {
        let Some(line) = source.line(number) else { break };
        let is_blank = line.trim().is_empty();
        if !is_blank && is_within(line) {
            last = number;
        } else if !is_blank && !is_comment(line) {
            break;
        }
    }
    last
}

/// The comments right above a line, as deep as `depth`.
fn comments_above(source: &Source, line: usize, depth: usize) -> Vec<String> {
    let above = (1..line).rev().map_while(|number| source.line(number));
    let mut comments: Vec<String> =
        above.take_while(|line| is_comment(line) && indent(line) == depth).map(|line| dedent(line, depth)).collect();
    comments.reverse();
    comments
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn indent(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

fn dedent(line: &str, depth: usize) -> String {
    line[indent(line).min(depth)..].to_owned()
}
