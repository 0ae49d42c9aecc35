//! Draws the state on the screen.

use std::time::Duration;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::bar;
use ratatui::text::{Line, Span};
use ratatui::widgets::{RenderDirection, Sparkline, SparklineBar, Widget as _};
use time::OffsetDateTime;

use super::columns::Columns;
use super::state::{PastRun, Row, State};
use crate::cli::palette::{BAD, Colour};
use crate::cli::terminal::{
    Cell, Glyphs, bar as phases_bar, cut, diagnostics, has_unicode, legend, length, width, wrap,
};
use crate::wording::counted;

/// How many lines a sentence under its probe may take.
const MAX_SENTENCE_LINES: usize = 2;
/// Sparkline characters that every font has.
const ASCII_SPARKS: bar::Set<'_> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "=",
    five_eighths: "=",
    half: "-",
    three_eighths: "-",
    one_quarter: "_",
    one_eighth: "_",
    empty: " ",
};
/// A failed run in a sparkline: its duration means nothing.
const FAILED: &str = "x";

/// What the terminal can show.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// The characters of bars.
    pub glyphs: Glyphs,
    pub has_colours: bool,
    /// Whether the terminal knows more than ASCII.
    pub has_unicode: bool,
}

impl Look {
    /// What this stream can show.
    pub(crate) fn of(stream: &impl RawStream) -> Self {
        Self {
            glyphs: Glyphs::of(stream),
            has_colours: AutoStream::choice(stream) != ColorChoice::Never,
            has_unicode: has_unicode(),
        }
    }

    fn style(self, colour: Colour) -> Style {
        if self.has_colours { Style::new().fg(Color::Indexed(colour.number())) } else { Style::new() }
    }
}

