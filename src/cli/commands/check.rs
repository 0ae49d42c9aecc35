//! `sentrynet check`: validates a configuration.

use std::io;
use std::io::Write;

use clap::Args;
use serde::Serialize;

use crate::cli::arguments::ConfigArgument;
use crate::cli::exit::Exit;
use crate::cli::terminal::diagnostics;
use crate::config::reference_of;
use crate::config::{Document, read};
use crate::diagnostics::{Diagnostic, Diagnostics, Related};
use crate::schema::Secrets;
use crate::wording::counted;

/// Validate a configuration: report every error, and where it is.
///
/// Runs nothing and looks up no secrets. Warnings point out what is valid but probably not intended.
#[derive(Args, Debug)]
#[command(
    after_help = "Environment:\n  NO_COLOR  disables colours\n\nExit codes:\n  0  the configuration is valid\n  \
    2  it is not, or there are warnings (--strict)"
)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print one line of JSON for each diagnostic, for editors; nothing if there are none.
    ///
    /// Fields: file, line, column, end_line, end_column, severity (`error` or `warning`), code, path, message, help,
    /// reference, related. Lines and columns count from 1, columns in characters; the end is exclusive. A diagnostic
    /// without a position has no line and column fields, and empty fields are omitted.
    #[arg(long)]
    json: bool,
    /// Treat warnings as errors.
    #[arg(long)]
    strict: bool,
}

/// Checks the file. Secrets are not looked up.
pub(crate) fn check(arguments: &CheckArguments, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let (diagnostics, what) = match validate(arguments) {
        Ok((warnings, what)) => (warnings, Some(what)),
        Err(diagnostics) => (diagnostics, None),
    };
    let is_fine = what.is_some() && (diagnostics.is_empty() || !arguments.strict);
    if arguments.json {
        for diagnostic in &diagnostics {
            serde_json::to_writer(&mut *out, &Line::of(diagnostic))?;
            writeln!(out)?;
        }
    } else {
        diagnostics::show(&diagnostics, err)?;
        if let Some(what) = what.filter(|_| is_fine) {
            writeln!(out, "{what}: {}", if diagnostics.is_empty() { "valid" } else { "valid, with warnings" })?;
        }
    }
    Ok(if is_fine { Exit::Success } else { Exit::InvalidInput })
}

/// The warnings and what the configuration holds; or the errors.
fn validate(arguments: &CheckArguments) -> Result<(Diagnostics, String), Diagnostics> {
    let document = Document::load(&arguments.config.config)?;
    let config = read(&document, &Secrets::placeholders()).map_err(|errors| document.errors_and_warnings(errors))?;
    let probes = config.groups.iter().map(|group| group.probes.len()).sum();
    let (groups, probes) = (counted(config.groups.len(), "group"), counted::<usize>(probes, "probe"));
    Ok((document.warnings(), format!("{}: {groups}, {probes}", document.name())))
}

/// A diagnostic as editors want it.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    position: Option<Position>,
    severity: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    path: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<Other<'a>>,
}

/// Another position that a diagnostic is about.
#[derive(Serialize)]
struct Other<'a> {
    file: &'a str,
    #[serde(flatten)]
    position: Position,
    message: &'a str,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl<'a> Line<'a> {
    fn of(diagnostic: &'a Diagnostic) -> Self {
        let Diagnostic { file, line, column, end_line, end_column, path, message, help, .. } = diagnostic;
        let position = Position { line: *line, column: *column, end_line: *end_line, end_column: *end_column };
        Self {
            file,
            position: (*line > 0).then_some(position),
            severity: diagnostic.severity().as_str(),
            code: diagnostic.code.as_str(),
            path,
            message,
            help: help.as_deref(),
            reference: reference_of(diagnostic),
            related: diagnostic.related.as_deref().map(Other::of),
        }
    }
}

impl<'a> Other<'a> {
    fn of(related: &'a Related) -> Self {
        let Related { file, line, column, end_line, end_column, message, .. } = related;
        let position = Position { line: *line, column: *column, end_line: *end_line, end_column: *end_column };
        Self { file, position, message }
    }
}
