//! `sentrynet check`: says what a configuration holds, or everything that is wrong with it.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::{ConfigArgument, Exit, diagnostics};
use crate::config::{Document, Problem, Problems, Related, Secrets, read};

/// What to check, and for whom.
#[derive(Args, Debug)]
pub(super) struct CheckArguments {
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
pub(super) fn check(arguments: &CheckArguments, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let (problems, what) = match judge(arguments) {
        Ok((warnings, what)) => (warnings, Some(what)),
        Err(problems) => (problems, None),
    };
    let is_fine = what.is_some() && (problems.is_empty() || !arguments.strict);
    if arguments.json {
        for problem in &problems {
            serde_json::to_writer(&mut *out, &Line::of(problem))?;
            writeln!(out)?;
        }
    } else {
        diagnostics::show(&problems, err)?;
        if let Some(what) = what.filter(|_| is_fine) {
            writeln!(out, "{what}: {}", if problems.is_empty() { "fine" } else { "can be used" })?;
        }
    }
    Ok(if is_fine { Exit::Fine } else { Exit::Unusable })
}

/// The warnings, and what there is; or the errors.
fn judge(arguments: &CheckArguments) -> Result<(Problems, String), Problems> {
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
    place: Option<Place>,
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
    place: Place,
    message: &'a str,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl<'a> Line<'a> {
    fn of(problem: &'a Problem) -> Self {
        let Problem { file, line, column, end_line, end_column, path, message, help, .. } = problem;
        let place = Place { line: *line, column: *column, end_line: *end_line, end_column: *end_column };
        Self {
            file,
            place: (*line > 0).then_some(place),
            severity: problem.severity().as_str(),
            code: problem.code.as_str(),
            path,
            message,
            help: help.as_deref(),
            reference: problem.reference(),
            related: problem.related.as_deref().map(Other::of),
        }
    }
}

impl<'a> Other<'a> {
    fn of(related: &'a Related) -> Self {
        let Related { file, line, column, end_line, end_column, message, .. } = related;
        let place = Place { line: *line, column: *column, end_line: *end_line, end_column: *end_column };
        Self { file, place, message }
    }
}
