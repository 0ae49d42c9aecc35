//! `sentrynet schema`: prints the JSON Schema of the configuration, for editors.

use std::io::Write;

use clap::Args;

use crate::cli::exit::Exit;

/// Print the JSON Schema of the configuration, for editors.
#[derive(Args, Debug)]
pub(crate) struct SchemaArguments {}

/// Prints the schema.
pub(crate) fn schema(out: &mut dyn Write) -> std::io::Result<Exit> {
    out.write_all(crate::config::schema().as_bytes())?;
    Ok(Exit::Success)
}
