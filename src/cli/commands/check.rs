//! `sentrynet check`: says what a configuration holds, or everything that is wrong with it.

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

/// What to check, and for whom.
#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print one line of JSON for each problem, for editors; nothing if all is fine.
    ///
    /// Its fields: file, line, column, end_line, end_column, severity (`error` or `warning`), code, path, message, help,
    /// reference, related. Lines and columns count from 1, columns in characters; the end is the column after the last
    /// character. They are left out where a problem has no place, as are other fields that would be empty.
    #[arg(long)]
    json: bool,
    /// Take warnings for errors.
    #[arg(long)]
    strict: bool,
}

/// Checks the file. Secrets are not looked up.
pub(crate) fn check(arguments: &CheckArguments, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let (diagnostics, what) = match judge(arguments) {
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
            writeln!(out, "{what}: {}", if diagnostics.is_empty() { "fine" } else { "can be used" })?;
        }
    }
    Ok(if is_fine { Exit::Success } else { Exit::InvalidInput })
}

/// The warnings, and what there is; or the errors.
fn judge(arguments: &CheckArguments) -> Result<(Diagnostics, String), Diagnostics> {
    let document = Document::load(&arguments.config.config)?;
    let config = read(&document, &Secrets::stand_ins()).map_err(|errors| document.errors_and_warnings(errors))?;
    let probes = config.groups.iter().map(|group| group.probes.len()).sum();
    let groups = counted(config.groups.len(), "group");
    Ok((document.warnings(), format!("{}: {groups}, {}", document.name(), counted(probes, "probe"))))
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A problem as editors want it.
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

/// Another place that it is about.
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
