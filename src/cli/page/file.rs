//! The file of a page: there as a whole or not at all, however often it is written.

use std::io;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::{PERIOD, page};
use crate::cli::history::History;

/// Why there is no page. For people.
#[derive(Debug, thiserror::Error)]
#[error("the page {} cannot be written: {why}", path.display())]
pub struct PageError {
    path: PathBuf,
    why: String,
}

/// Where a page goes.
#[derive(Debug)]
pub struct PageFile {
    /// As it was asked for.
    path: PathBuf,
    /// The file itself, where `path` is a link to it.
    place: PathBuf,
    /// How often the page loads itself again.
    reload: Option<Duration>,
    /// When it was written last.
    written: Option<Instant>,
}

impl PageFile {
    /// For a page of runs that are over. Nothing is written yet, but that it can be is made sure of.
    ///
    /// # Errors
    ///
    /// A page cannot be written there.
    pub fn new(path: &Path) -> Result<Self, PageError> {
        let error = |why: &str| PageError { path: path.to_owned(), why: why.to_owned() };
        let place = match std::fs::canonicalize(path) {
            // Something that is no file, such as a device, would be replaced by one.
            Ok(place) if place.is_dir() => return Err(error("it is a directory")),
            Ok(place) if !place.is_file() => return Err(error("it is not a file")),
            Ok(place) => place,
            Err(_) if path.file_name().is_none() => return Err(error("it is not a file's name")),
            Err(_) => path.to_owned(),
        };
        let file = Self { path: path.to_owned(), place, reload: None, written: None };
        file.draft().map_err(|error| file.error(&error))?;
        Ok(file)
    }

    /// The same for a page that is written again and again: it loads itself again every [`PERIOD`].
    pub fn live(self) -> Self {
        Self { reload: Some(PERIOD), ..self }
    }

    /// Its address for a browser.
    pub fn url(&self) -> String {
        let whole = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        url::Url::from_file_path(&whole).map_or_else(|()| whole.display().to_string(), String::from)
    }

    /// How long it will be before somebody could see another one: it was written less than a [`PERIOD`] ago.
    pub fn fresh_for(&self, now: Instant) -> Duration {
        self.written.map_or(Duration::ZERO, |written| PERIOD.saturating_sub(now.saturating_duration_since(written)))
    }

    /// Writes the page of these runs. Whoever reads the file meanwhile has the old one, whole.
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

    /// A file in the same directory, which is gone again unless it takes the page's place.
    fn draft(&self) -> io::Result<NamedTempFile> {
        let directory = self.place.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".sentrynet-").suffix(".html");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any program's files, and not for oneself only as temporary ones: a web server may read it.
            let known = std::fs::metadata(&self.place).map(|known| known.permissions());
            builder.permissions(known.unwrap_or_else(|_| std::fs::Permissions::from_mode(0o666)));
        }
        builder.tempfile_in(directory.unwrap_or(Path::new(".")))
    }

    fn error(&self, error: &io::Error) -> PageError {
        let why = match error.kind() {
            ErrorKind::NotFound => "its directory does not exist",
            ErrorKind::NotADirectory => "what should be its directory is a file",
            ErrorKind::PermissionDenied => "permission denied",
            ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "there is no room left",
            _ => return PageError { path: self.path.clone(), why: error.to_string() },
        };
        PageError { path: self.path.clone(), why: why.to_owned() }
    }
}
