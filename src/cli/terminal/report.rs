//! A report for people: as wide as the terminal, without secrets and control characters.

use std::io;
use std::io::Write;

use anstyle::Style;

use super::glyphs::Glyphs;
use super::text::{cut, wrap};
use crate::cli::palette;
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

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const HEADING: Style = Style::new().bold().underline();
pub(crate) const DIM: Style = Style::new().dimmed();
/// For what went wrong.
pub const BAD: Style = palette::BAD.style();

/// Shows results in so many columns.
#[derive(Clone, Copy)]
pub struct Terminal<'a> {
    /// How wide lines of text may be.
    pub(super) width: usize,
    /// How wide the terminal is, if it is one.
    pub(super) room: Option<usize>,
    pub(super) glyphs: Glyphs,
    pub(super) redactor: &'a Redactor,
    pub(super) cleaner: Cleaner<'a>,
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
    pub(super) fn knowing<'b>(&self, redactor: &'b Redactor) -> Terminal<'b> {
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
