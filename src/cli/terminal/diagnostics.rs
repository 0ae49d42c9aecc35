//! Diagnostics for people: quotes the lines of the configuration, and underlines what is meant in them.

use std::io;
use std::io::Write;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Message, Origin, Padding, Renderer, Snippet,
};

use super::report::Terminal;
use crate::config::reference_of;
use crate::diagnostics::{Diagnostic, Diagnostics, Quote, Related, Severity};
use crate::wording::counted;

/// How wide quotes are where there is no terminal; sentences are then not wrapped.
const WIDTH: usize = 140;
/// Narrower terminals wrap lines themselves.
const NARROWEST: usize = 30;

/// Shows diagnostics.
pub(crate) fn show(diagnostics: &Diagnostics, err: &mut dyn Write) -> io::Result<()> {
    if diagnostics.is_empty() { Ok(()) } else { writeln!(err, "{}", text(diagnostics)) }
}

/// Says that an invalid configuration is not used; its diagnostics follow.
pub(crate) fn refused(file: &str) -> String {
    format!("{file} is not used; the previous configuration stays in effect:")
}

/// What was read; or nothing, and the diagnostics are shown.
pub(crate) fn admit<T>(read: Result<T, Diagnostics>, err: &mut dyn Write) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(diagnostics) => show(&diagnostics, err).map(|()| None),
    }
}

/// Diagnostics as text, without a line break at the end.
pub(crate) fn text(diagnostics: &Diagnostics) -> String {
    render(diagnostics, Terminal::columns())
}

/// Shows the warnings of a valid configuration; not more than a screen or two of them.
pub(crate) fn warn(warnings: &Diagnostics, err: &mut dyn Write) -> io::Result<()> {
    const MAX: usize = 10;
    let first = Diagnostics::new(warnings.iter().take(MAX).cloned().collect());
    let Some(diagnostic) = first.iter().next() else { return Ok(()) };
    show(&first, err)?;
    if let Some(more) = warnings.len().checked_sub(MAX).filter(|more| *more > 0) {
        writeln!(err, "{more} more: run `sentrynet check {}` to see them all", diagnostic.file)?;
    }
    writeln!(err)
}

/// All diagnostics with their positions, and how many there are, in lines of at most `width` columns. No line break at the
/// end.
///
/// It is coloured; `anstream` removes the colours where they do not belong.
pub fn render(diagnostics: &Diagnostics, width: Option<usize>) -> String {
    let width = width.map(|width| width.max(NARROWEST));
    let renderer = Renderer::styled().term_width(width.unwrap_or(WIDTH));
    let mut text = String::new();
    for diagnostic in diagnostics {
        let report = renderer.render(&[group(diagnostic, width)]);
        // Where a position is given separately from its line, as it must be for lines that are cut or masked, the renderer puts
        // a mark without a position between them.
        let is_mark = |line: &&str| anstream::adapter::strip_str(line).to_string().trim() == ":::";
        text.push_str(&report.lines().filter(|line| !is_mark(line)).collect::<Vec<_>>().join("\n"));
        text.push_str("\n\n");
    }
    if diagnostics.len() > 1 {
        text.push_str(&count(diagnostics));
    }
    text.truncate(text.trim_end().len());
    text
}

/// `3 errors, 1 warning in config/sentrynet.yaml`.
fn count(diagnostics: &Diagnostics) -> String {
    let count = |severity: Severity| {
        let number = diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count();
        let word = severity.as_str();
        (number > 0).then(|| counted(number, word))
    };
    let counts: Vec<String> = [Severity::Error, Severity::Warning].into_iter().filter_map(count).collect();
    let mut files: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.file.as_str()).collect();
    files.dedup();
    format!("{} in {}", counts.join(", "), files.join(", "))
}

fn group(diagnostic: &Diagnostic, width: Option<usize>) -> Group<'static> {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let margin = diagnostic.line.max(diagnostic.related.as_ref().map_or(0, |related| related.line)).to_string().len();
    let mut group = level
        .primary_title(fold(&diagnostic.message, width, diagnostic.severity().as_str().len() + 2))
        .elements(positions(diagnostic));
    let note = |name: &'static str, text: &str| -> Message<'static> {
        Level::NOTE.with_name(name).message(fold(text, width, margin + 3 + name.len() + 2))
    };
    let reference = reference_of(diagnostic);
    let mut notes = Vec::new();
    if !diagnostic.path.is_empty() {
        notes.push(note("at", &diagnostic.path));
    }
    notes.extend(diagnostic.help.as_deref().map(|help| note("help", help)));
    notes.extend(reference.as_deref().map(|link| note("see", link)));
    if !notes.is_empty() && diagnostic.quote.is_some() {
        group = group.element(Padding);
    }
    group.elements(notes)
}

/// The position, and the related one if there is any.
fn positions(diagnostic: &Diagnostic) -> Vec<Element<'static>> {
    let Diagnostic { file, line, column, quote, related, .. } = diagnostic;
    let mut elements = Vec::new();
    let origin = Origin::path(file.clone());
    elements.push(if *line > 0 { origin.line(*line).char_column(*column) } else { origin }.into());
    let Some(quote) = quote else { return elements };
    let shown = snippet(*line, quote).annotation(annotation(quote, AnnotationKind::Primary, None));
    let Some(Related { file: other_file, line: other_line, column, message, quote: Some(other), .. }) =
        related.as_deref()
    else {
        elements.push(shown.into());
        return elements;
    };
    let label = annotation(other, AnnotationKind::Context, Some(message));
    if (file, line, &quote.text) == (other_file, other_line, &other.text) {
        elements.push(shown.annotation(label).into());
        return elements;
    }
    elements.extend([shown.into(), Padding.into()]);
    elements.push(Origin::path(other_file.clone()).line(*other_line).char_column(*column).into());
    elements.push(snippet(*other_line, other).annotation(label).into());
    elements
}

fn snippet(line: usize, quote: &Quote) -> Snippet<'static, Annotation<'static>> {
    Snippet::source(quote.text.clone()).line_start(line)
}

fn annotation(quote: &Quote, kind: AnnotationKind, label: Option<&str>) -> Annotation<'static> {
    let byte = |chars: usize| quote.text.char_indices().nth(chars).map_or(quote.text.len(), |(byte, _)| byte);
    kind.span(byte(quote.pointer)..byte(quote.pointer + quote.length)).label(label.map(str::to_owned))
}

/// `text` in lines that fit behind a margin, broken between words; what stands in backticks stays whole.
fn fold(text: &str, width: Option<usize>, margin: usize) -> String {
    const GLUE: &str = "\u{a0}";
    let Some(width) = width else { return text.to_owned() };
    let parts = text.split('`').enumerate();
    let glued = parts.map(|(index, part)| if index % 2 == 1 { part.replace(' ', GLUE) } else { part.to_owned() });
    let glued = glued.collect::<Vec<_>>().join("`");
    let options = textwrap::Options::new(width.saturating_sub(margin).max(16))
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&glued, options).join("\n").replace(GLUE, " ")
}
