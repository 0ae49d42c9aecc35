//! Results for people: a line for each run, a waterfall of its phases, and why it was not well.
//!
//! Everything is written with colours; `anstream`, around the caller's stream, takes them away where they do not belong.

mod recap;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::Delivered;
use super::text::{Cleaner, FACT};
use crate::config::Redactor;
use crate::outcome::{Op, Outcome, Span, Status};

/// Width where there is no terminal to ask.
const WIDTH: usize = 80;
/// Wider lines are hard to follow from one end to the other.
const WIDEST: usize = 120;
/// Below this, numbers serve better than bars.
const SHORTEST_BAR: usize = 8;
/// Width of the longest op.
const OP: usize = 12;
/// Width of a time, e.g. `12345.6 ms`.
const TIME: usize = 10;

/// For what says itself.
pub const PLAIN: Style = Style::new();
/// For what matters less.
pub const QUIET: Style = DIM;

const BOLD: Style = Style::new().bold();
const HEADING: Style = Style::new().bold().underline();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const SLOW: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// What bars are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// What every font and every log has.
    #[default]
    Ascii,
    /// Blocks.
    Blocks,
}

impl Glyphs {
    /// Blocks on a terminal whose locale is one of UTF-8.
    pub fn of(stream: &impl IsTerminal) -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
        let is_utf8 = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
        if is_utf8 && stream.is_terminal() { Self::Blocks } else { Self::Ascii }
    }

    /// Of a phase that went well, of one that failed, and on both sides.
    fn marks(self) -> (char, char, char) {
        match self {
            Self::Ascii => ('=', 'x', '|'),
            Self::Blocks => ('█', '▒', '│'),
        }
    }
}

/// Shows results in so many columns.
#[derive(Clone, Copy)]
pub struct Terminal<'a> {
    width: usize,
    glyphs: Glyphs,
    redactor: &'a Redactor,
    cleaner: Cleaner<'a>,
}

impl<'a> Terminal<'a> {
    /// For a terminal of this width, or for a pipe.
    pub fn new(width: Option<usize>, redactor: &'a Redactor) -> Self {
        // Narrower than this nothing can be shown; lines will wrap.
        let width = width.unwrap_or(WIDTH).clamp(24, WIDEST);
        Self { width, glyphs: Glyphs::Ascii, redactor, cleaner: Cleaner::new(redactor) }
    }

    /// The same with other glyphs.
    pub fn with(self, glyphs: Glyphs) -> Self {
        Self { glyphs, ..self }
    }

