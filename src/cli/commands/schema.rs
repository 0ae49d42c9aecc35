//! `sentrynet schema`: the JSON Schema of the configuration, for editors.

use std::io::Write;

use crate::cli::exit::Exit;

/// Prints the schema.
pub(crate) fn schema(out: &mut dyn Write) -> std::io::Result<Exit> {
    out.write_all(crate::config::schema().as_bytes())?;
    Ok(Exit::Success)
}
