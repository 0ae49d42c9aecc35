//! A report for people: as wide as the terminal, without secrets and control characters.

use std::io;
use std::io::Write;

use anstyle::Style;

use super::glyphs::Glyphs;
use super::text::{cut, wrap};
use crate::cli::palette;
use crate::secrets::Redactor;
use crate::sentry::sanitize::{Cleaner, FACT};

/// The width where there is no terminal.
const WIDTH: usize = 80;
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 120;
/// Ordinary text.
pub const PLAIN: Style = Style::new();
/// Text that matters less.
pub const QUIET: Style = DIM;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const HEADING: Style = Style::new().bold().underline();
pub(crate) const DIM: Style = Style::new().dimmed();
/// Failures.
pub const BAD: Style = palette::BAD.style();

/// Writes results for people.
#[derive(Clone, Copy)]
pub struct Terminal<'a> {
    /// The maximal width of text.
    pub(super) width: usize,
    /// The width of the terminal, if there is one.
    pub(super) room: Option<usize>,
    pub(super) glyphs: Glyphs,
    pub(super) redactor: &'a Redactor,
    pub(super) cleaner: Cleaner<'a>,
}

impl<'a> Terminal<'a> {
    /// A report for a terminal of this width, or for a pipe.
    pub fn new(width: Option<usize>, redactor: &'a Redactor) -> Self {
        // Narrower terminals wrap lines themselves.
        let room = width.map(|width| width.max(24));
        let width = room.unwrap_or(WIDTH).min(MAX_WIDTH);
        Self { width, room, glyphs: Glyphs::Ascii, redactor, cleaner: Cleaner::new(redactor) }
    }

    /// The same report with other glyphs.
    pub fn with(self, glyphs: Glyphs) -> Self {
        Self { glyphs, ..self }
    }

    /// The same report with other secrets to filter.
    pub(super) fn knowing<'b>(&self, redactor: &'b Redactor) -> Terminal<'b> {
        Terminal { redactor, cleaner: Cleaner::new(redactor), ..*self }
    }

    /// The width of the terminal, if standard output or standard error is one.
    pub fn columns() -> Option<usize> {
        let size =
            terminal_size::terminal_size_of(io::stdout()).or_else(|| terminal_size::terminal_size_of(io::stderr()));
        size.map(|(terminal_size::Width(width), _)| usize::from(width))
    }

    /// The maximal width of text.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// `text` on one line, without secrets and control characters.
    pub fn line(&self, text: &str) -> String {
        self.cleaner.line(text, FACT).into_owned()
    }

    /// Begins a section: an empty line, then its heading.
    pub fn section(&self, out: &mut dyn Write, title: &str) -> io::Result<()> {
        writeln!(out)?;
        self.heading(out, title)
    }

    /// Writes a heading.
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
