//! Standard error that can be held back.

use std::io;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes are held back at most; the oldest go first.
const CAPACITY: usize = 64 * 1024;

/// Standard error. While a full-screen view is on the terminal, output is held back and written afterwards. Clones share
/// it.
#[derive(Clone, Debug, Default)]
pub struct StderrSink(Arc<Mutex<Option<Vec<u8>>>>);

impl StderrSink {
    /// Holds back everything from now on.
    pub fn hold(&self) {
        self.lock().get_or_insert_default();
    }

    /// Writes what was held back, and from now on everything at once.
    pub fn release(&self) {
        if let Some(kept) = self.lock().take() {
            // Nothing can be done about a log that cannot be written.
            let _ = io::stderr().write_all(&kept);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for StderrSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.lock();
        let Some(kept) = &mut *kept else { return io::stderr().write(bytes) };
        kept.extend_from_slice(bytes);
        let beyond = kept.len().saturating_sub(CAPACITY);
        if beyond > 0 {
            // Whole lines are dropped.
            let end = kept[beyond..].iter().position(|byte| *byte == b'\n').map_or(kept.len(), |at| beyond + at + 1);
            kept.drain(..end);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_the_newest_and_ends_with_what_was_written() {
        let mut stderr = StderrSink::default();
        stderr.hold();
        for number in 0..10_000 {
            writeln!(stderr, "line {number}").expect("memory");
        }
        let kept = String::from_utf8(stderr.lock().clone().expect("held")).expect("text");
        assert!(kept.len() <= CAPACITY && kept.starts_with("line ") && kept.ends_with("line 9999\n"));
        assert!(kept.len() > CAPACITY - 20);
    }
}
