//! `sentrynet check`: says what a configuration holds, or everything that is wrong with it.

use std::io::Write;
use std::path::Path;

use super::Exit;
use crate::config::{Document, Problems, Secrets, read};

/// Checks the file. Secrets are not looked up.
pub(super) fn check(path: &Path, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<Exit> {
    match judge(path) {
        Ok(sentence) => {
            writeln!(out, "{sentence}")?;
            Ok(Exit::Fine)
        }
        Err(problems) => {
            writeln!(err, "{problems}")?;
            Ok(Exit::Unusable)
        }
    }
}

fn judge(path: &Path) -> Result<String, Problems> {
    let document = Document::load(path)?;
    let config = read(&document, &Secrets::stand_ins())?;
    let probes = config.groups.iter().map(|group| group.probes.len()).sum();
    let groups = counted(config.groups.len(), "group");
    Ok(format!("{}: {groups}, {}: fine", document.name(), counted(probes, "probe")))
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
