//! `sentrynet compile`: the SAM template with the schedules in it.

mod diff;

use std::ffi::OsStr;
use std::io;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::arguments::ConfigArgument;
use crate::cli::deployment::template;
use crate::cli::exit::Exit;
use crate::cli::load;
use crate::cli::terminal::diagnostics;

/// What to compile, and where to.
#[derive(Args, Debug)]
pub(crate) struct CompileArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Where to write the template.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    out: PathBuf,
    /// Write nothing; say whether the template is what would be written.
    #[arg(long)]
    check: bool,
}

/// Writes the template, or checks it. Secrets are not looked up.
pub(crate) fn compile(arguments: &CompileArguments, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let path = &arguments.config.config;
    let Some(scheduled) = diagnostics::admit(load::scheduled(path), err)? else { return Ok(Exit::InvalidInput) };
    let load::Scheduled { document, config, schedule, warnings } = &scheduled;
    diagnostics::warn(warnings, err)?;
    // Where the file lies, and from where it was asked for, is nobody's concern.
    let source = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let text = template(&source, config, schedule, &document.secret_refs());

    let name = arguments.out.display();
    let known = match std::fs::read_to_string(&arguments.out) {
        Ok(known) => Some(known),
        // Anything but text is not a template, either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => None,
        Err(error) => return unusable(err, &arguments.out, "read", &error),
    };
    match known {
        Some(known) if known == text => writeln!(out, "{name} is up to date")?,
        known if arguments.check => {
            let what = if known.is_some() { "is stale" } else { "is not there" };
            writeln!(err, "{name} {what}: `sentrynet compile {}` makes it", path.display())?;
            if let Some(known) = known {
                write!(err, "{}", diff::of(&known, &text))?;
            }
            return Ok(Exit::Stale);
        }
        _ => {
            if let Err(error) = std::fs::write(&arguments.out, &text) {
                return unusable(err, &arguments.out, "written", &error);
            }
            let rules = schedule.rules.len();
            let regions = schedule.regions.join(", ");
            let place = if regions.is_empty() { "any region" } else { &regions };
            writeln!(out, "{name}: {rules} rule{} for {place}", if rules == 1 { "" } else { "s" })?;
        }
    }
    Ok(Exit::Success)
}

fn unusable(err: &mut dyn Write, path: &Path, verb: &str, error: &io::Error) -> io::Result<Exit> {
    let why = match error.kind() {
        ErrorKind::NotFound => "its directory does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ if path.is_dir() => "it is a directory".to_owned(),
        _ => error.to_string(),
    };
    writeln!(err, "{} cannot be {verb}: {why}", path.display())?;
    Ok(Exit::InvalidInput)
}
