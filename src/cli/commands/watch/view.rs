//! TODO

use std::io;
use std::io::Write;

use crate::runner::watch::Event;

/// Shows what happens, as it happens.
pub(crate) trait View {
    /// Shows one event: people's text, and what programs read.
    fn show(&mut self, event: &Event, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()>;

    /// Whether what is written will be taken. Nobody should wait for a terminal that is stuck.
    fn is_read(&self) -> bool {
        true
    }
}
