//! Envelopes that could not be delivered, kept in a file where standard error is a terminal.

use std::fs::{File, OpenOptions};
use std::io;
use std::io::{ErrorKind, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use time::macros::format_description;

use super::arguments::{ConfigArgument, ProbeArguments};
use super::output::is_ci;
use crate::runner::Runner;
use crate::telemetry::StderrSink;

/// How many files may be made in the same second.
const MAX_PER_SECOND: usize = 100;

/// A log for envelopes: a file that is made when it is needed, or else standard error. Clones share it.
#[derive(Clone)]
pub(crate) struct Undelivered(Arc<Mutex<Log>>);

struct Log {
    directory: PathBuf,
    file: Option<(String, File)>,
    /// The line that is not complete yet.
    line: Vec<u8>,
    lines: usize,
    stderr: StderrSink,
}

/// Envelopes that were not delivered, in a file.
pub(crate) struct Kept {
    /// How many there are.
    pub(crate) envelopes: usize,
    /// The file's name.
    pub(crate) file: String,
    /// The command that delivers them.
    pub(crate) command: String,
}

impl Undelivered {
    /// A log in the current directory, if a person reads standard error.
    pub(crate) fn on_terminal(stderr: StderrSink) -> Option<Self> {
        (io::stderr().is_terminal() && !is_ci()).then(|| Self::within(Path::new("."), stderr))
    }

    fn within(directory: &Path, stderr: StderrSink) -> Self {
        let log = Log { directory: directory.to_owned(), file: None, line: Vec::new(), lines: 0, stderr };
        Self(Arc::new(Mutex::new(log)))
    }

    /// The runner with this as its log, if there is one.
    pub(crate) fn log(runner: Runner, undelivered: Option<&Self>) -> Runner {
        match undelivered.cloned() {
            Some(undelivered) => runner.with_log(move || Box::new(undelivered.clone())),
            None => runner,
        }
    }

    /// What a command with these arguments could not deliver, if anything.
    pub(crate) fn kept(&self, arguments: &ProbeArguments) -> Option<Kept> {
        let log = self.lock();
        let (file, _) = log.file.as_ref()?;
        let command = format!("{} < {file}", resend(arguments));
        Some(Kept { envelopes: log.lines, file: file.clone(), command })
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Undelivered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.lock();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            log.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                log.keep()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Writes a whole line to the file, else to standard error.
    fn keep(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        if self.file.is_none() {
            self.file = create(&self.directory).ok();
        }
        match self.file.as_mut().map(|(_, file)| file.write_all(&line)) {
            Some(Ok(())) => {
                self.lines += 1;
                Ok(())
            }
            Some(Err(_)) | None => self.stderr.write_all(&line),
        }
    }
}

/// The command that delivers to the same project as one with these arguments.
fn resend(arguments: &ProbeArguments) -> String {
    let mut command = "sentrynet resend".to_owned();
    let path = arguments.config.config.to_string_lossy();
    if path != ConfigArgument::USUAL {
        let is_plain = path.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c));
        let quoted = || format!("'{}'", path.replace('\'', "'\\''"));
        command = format!("{command} {}", if is_plain { path.to_string() } else { quoted() });
    }
    if arguments.dsn.is_some() {
        // The DSN itself is a secret.
        command += " --dsn DSN";
    }
    command
}

/// A new file that only its owner may read: envelopes hold what targets answered.
fn create(directory: &Path) -> io::Result<(String, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = OffsetDateTime::now_utc().format(&format).map_err(io::Error::other)?;
    for number in 1..=MAX_PER_SECOND {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let name = format!("sentrynet-undelivered-{time}{number}.jsonl");
        match options.open(directory.join(&name)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (name, file)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(log: &Undelivered) -> Option<(String, usize)> {
        let log = log.lock();
        log.file.as_ref().map(|(name, _)| (name.clone(), log.lines))
    }

    #[test]
    fn every_log_has_a_file_of_its_own_that_only_its_owner_reads() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut names = Vec::new();
        for number in 0..3 {
            let mut log = Undelivered::within(directory.path(), StderrSink::default());
            assert_eq!(kept(&log), None);
            write!(log, "{{\"number\":").expect("a file");
            writeln!(log, "{number}}}\n{{}}").expect("a file");
            let (name, lines) = kept(&log).expect("a file");
            let path = directory.path().join(&name);
            assert_eq!(
                (std::fs::read_to_string(&path).expect("text"), lines),
                (format!("{{\"number\":{number}}}\n{{}}\n"), 2)
            );
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
            }
            assert!(!names.contains(&name), "{names:?}");
            names.push(name);
        }
    }

    #[test]
    fn the_command_names_what_is_not_usual() {
        use clap::Parser as _;
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            run: ProbeArguments,
        }
        for (arguments, expected) in [
            (&[][..], "sentrynet resend"),
            (&["--dsn", "https://key@host/1"], "sentrynet resend --dsn DSN"),
            (&["other/it's.yaml"], "sentrynet resend 'other/it'\\''s.yaml'"),
        ] {
            let line = Line::parse_from([&["run"], arguments].concat());
            assert_eq!(resend(&line.run), expected);
        }
    }

    #[test]
    fn without_a_place_for_a_file_there_is_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut log = Undelivered::within(&directory.path().join("gone"), StderrSink::default());
        writeln!(log, "{{\"this\":\"goes to standard error\"}}").expect("standard error");
        assert_eq!(kept(&log), None);
    }
}
