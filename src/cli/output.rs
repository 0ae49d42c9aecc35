//! Writing to streams whose reader may leave before the end.

use std::io;
use std::io::{ErrorKind, Write};

use super::exit::Exit;

/// Ignores that the reader has left: the work goes on without one.
pub(crate) fn ignore_broken_pipe(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if is_broken_pipe(&error) { Ok(()) } else { Err(error) })
}

/// Whether the error says that nobody reads any more: the pipe is closed, or the terminal is gone.
pub(crate) fn is_broken_pipe(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    error.kind() == ErrorKind::BrokenPipe || error.raw_os_error() == Some(EIO)
}

/// Whether this runs in CI: nobody sits at its terminal, if it has one.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false")
}

/// Says why the configuration or the arguments are invalid, and ends so.
pub(crate) fn refuse(err: &mut dyn Write, why: &dyn std::fmt::Display) -> io::Result<Exit> {
    writeln!(err, "{why}")?;
    Ok(Exit::InvalidInput)
}
