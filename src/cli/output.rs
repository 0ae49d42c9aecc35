//! TODO

use std::io;
use std::io::{ErrorKind, Write};

use super::exit::Exit;

/// What is to be done is not only for those who read about it: it goes on when they have left.
pub(crate) fn ignore_broken_pipe(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if has_left(&error) { Ok(()) } else { Err(error) })
}

/// Whether this is a run of CI: nobody sits at its terminal, if it has one.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false")
}

/// Whether it says that nobody reads any more: the pipe is closed, or the terminal is gone.
pub(crate) fn has_left(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    error.kind() == ErrorKind::BrokenPipe || error.raw_os_error() == Some(EIO)
}

pub(crate) fn refuse(err: &mut dyn Write, why: &dyn std::fmt::Display) -> io::Result<Exit> {
    writeln!(err, "{why}")?;
    Ok(Exit::InvalidInput)
}