    /// The same with other secrets to filter.
    fn knowing<'b>(&self, redactor: &'b Redactor) -> Terminal<'b> {
        Terminal { width: self.width, glyphs: self.glyphs, redactor, cleaner: Cleaner::new(redactor) }
    }

    /// The width of the terminal that standard output or standard error is, if one of them is.
    pub fn columns() -> Option<usize> {
        let size =
            terminal_size::terminal_size_of(io::stdout()).or_else(|| terminal_size::terminal_size_of(io::stderr()));
        size.map(|(terminal_size::Width(width), _)| usize::from(width))
    }

    /// How many columns are used.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Begins a part of a longer report.
    pub fn section(&self, out: &mut dyn Write, title: &str) -> io::Result<()> {
        writeln!(out)?;
        self.heading(out, title)
    }

    /// Names what follows.
    pub fn heading(&self, out: &mut dyn Write, title: &str) -> io::Result<()> {
        writeln!(out, "{HEADING}{}{HEADING:#}", cut(&self.cleaner.line(title, FACT), self.width))
    }

    /// Shows every run.
    pub fn results(&self, out: &mut dyn Write, outcomes: &[Outcome]) -> io::Result<()> {
        for outcome in outcomes {
            let identity = &outcome.identity;
            // The number of a burst's runs is not told, but a second run tells that there are several.
            let several = outcomes.iter().any(|other| {
                other.identity.burst > 0
                    && other.identity.probe == identity.probe
                    && other.identity.tick == identity.tick
            });
            let redactor = self.redactor.with(&outcome.secrets);
            let terminal = self.knowing(&redactor);
            terminal.headline(out, outcome, several)?;
            terminal.waterfall(out, outcome)?;
            terminal.sentence(out, outcome)?;
        }
        Ok(())
    }

    /// Shows what it comes to. `delivered` is `None` where there was nowhere to deliver to.
    pub fn summary(
        &self,
        out: &mut dyn Write,
        outcomes: &[Outcome],
        duration: Duration,
        delivered: Option<&Delivered>,
    ) -> io::Result<()> {
        let mut parts = Vec::new();
        let mut plain = format!(" in {}", length(duration).trim_start()).len();
        for (status, style) in [("ok", GOOD), ("degraded", SLOW), ("failed", BAD), ("skipped", DIM)] {
            let count = outcomes.iter().filter(|outcome| outcome.status.as_str() == status).count();
            if count > 0 {
                plain += format!("{count} {status}, ").len();
                parts.push(format!("{style}{count} {status}{style:#}"));
            }
        }
        if parts.is_empty() {
            parts.push("nothing to run".into());
        }
        let separator = if plain > self.width { ",\n" } else { ", " };
        writeln!(out, "{} in {}", parts.join(separator), length(duration).trim_start())?;
        let Some(delivered) = delivered else { return Ok(()) };
        let Delivered { envelopes, delivered: arrived, duration, .. } = delivered;
        let style = if arrived == envelopes { DIM } else { BAD };
        let counts =
            format!("{arrived} of {envelopes} envelopes delivered to Sentry in {}", length(*duration).trim_start());
        self.paragraph(out, style, &counts, "")?;
        delivered.problems.iter().try_for_each(|problem| self.paragraph(out, BAD, problem, "  "))
    }

    /// Says that there was nowhere to deliver to.
    pub fn nowhere(&self, out: &mut dyn Write) -> io::Result<()> {
        self.paragraph(out, DIM, "nothing delivered: there is no DSN", "")
    }

    /// Status, title, which of a burst, and how long it took.
    fn headline(&self, out: &mut dyn Write, outcome: &Outcome, several: bool) -> io::Result<()> {
        let (word, style) = match outcome.status {
            Status::Ok => ("ok", GOOD),
            Status::Degraded(_) => ("degraded", SLOW),
            Status::Failed(_) => ("failed", BAD),
            Status::Skipped(_) => ("skipped", DIM),
        };
        let time = match outcome.status {
            Status::Skipped(_) => String::new(),
            _ => length(outcome.duration),
        };
        let tick = outcome.identity.tick.time();
        let number = match several {
            true => {
                format!(" {:02}:{:02}:{:02} #{}", tick.hour(), tick.minute(), tick.second(), outcome.identity.burst + 1)
            }
            false => String::new(),
        };
        let room = self.width.saturating_sub(9 + number.len() + 1 + TIME);
        let title = cut(&self.cleaner.line(&outcome.title, FACT), room);
        let gap = if time.is_empty() { 0 } else { room - title.chars().count() + 1 };
        writeln!(out, "{style}{word:<8}{style:#} {BOLD}{title}{BOLD:#}{DIM}{number}{DIM:#}{:gap$}{time}", "")
    }

    fn waterfall(&self, out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
        let spans = &outcome.spans;
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|index| spans[*index].start);
        let mut children = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for index in order {
            match spans[index].parent.and_then(|parent| children.get_mut(parent)) {
                Some(siblings) => siblings.push(index),
                None => roots.push(index),
            }
        }
        let requests = spans.iter().filter(|span| !span.op.is_phase() && span.op != Op::NetConn).count();
        // From the last to the first, as a stack gives them back.
        let mut stack: Vec<usize> = roots.into_iter().rev().collect();
        while let Some(index) = stack.pop() {
            let span = &spans[index];
            if span.op.is_phase() {
                self.phase(out, outcome, span)?;
            } else if span.op != Op::NetConn && requests > 1 {
                self.request(out, span)?;
            }
            stack.extend(children[index].iter().rev());
        }
        Ok(())
    }

    /// One request of several, or one attempt.
    fn request(&self, out: &mut dyn Write, span: &Span) -> io::Result<()> {
        let description = self.cleaner.line(&span.description, FACT);
        let text = if description.is_empty() { span.op.as_str() } else { &description };
        let style = if span.failure.is_some() { BAD } else { Style::new() };
        let room = self.width.saturating_sub(2 + 1 + TIME);
        let time = length(span.end.saturating_sub(span.start));
        writeln!(out, "  {style}{:<room$}{style:#} {DIM}{time}{DIM:#}", cut(text, room))
    }

    /// Name, bar, start and length.
    fn phase(&self, out: &mut dyn Write, outcome: &Outcome, span: &Span) -> io::Result<()> {
        let (good, bad, side) = self.glyphs.marks();
        let (style, mark) = if span.failure.is_some() { (BAD, bad) } else { (GOOD, good) };
        let name = format!("{:<OP$}", span.op.as_str());
        let time = length(span.end.saturating_sub(span.start));
        let numbers = format!("{:>9} +{time}", format!("{:.1}", milliseconds(span.start)));
        let around = 4 + OP + 2 + 1;
        let room = |numbers: &str| self.width.saturating_sub(around + numbers.len());
        let (room, numbers) = match room(&numbers) {
            room if room >= SHORTEST_BAR => (room, numbers),
            _ => (room(&time), time),
        };
        if room < SHORTEST_BAR {
            return writeln!(out, "    {style}{name}{style:#} {numbers}");
        }
        let bar = bar(span, outcome.duration, room, mark);
        writeln!(out, "    {style}{name}{style:#}{DIM}{side}{DIM:#}{style}{bar}{style:#}{DIM}{side}{DIM:#} {numbers}")
    }

    /// Why it was not well.
    fn sentence(&self, out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
        match &outcome.status {
            Status::Ok => Ok(()),
            Status::Failed(failure) => self.paragraph(out, BAD, &failure.to_string(), "  "),
            Status::Degraded(sentence) => self.paragraph(out, SLOW, sentence, "  "),
            Status::Skipped(sentence) => self.paragraph(out, DIM, sentence, "  "),
        }
    }

    /// `text`, broken into lines between words.
    pub fn paragraph(&self, out: &mut dyn Write, style: Style, text: &str, indent: &str) -> io::Result<()> {
        let mut line = String::new();
        for word in self.cleaner.line(text, FACT).split_whitespace() {
            let longer = indent.len() + line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && longer > self.width {
                writeln!(out, "{indent}{style}{line}{style:#}")?;
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        writeln!(out, "{indent}{style}{line}{style:#}")
    }
}

/// The span's share of the run, in `room` columns; never nothing.
fn bar(span: &Span, whole: Duration, room: usize, mark: char) -> String {
    let whole = whole.max(span.end).as_secs_f64();
    let column = |time: Duration| match whole > 0.0 {
        // A share of the run is between 0 and 1.
        true => (time.as_secs_f64() / whole * room as f64).round() as usize,
        false => 0,
    };
    let start = column(span.start).min(room - 1);
    let end = column(span.end).clamp(start + 1, room);
    (0..room).map(|at| if (start..end).contains(&at) { mark } else { ' ' }).collect()
}

/// `text` in `room` columns, with dots for what is left out.
pub fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(3)).chain("...".chars()).take(room).collect()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// `  123.4 ms`, right-aligned.
fn length(duration: Duration) -> String {
    let text = match duration.as_secs() {
        0 if duration < Duration::from_millis(1) => format!("{:.2} ms", milliseconds(duration)),
        0..60 => format!("{:.1} ms", milliseconds(duration)),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    };
    format!("{text:>TIME$}")
}
