//! Runs at a glance: a row for each run, with a bar of its phases.

use std::io;
use std::io::Write;

use super::bar::{Cell, bar, draw};
use super::legend::legend;
use super::report::{BOLD, DIM, PLAIN, Terminal};
use super::text::{cut, length, width};
use crate::cli::palette::Colour;
use crate::outcome::Outcome;
use crate::runner::RunResult;
use crate::sentry::sanitize::FACT;

/// Bars are at least this wide, …
const MIN_BAR_LENGTH: usize = 16;
/// … and at most this wide: more columns show nothing more.
const MAX_BAR_LENGTH: usize = 60;
/// How wide bars are where there is no terminal to fill.
const PIPED_BAR: usize = 32;
/// A title that would be narrower has its bar on the next line.
const MIN_TITLE: usize = 24;
/// Longer titles would move the bars too far away from the other titles.
const MAX_TITLE_LENGTH: usize = 72;
/// Between columns.
const GAP: usize = 2;

/// The runs of a group.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The group's name, where there are several groups.
    pub heading: Option<&'a str>,
    /// Its runs, with those of a burst next to each other.
    pub outcomes: &'a [Outcome],
}

/// Which runs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Every run, with its bar.
    Everything,
    /// Only runs that were not ok, and why.
    Problems,
}

impl Shown {
    /// Whether this run is shown.
    pub fn has(self, outcome: &Outcome) -> bool {
        self == Self::Everything || outcome.status.as_str() != "ok"
    }
}

/// One run.
struct Row {
    result: RunResult,
    title: String,
    /// Which of a burst, e.g. ` #2`.
    number: String,
    total: String,
    /// Why it was not ok.
    sentence: Option<String>,
    /// Whether the probe's next run has the same sentence, which is then shown once, below that.
    is_repeated: bool,
}

/// How wide the columns are.
struct Columns {
    status: usize,
    title: usize,
    total: usize,
    bar: usize,
    /// Whether the bar is on a line of its own, for want of room beside the title.
    is_stacked: bool,
}