const PLAIN: Style = Style::new();
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// A line of the table.
enum TableLine<'a> {
    Probe(&'a Row),
    Sentence(&'a Row, String),
}

/// Draws everything, the table scrolled down by `offset` lines. Returns the offset that was possible: scrolling ends with the
/// last line.
pub(crate) fn draw(frame: &mut Frame<'_>, state: &State, now: OffsetDateTime, look: Look, offset: usize) -> usize {
    let area = frame.area();
    let foot = footer(state, look, area);
    let feet = u16::try_from(foot.len()).unwrap_or(u16::MAX);
    let rows = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1), Constraint::Length(feet)];
    let [head, table, marks, bottom] = Layout::vertical(rows).areas(area);
    let buffer = frame.buffer_mut();
    let columns = Columns::fit(&state.rows, area.width);
    names(buffer, head, &columns, look);

    let room = usize::from(table.height);
    let indent = Columns::STATUS + 1;
    let mut order: Vec<&Row> = state.rows.iter().collect();
    let lines_of =
        |order: &[&'_ Row]| -> usize { order.iter().map(|row| 1 + sentence(row, area.width, indent).len()).sum() };
    if lines_of(&order) > room {
        // Problems come first.
        order.sort_by_key(|row| rank(row));
    }
    let mut lines = Vec::new();
    for row in order {
        lines.push(TableLine::Probe(row));
        lines.extend(sentence(row, area.width, indent).into_iter().map(|text| TableLine::Sentence(row, text)));
    }
    let offset = offset.min(lines.len().saturating_sub(room));
    let whole = state.rows.iter().filter_map(|row| Some(row.last.as_ref()?.result.duration_ms)).fold(0.0, f64::max);
    let mut cells = Vec::new();
    for (line, area) in lines.iter().skip(offset).zip(table.rows()) {
        match line {
            TableLine::Probe(row) => {
                cells.extend(probe(buffer, area, row, &columns, (whole, now, state.is_stopping), look))
            }
            TableLine::Sentence(row, text) => {
                let area = Rect { x: area.x + indent, width: area.width.saturating_sub(indent), ..area };
                let style = look.style(Colour::of_status(row.status().unwrap_or_default()));
                Line::styled(text.as_str(), style).render(area, buffer);
            }
        }
    }
    let hidden = |lines: &[TableLine<'_>]| lines.iter().filter(|line| matches!(line, TableLine::Probe(_))).count();
    let (above, below) = (hidden(&lines[..offset]), hidden(&lines[(offset + room).min(lines.len())..]));
    legend_line(buffer, marks, &cells, (above, below), look);
    for (line, area) in foot.into_iter().zip(bottom.rows()) {
        line.render(area, buffer);
    }
    offset
}

/// The more urgent, the lower.
fn rank(row: &Row) -> u8 {
    match row.status() {
        Some("failed") => 0,
        Some("degraded") => 1,
        Some("skipped") => 2,
        _ => 3,
    }
}

fn sentence(row: &Row, room: u16, indent: u16) -> Vec<String> {
    let Some(text) = row.last.as_ref().and_then(|last| last.sentence.as_deref()) else { return Vec::new() };
    let room = usize::from(room.saturating_sub(indent)).max(1);
    let mut lines = wrap(text, room);
    if lines.len() > MAX_SENTENCE_LINES {
        lines.truncate(MAX_SENTENCE_LINES);
        lines.last_mut().into_iter().for_each(|last| *last = cut(&format!("{last} ..."), room));
    }
    lines.into_iter().map(|line| cut(&line, room)).collect()
}

/// The names of the columns.
fn names(buffer: &mut Buffer, area: Rect, columns: &Columns, look: Look) {
    let [status, title, total, bar, sparks, next] = columns.areas(area);
    let style = DIM.add_modifier(Modifier::UNDERLINED);
    let style = if look.has_colours { style } else { DIM };
    let phases = "phases of the last run";
    let phases = if width(phases) <= usize::from(bar.width) { phases } else { "phases" };
    for (text, area) in [("status", status), ("probe", title), (phases, bar), ("runs", sparks)] {
        Line::styled(cut(text, area.width.into()), style).render(area, buffer);
    }
    for (text, area) in [("took", total), ("next", next)] {
        Line::styled(cut(text, area.width.into()), style).right_aligned().render(area, buffer);
    }
}

/// Draws one probe. Returns the cells of its bar.
fn probe(
    buffer: &mut Buffer,
    area: Rect,
    row: &Row,
    columns: &Columns,
    (whole, now, is_stopping): (f64, OffsetDateTime, bool),
    look: Look,
) -> Vec<Cell> {
    let [status, title, total, bar, sparks, next] = columns.areas(area);
    let word = row.status();
    let (text, style) = match word {
        Some(word) => (word, look.style(Colour::of_status(word))),
        None => ("-", DIM),
    };
    Span::styled(text, style).render(status, buffer);
    let group = row.group.as_ref().map(|group| format!("{group}/")).unwrap_or_default();
    let emphasis = if matches!(word, None | Some("ok")) { Style::new() } else { BOLD };
    let group = cut(&group, usize::from(title.width) / 2);
    let text = cut(&row.title, usize::from(title.width).saturating_sub(width(&group)));
    Line::from(vec![Span::styled(group, DIM), Span::styled(text, emphasis)]).render(title, buffer);
    let due = match (is_stopping, row.is_running) {
        (_, true) => "now".to_owned(),
        (true, false) => String::new(),
        (false, false) => span(row.next(now)),
    };
    Line::styled(due, DIM).right_aligned().render(next, buffer);
    sparkline(buffer, sparks, row, look);
    let Some(last) = &row.last else { return Vec::new() };
    if word != Some("skipped") {
        let took = length(Duration::try_from_secs_f64(last.result.duration_ms / 1000.0).unwrap_or_default());
        Line::from(took).right_aligned().render(total, buffer);
    }
    let cells = phases_bar(&last.result.phases, whole, bar.width.into(), look.glyphs);
    for (cell, position) in cells.iter().zip(bar.columns()) {
        let style = cell.colour.map_or(Style::new(), |colour| look.style(colour));
        let behind = cell.behind.filter(|_| look.has_colours);
        let style = behind.map_or(style, |behind| style.bg(Color::Indexed(behind.number())));
        buffer.set_string(position.x, position.y, cell.glyph.to_string(), style);
    }
    cells
}

/// How long the last runs took, each probe on a scale of its own; the newest on the right.
fn sparkline(buffer: &mut Buffer, area: Rect, row: &Row, look: Look) {
    let room = usize::from(area.width);
    let past: Vec<&PastRun> = row.past.iter().rev().take(room).collect();
    let micros = |past: &PastRun| u64::try_from(past.duration.as_micros()).unwrap_or(u64::MAX);
    let longest = past.iter().filter(|past| past.status != "failed").map(|past| micros(past)).max().unwrap_or(1).max(1);
    let spark = |past: &&PastRun| {
        let style = look.style(Colour::of_status(past.status));
        // Even the shortest run can be seen.
        let value = (past.status != "failed").then(|| micros(past).max(longest / 8));
        SparklineBar::from(value).style(Some(style))
    };
    Sparkline::default()
        .data(past.iter().map(spark).collect::<Vec<_>>())
        .direction(RenderDirection::RightToLeft)
        .max(longest)
        .bar_set(if look.has_unicode { bar::NINE_LEVELS } else { ASCII_SPARKS })
        .absent_value_symbol(FAILED)
        .absent_value_style(look.style(BAD))
        .render(area, buffer);
}

/// Explains the bars, and says how many probes are above and below the screen.
fn legend_line(buffer: &mut Buffer, area: Rect, cells: &[Cell], (above, below): (usize, usize), look: Look) {
    let mut spans = Vec::new();
    for (mark, colour, word) in legend(cells, look.glyphs) {
        spans.push(Span::styled(mark.to_string(), look.style(colour)));
        spans.push(Span::styled(format!(" {word}  "), DIM));
    }
    Line::from(spans).render(area, buffer);
    let more = match (above, below) {
        (0, 0) => return,
        (0, below) => format!("  {below} more below"),
        (above, 0) => format!("  {above} more above"),
        (above, below) => format!("  {above} more above, {below} below"),
    };
    let room = u16::try_from(width(&more)).unwrap_or(u16::MAX).min(area.width);
    let area = Rect { x: area.right() - room, width: room, ..area };
    Line::styled(more, BOLD).render(area, buffer);
}

/// The footer: totals, what is wrong with the configuration, and the last event.
fn footer(state: &State, look: Look, area: Rect) -> Vec<Line<'static>> {
    let bad = look.style(BAD);
    let room = usize::from(area.width);
    let mut counts = vec![(counted(state.runs, "run"), PLAIN)];
    if state.failed > 0 {
        counts.push((format!("{} failed", state.failed), bad));
    }
    match state.is_delivered {
        true => counts.push((format!("{} delivered", counted(state.delivered, "envelope")), PLAIN)),
        false => counts.push(("nothing is delivered: there is no DSN".to_owned(), DIM)),
    }
    for (count, word) in [(state.waiting as u64, "waiting"), (state.lost, "lost")] {
        if count > 0 {
            counts.push((format!("{count} {word}"), bad));
        }
    }
    counts.push((format!("up {}", span(state.up())), PLAIN));
    counts.push(("q to quit".to_owned(), DIM));
    let mut lines = listed(counts, room);
    // The table needs its room.
    let most = usize::from(area.height / 3).max(2);
    if let Some(diagnostic) = &state.diagnostic {
        let diagnostic = format!("{}\n{diagnostic}", diagnostics::refused(&state.file));
        lines.extend(diagnostic.lines().take(most - 1).map(|line| {
            let line = line.replace(char::is_control, " ");
            Line::styled(cut(&line, room), bad)
        }));
    }
    if let Some(message) = &state.message {
        let time = message.time.time();
        let text = format!("{:02}:{:02}:{:02} {}", time.hour(), time.minute(), time.second(), message.text);
        let text = text.replace(char::is_control, " ");
        lines.push(Line::styled(cut(&text, room), if message.is_problem { bad } else { DIM }));
    }
    lines
}

/// Texts on as many lines as they take.
fn listed(texts: Vec<(String, Style)>, room: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (text, style) in texts {
        match lines.last_mut() {
            Some(line) if line.width() + 2 + width(&text) <= room => {
                line.push_span(Span::from(", "));
                line.push_span(Span::styled(text, style));
            }
            _ => lines.push(Line::from(Span::styled(cut(&text, room), style))),
        }
    }
    lines
}

/// `59s`, `12m`, `3h`, `2d`.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7199 => format!("{}m", seconds / 60),
        7200..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
