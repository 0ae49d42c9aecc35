//! Results for people: a table of runs, each in full where that is asked for, why some were not well, what it comes to.
//!
//! Everything is written with colours; `anstream`, around the caller's stream, takes them away where they do not belong.

mod bar;
mod cell;
pub(crate) mod diagnostics;
mod failures;
mod legend;
mod log_line;
pub(crate) mod progress;
mod table;
mod text;
mod totals;
mod waterfall;

pub use bar::bar;
pub use cell::Cell;
pub use diagnostics::render;
pub use legend::{legend, word};
pub use log_line::line;
pub use table::{Part, Shown};
pub(crate) use text::length;
pub use text::{cut, width, wrap};

use std::io;
use std::io::Write;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::Style;

use super::palette;
use crate::secrets::Redactor;
use crate::sentry::sanitize::{Cleaner, FACT};

/// Width where there is no terminal to ask.
const WIDTH: usize = 80;
/// Wider lines are hard to follow from one end to the other.
const MAX_WIDTH: usize = 120;
/// For what says itself.
pub const PLAIN: Style = Style::new();
/// For what matters less.
pub const QUIET: Style = DIM;

const BOLD: Style = Style::new().bold();
const HEADING: Style = Style::new().bold().underline();
const DIM: Style = Style::new().dimmed();
/// For what went wrong.
pub const BAD: Style = palette::BAD.style();

/// What bars are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// What every font and every log has: a letter for each phase.
    #[default]
    Ascii,
    /// Blocks, which only their colours tell apart.
    Blocks,
}

impl Glyphs {
    /// Blocks where this stream gets colours, and the locale is one of UTF-8.
    pub fn of(stream: &impl RawStream) -> Self {
        let has_colours = AutoStream::choice(stream) != ColorChoice::Never;
        if has_unicode() && has_colours { Self::Blocks } else { Self::Ascii }
    }
}

/// Whether the locale is one of UTF-8.
pub fn has_unicode() -> bool {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    locale.to_ascii_lowercase().replace('-', "").contains("utf8")
}

/// Shows results in so many columns.
#[derive(Clone, Copy)]
pub struct Terminal<'a> {
    /// How wide lines of text may be.
    width: usize,
    /// How wide the terminal is, if it is one.
    room: Option<usize>,
    glyphs: Glyphs,
    redactor: &'a Redactor,
    cleaner: Cleaner<'a>,
}

impl<'a> Terminal<'a> {
    /// For a terminal of this width, or for a pipe.
    pub fn new(width: Option<usize>, redactor: &'a Redactor) -> Self {
        // Narrower than this nothing can be shown; lines will wrap.
        let room = width.map(|width| width.max(24));
        let width = room.unwrap_or(WIDTH).min(MAX_WIDTH);
        Self { width, room, glyphs: Glyphs::Ascii, redactor, cleaner: Cleaner::new(redactor) }
    }

    /// The same with other glyphs.
    pub fn with(self, glyphs: Glyphs) -> Self {
        Self { glyphs, ..self }
    }

    /// The same with other secrets to filter.
    fn knowing<'b>(&self, redactor: &'b Redactor) -> Terminal<'b> {
        Terminal { redactor, cleaner: Cleaner::new(redactor), ..*self }
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

    /// `text` on one line, without secrets and control characters.
    pub fn line(&self, text: &str) -> String {
        self.cleaner.line(text, FACT).into_owned()
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

    /// `text`, broken into lines between words.
    pub fn paragraph(&self, out: &mut dyn Write, style: Style, text: &str, indent: &str) -> io::Result<()> {
        let text = self.cleaner.line(text, FACT);
        let lines = wrap(&text, self.width.saturating_sub(indent.len()));
        lines.iter().try_for_each(|line| writeln!(out, "{indent}{style}{line}{style:#}"))
    }
}
