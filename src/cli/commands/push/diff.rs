//! What a push changes: a unified diff of each parameter, without secrets.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::config::RedactedLine;
use crate::parameters::Change;
use crate::secrets::{Redactor, Secret};

/// Lines of context around a change.
const AROUND: usize = 3;

const HEADING: Style = Style::new().bold().underline();
const BOLD: Style = Style::new().bold();
const PLACE: Style = AnsiColor::Cyan.on_default();
const OLD: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();

/// Names the regions that the changes are for.
pub(crate) fn heading(regions: &[&str]) -> String {
    format!("{HEADING}{}{HEADING:#}\n", regions.join(", "))
}

/// All changes of a region.
pub(crate) fn render(changes: &[Change], redactor: &Redactor) -> String {
    if changes.is_empty() {
        return "no changes\n".to_owned();
    }
    changes.iter().map(|change| format!("{}{}\n", headline(change), lines(change, redactor))).collect()
}

/// The parameter, and what happens to it.
fn headline(change: &Change) -> String {
    let what = match (&change.old, &change.new) {
        (_, None) => "removed",
        (None, Some(_)) => "new",
        (Some(_), Some(_)) => "changed",
    };
    let mut line = format!("{BOLD}{}{BOLD:#}: {what}", change.name);
    match &change.new {
        _ if change.is_dsn => line.push_str(" (not shown)"),
        Some(new) => {
            let _ = write!(line, ", {} bytes", new.expose().len());
        }
        None => {}
    }
    if change.is_advanced && change.new.is_some() {
        line.push_str(", advanced tier");
    }
    line.push('\n');
    line
}

/// The lines that are added and removed. Lines whose secrets differ count as different, though they look the same.
fn lines(change: &Change, redactor: &Redactor) -> String {
    if change.is_dsn {
        return String::new();
    }
    let all = |text: &Option<_>| text.as_ref().map(|text| shown(text, redactor)).unwrap_or_default();
    let (old, new) = (all(&change.old), all(&change.new));
    let texts = |lines: &[RedactedLine]| lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
    let operations = capture_diff_slices(Algorithm::Myers, &texts(&old), &texts(&new));
    let mut diff = String::new();
    for hunk in group_diff_ops(operations, AROUND) {
        let _ = writeln!(diff, "{PLACE}{}{PLACE:#}", hunk_header(&hunk));
        for operation in &hunk {
            let (is_same, old, new) =
                (operation.tag() == DiffTag::Equal, &old[operation.old_range()], &new[operation.new_range()]);
            if is_same {
                new.iter().for_each(|line| push(&mut diff, Style::new(), ' ', line));
            } else {
                old.iter().for_each(|line| push(&mut diff, OLD, '-', line));
                new.iter().for_each(|line| push(&mut diff, NEW, '+', line));
            }
        }
    }
    diff
}

fn shown(text: &Secret, redactor: &Redactor) -> Vec<RedactedLine> {
    RedactedLine::all(text.expose(), redactor)
}

fn push(diff: &mut String, style: Style, sign: char, line: &RedactedLine) {
    let _ = writeln!(diff, "{style}{sign}{}{style:#}", line.shown);
    if !line.text.expose().ends_with('\n') {
        diff.push_str("\\ No newline at end of file\n");
    }
}

/// `@@ -1,3 +1,4 @@`, as in `diff -u`.
fn hunk_header(hunk: &[DiffOp]) -> String {
    let range = |start: usize, end: usize| match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    };
    let (first, last) = (hunk.first(), hunk.last());
    let bounds = |of: fn(&DiffOp) -> std::ops::Range<usize>| {
        let start = first.map(|operation| of(operation).start).unwrap_or_default();
        range(start, last.map(|operation| of(operation).end).unwrap_or(start))
    };
    format!("@@ -{} +{} @@", bounds(DiffOp::old_range), bounds(DiffOp::new_range))
}
