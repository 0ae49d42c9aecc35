//! `sentrynet schema`: the JSON Schema of the configuration, for editors.

use std::io::Write;

use super::Exit;

/// Prints the schema.
pub(super) fn schema(out: &mut dyn Write) -> std::io::Result<Exit> {
    out.write_all(crate::config::schema().as_bytes())?;
    Ok(Exit::Fine)
}
