//! The file of the report: replaced atomically, so that it is always complete.

use std::io;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::{PERIOD, page};
use crate::cli::history::History;

/// Why the report cannot be written. For people.
#[derive(Debug, thiserror::Error)]
#[error("the HTML report {} cannot be written: {why}", path.display())]
pub struct PageError {
    path: PathBuf,
    why: String,
}

/// The file that the report is written to.
#[derive(Debug)]
pub struct PageFile {
    /// The path that was asked for.
    path: PathBuf,
    /// The file itself, if `path` is a link.
    place: PathBuf,
    /// How often the report reloads itself.
    reload: Option<Duration>,
    /// When it was last written.
    written: Option<Instant>,
}

impl PageFile {
    /// A report that is written once. Writes nothing yet, but makes sure that it can.
    ///
    /// # Errors
    ///
    /// The report cannot be written there.
    pub fn new(path: &Path) -> Result<Self, PageError> {
        let error = |why: &str| PageError { path: path.to_owned(), why: why.to_owned() };
        let place = match std::fs::canonicalize(path) {
            // A device, for example, would be replaced by a file.
            Ok(place) if place.is_dir() => return Err(error("it is a directory")),
            Ok(place) if !place.is_file() => return Err(error("it is not a file")),
            Ok(place) => place,
            Err(_) if path.file_name().is_none() => return Err(error("it is not the name of a file")),
            Err(_) => path.to_owned(),
        };
        let file = Self { path: path.to_owned(), place, reload: None, written: None };
        file.draft().map_err(|error| file.error(&error))?;
        Ok(file)
    }

    /// A report that is written repeatedly: it reloads itself every [`PERIOD`].
    pub fn live(self) -> Self {
        Self { reload: Some(PERIOD), ..self }
    }

    /// Its address for a browser.
    pub fn url(&self) -> String {
        let whole = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        url::Url::from_file_path(&whole).map_or_else(|()| whole.display().to_string(), String::from)
    }

    /// How long the report does not have to be written again: until the next reload, a [`PERIOD`] after the last writing.
    pub fn fresh_for(&self, now: Instant) -> Duration {
        self.written.map_or(Duration::ZERO, |written| PERIOD.saturating_sub(now.saturating_duration_since(written)))
    }

    /// Writes the report of these runs. Who reads the file meanwhile reads the old one.
    ///
    /// # Errors
    ///
    /// It cannot be written; the old one stays.
    pub fn write(&mut self, history: &History) -> Result<(), PageError> {
        self.written = Some(Instant::now());
        self.replace(page(history, self.reload).as_bytes()).map_err(|error| self.error(&error))
    }

    fn replace(&self, page: &[u8]) -> io::Result<()> {
        let mut draft = self.draft()?;
        draft.write_all(page)?;
        draft.persist(&self.place).map_err(|error| error.error)?;
        Ok(())
    }

    /// A temporary file in the same directory, which is deleted unless it replaces the report.
    fn draft(&self) -> io::Result<NamedTempFile> {
        let directory = self.place.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".sentrynet-").suffix(".html");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Readable as other files are, unlike temporary ones: a web server may serve it.
            let known = std::fs::metadata(&self.place).map(|known| known.permissions());
            builder.permissions(known.unwrap_or_else(|_| std::fs::Permissions::from_mode(0o666)));
        }
        builder.tempfile_in(directory.unwrap_or(Path::new(".")))
    }

    fn error(&self, error: &io::Error) -> PageError {
        let why = match error.kind() {
            ErrorKind::NotFound => "its directory does not exist",
            ErrorKind::NotADirectory => "a part of its path is not a directory",
            ErrorKind::PermissionDenied => "permission denied",
            ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "no space left",
            _ => return PageError { path: self.path.clone(), why: error.to_string() },
        };
        PageError { path: self.path.clone(), why: why.to_owned() }
    }
}