impl Terminal<'_> {
    /// Shows runs as a table with bars on one scale, and a legend.
    pub fn table(&self, out: &mut dyn Write, parts: &[Part<'_>], shown: Shown) -> io::Result<()> {
        let parts: Vec<(Option<&str>, Vec<Row>)> =
            parts.iter().map(|part| (part.heading, self.rows(part.outcomes, shown))).collect();
        let rows = || parts.iter().flat_map(|(_, rows)| rows);
        let columns = Columns::fit(rows(), self.room, shown == Shown::Everything);
        // One scale for all, so that slow runs stand out.
        let whole = rows().map(|row| row.result.duration_ms).fold(0.0, f64::max);
        let bars: Vec<Vec<Cell>> = rows().map(|row| bar(&row.result.phases, whole, columns.bar, self.glyphs)).collect();
        let mut next = bars.iter();
        for (index, (heading, rows)) in parts.iter().filter(|(_, rows)| !rows.is_empty()).enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            if let Some(heading) = heading {
                self.heading(out, heading)?;
            }
            rows.iter().zip(next.by_ref()).try_for_each(|(row, bar)| self.row(out, row, bar, &columns))?;
        }
        let marks = legend(bars.iter().flatten(), self.glyphs);
        if !marks.is_empty() {
            writeln!(out)?;
            self.legend(out, &marks)?;
        }
        Ok(())
    }

    fn rows(&self, outcomes: &[Outcome], shown: Shown) -> Vec<Row> {
        let mut rows: Vec<(&Outcome, Row)> = Vec::new();
        for outcome in outcomes.iter().filter(|outcome| shown.has(outcome)) {
            let row = self.row_of(outcome, is_one_of_several(outcome, outcomes));
            if let Some((last, before)) = rows.last_mut() {
                before.is_repeated = last.identity.probe == outcome.identity.probe && before.sentence == row.sentence;
            }
            rows.push((outcome, row));
        }
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn row_of(&self, outcome: &Outcome, is_one_of_several: bool) -> Row {
        let result = RunResult::new(outcome, self.redactor);
        Row {
            title: self.cleaner.line(&result.title, FACT).into_owned(),
            number: if is_one_of_several { format!(" #{}", result.burst + 1) } else { String::new() },
            total: if result.status == "skipped" { String::new() } else { length(outcome.duration) },
            sentence: result.sentence(),
            is_repeated: false,
            result,
        }
    }

    fn row(&self, out: &mut dyn Write, row: &Row, bar: &[Cell], columns: &Columns) -> io::Result<()> {
        let Row { result, number, total, .. } = row;
        let status = result.status;
        let style = Colour::of_status(status).style();
        let emphasis = if status == "ok" { PLAIN } else { BOLD };
        let title = cut(&row.title, columns.title.saturating_sub(width(number)));
        write!(out, "{style}{status:<0$}{style:#} {emphasis}{title}{emphasis:#}{DIM}{number}{DIM:#}", columns.status)?;
        let room = columns.total;
        if columns.is_stacked && !total.is_empty() {
            write!(out, "\n{:GAP$}{total:>room$}", "")?;
        } else if !total.is_empty() {
            let gap = columns.title - width(&title) - width(number) + GAP;
            write!(out, "{:gap$}{total:>room$}", "")?;
        }
        if bar.iter().any(|cell| cell.colour.is_some()) {
            write!(out, "{:GAP$}", "")?;
            draw(out, bar)?;
        }
        writeln!(out)?;
        match &row.sentence {
            Some(sentence) if !row.is_repeated => {
                let indent = if columns.is_stacked { GAP } else { columns.status + 1 };
                self.paragraph(out, style, sentence, &" ".repeat(indent))
            }
            _ => Ok(()),
        }
    }
}

impl Columns {
    /// Fits the columns to these rows and to the width of the terminal; `None` where there is no terminal.
    fn fit<'a>(rows: impl Iterator<Item = &'a Row> + Clone, room: Option<usize>, has_bars: bool) -> Self {
        let widest = |of: fn(&Row) -> usize| rows.clone().map(of).max().unwrap_or(0);
        let status = widest(|row| row.result.status.len());
        let total = widest(|row| row.total.len());
        let longest = widest(|row| width(&row.title) + width(&row.number)).min(MAX_TITLE_LENGTH);
        let of = |title, bar, is_stacked| Self { status, title, total, bar, is_stacked };
        let Some(room) = room else {
            return of(longest, if has_bars { PIPED_BAR } else { 0 }, false);
        };
        let beside = room.saturating_sub(status + 1 + GAP + total);
        let under = room.saturating_sub(status + 1);
        let title = longest.min(MIN_TITLE);
        if !has_bars {
            let is_stacked = beside < title;
            return of(longest.min(if is_stacked { under } else { beside }), 0, is_stacked);
        }
        let free = beside.saturating_sub(GAP);
        if free < title + MIN_BAR_LENGTH {
            let bar = room.saturating_sub(GAP + total + GAP);
            return of(longest.min(under), bar, true);
        }
        let least = MIN_BAR_LENGTH.max(free * 2 / 5).min(free - title);
        let bar = free.saturating_sub(longest).clamp(least, MAX_BAR_LENGTH.max(least));
        of(longest.min(free - bar), bar, false)
    }
}

/// Whether this run is one of a burst of several: an outcome does not say how large its burst is, but a second run does.
pub(crate) fn is_one_of_several(outcome: &Outcome, outcomes: &[Outcome]) -> bool {
    let identity = &outcome.identity;
    outcomes.iter().map(|other| &other.identity).any(|other| {
        other.burst > 0 && other.probe == identity.probe && other.group == identity.group && other.tick == identity.tick
    })
}
