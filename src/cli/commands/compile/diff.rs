//! The beginning of the difference between two templates.

use similar::TextDiff;

/// More lines are not shown.
const MAX: usize = 30;

/// The beginning of a unified diff.
pub(crate) fn of(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let unified = diff.unified_diff().context_radius(1).to_string();
    let mut lines = unified.lines();
    let mut shown: String = lines.by_ref().take(MAX).flat_map(|line| [line, "\n"]).collect();
    match lines.count() {
        0 => {}
        more => shown.push_str(&format!("and {more} more lines\n")),
    }
    shown
}
