//! `sentrynet schema`: the JSON Schema of the configuration, for editors.

use std::io::Write;

/// Prints the schema.
pub fn schema(out: &mut dyn Write) -> std::io::Result<()> {
    out.write_all(crate::config::schema().as_bytes())
}
