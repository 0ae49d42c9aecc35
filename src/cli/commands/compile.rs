//! `sentrynet compile`: writes the SAM template with the schedules in it.

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
use crate::cli::output::refuse;
use crate::cli::terminal::diagnostics;
use crate::wording::counted;

/// Write the SAM template with the schedules in it.
///
/// The same configuration always makes the same template. Runs nothing and looks up no secrets.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes:\n  0  the template is up to date\n  1  it is out of date (--check)\n  \
    2  the configuration cannot be scheduled, or an argument is invalid")]
pub(crate) struct CompileArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Where to write the template.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    out: PathBuf,
    /// Write nothing; check whether the template is up to date.
    #[arg(long)]
    check: bool,
}

/// Writes the template, or checks it. Secrets are not looked up.
pub(crate) fn compile(arguments: &CompileArguments, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let path = &arguments.config.config;
    let Some(scheduled) = diagnostics::admit(load::scheduled(path), err)? else { return Ok(Exit::InvalidInput) };
    let load::Scheduled { document, config, schedule, warnings } = &scheduled;
    diagnostics::warn(warnings, err)?;
    // Only the name: the same configuration makes the same template in every directory.
    let source = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let text = template(&source, config, schedule, &document.secret_refs());

    let name = arguments.out.display();
    let known = match std::fs::read_to_string(&arguments.out) {
        Ok(known) => Some(known),
        // What is not text is no template.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => None,
        Err(error) => return unusable(err, &arguments.out, "read", &error),
    };
    match known {
        Some(known) if known == text => writeln!(out, "{name} is up to date")?,
        known if arguments.check => {
            let (what, verb) =
                if known.is_some() { ("is out of date", "update") } else { ("does not exist", "create") };
            writeln!(err, "{name} {what}: run `sentrynet compile {}` to {verb} it", path.display())?;
            if let Some(known) = known {
                write!(err, "{}", diff::of(&known, &text))?;
            }
            return Ok(Exit::Stale);
        }
        _ => {
            if let Err(error) = std::fs::write(&arguments.out, &text) {
                return unusable(err, &arguments.out, "written", &error);
            }
            let rules = counted(schedule.rules.len(), "rule");
            let regions = schedule.regions.join(", ");
            let place = if regions.is_empty() { "any region" } else { &regions };
            writeln!(out, "{name}: {rules} for {place}")?;
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
    refuse(err, &format!("{} cannot be {verb}: {why}", path.display()))
}
