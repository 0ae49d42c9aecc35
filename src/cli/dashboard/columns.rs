//! How wide the columns of the table are.

use ratatui::layout::Rect;

use super::state::Row;
use crate::cli::terminal::width;

const GAP: u16 = 2;
/// Width of a time, e.g. `9999.9 ms`.
const TOTAL: u16 = 9;
/// Width of the time to the next tick, e.g. `119s`.
const NEXT: u16 = 4;
/// A bar or sparkline that would be narrower is left out.
const MIN: u16 = 10;
const MAX_BAR_LENGTH: u16 = 60;
const MAX_SPARKS_LENGTH: u16 = 40;
const MIN_TITLE: u16 = 12;
/// A longer title would move the bars too far away from the other titles.
const MAX_TITLE_LENGTH: usize = 60;

/// The columns of the table. A width of 0 means that there is none.
pub(crate) struct Columns {
    title: u16,
    total: u16,
    next: u16,
    bar: u16,
    sparks: u16,
}

impl Columns {
    /// Width of the longest status.
    pub(crate) const STATUS: u16 = 8;

    /// Fits the columns to these rows and to the room that there is.
    pub(crate) fn fit(rows: &[Row], room: u16) -> Self {
        let whole = |row: &Row| width(&row.title) + row.group.as_ref().map_or(0, |group| width(group) + 1);
        let longest = rows.iter().map(whole).max().unwrap_or(0).min(MAX_TITLE_LENGTH);
        let longest = u16::try_from(longest).unwrap_or(MIN_TITLE).max(MIN_TITLE);
        // Where there is little room, the title comes first.
        let around = Self::STATUS + 1;
        let has_total = room >= around + MIN_TITLE + GAP + TOTAL;
        let has_next = room >= around + MIN_TITLE + GAP + TOTAL + GAP + NEXT;
        let (total, next) = (if has_total { TOTAL } else { 0 }, if has_next { NEXT } else { 0 });
        let free = room.saturating_sub(around + gap(total) + total + gap(next) + next);
        let title = longest.min((free / 2).max(MIN_TITLE)).min(free);
        let rest = free - title;
        let both = rest.saturating_sub(2 * GAP);
        let (bar, sparks) = match rest.saturating_sub(GAP) {
            _ if both >= 2 * MIN => {
                let sparks = (both / 3).clamp(MIN, MAX_SPARKS_LENGTH);
                ((both - sparks).min(MAX_BAR_LENGTH), sparks)
            }
            bar if bar >= MIN => (bar, 0),
            _ => (0, 0),
        };
        let title = if bar == 0 { longest.min(free) } else { title };
        Self { title, total, next, bar, sparks }
    }

    /// The areas of status, title, time, bar, sparkline and next tick on a line.
    pub(crate) fn areas(&self, line: Rect) -> [Rect; 6] {
        let mut left = line.x;
        let mut area = |gap: u16, width: u16| {
            let x = left.saturating_add(gap).min(line.right());
            let width = width.min(line.right() - x);
            left = x + width;
            Rect { x, width, ..line }
        };
        [
            area(0, Self::STATUS),
            area(1, self.title),
            area(gap(self.total), self.total),
            area(gap(self.bar), self.bar),
            area(gap(self.sparks), self.sparks),
            area(gap(self.next), self.next),
        ]
    }
}

/// The gap before a column, if the column is there.
const fn gap(width: u16) -> u16 {
    if width > 0 { GAP } else { 0 }
}
