//! A text that holds a configuration, or a part of one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::keys;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::{SecretRef, masking};
use crate::yaml::node::Node;
use crate::yaml::{parse, parts};

/// The largest configuration.
const MAX_SIZE: u64 = 1 << 20;

/// A YAML text that could be parsed: values with their places, nothing checked yet.
#[derive(Clone)]
pub struct Document {
    pub(crate) source: Source,
    pub(crate) root: Node,
    /// Where the names of files in it count from.
    pub(crate) directory: Option<PathBuf>,
}

impl std::fmt::Debug for Document {
    // A document may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({})", self.source.name())
    }
}

impl Document {
    /// Parses a text. `name` is what problems call it: a file's name, or an SSM parameter's.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Diagnostics> {
        if bytes.len() as u64 > MAX_SIZE {
            return Err(too_large(name, bytes.len() as u64).into());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(name, bytes, error.valid_up_to()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut source = Source::new(name, text);
        let part = parts::locate(&source, text).map_err(Diagnostics::new)?;
        let Some(part) = part.filter(|part| !part.is_nothing()) else {
            let diagnostic = Diagnostic::of_file(name, "this is empty: expected a configuration");
            return Err(diagnostic.with_help("see docs/configuration.md, or the output of `sentrynet schema`").into());
        };
        let mut root = parse::read(&source, text, &part).map_err(Diagnostics::new)?;
        let object = keys::object_of(&root);
        source.mask(masking::hide(&mut root, object));
        Ok(Self { source, root, directory: None })
    }

    /// Reads and parses a file. Names of files in it count from its directory.
    pub fn load(path: &Path) -> Result<Self, Diagnostics> {
        use std::io::Read as _;

        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| {
            let size = file.metadata()?.len();
            file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
            Ok(size)
        });
        let size = read.map_err(|error| unreadable(&name, path, &error))?;
        if bytes.len() as u64 > MAX_SIZE {
            return Err(too_large(&name, size.max(bytes.len() as u64)).into());
        }
        let directory = path.parent().map(Path::to_owned);
        Self::parse(&name, &bytes).map(|document| Self { directory, ..document })
    }

    /// The secrets that it asks for. A map that only looks like a reference may be among them.
    pub fn secret_refs(&self) -> BTreeSet<SecretRef> {
        let mut references = BTreeSet::new();
        SecretRef::collect(&self.root, &mut references);
        references
    }

    /// The text itself. Whoever calls this answers for where it goes: it may hold secrets.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// What problems call it.
    pub fn name(&self) -> &str {
        self.source.name()
    }
}

fn too_large(name: &str, size: u64) -> Diagnostic {
    let mib = size as f64 / (1u64 << 20) as f64;
    Diagnostic::of_file(
        name,
        format!("this is {mib:.1} MiB large, and a configuration has at most {} MiB", MAX_SIZE >> 20),
    )
}

fn unreadable(name: &str, path: &Path, error: &std::io::Error) -> Diagnostic {
    use std::io::ErrorKind;

    match error.kind() {
        ErrorKind::NotFound => Diagnostic::of_file(name, "there is no such file"),
        ErrorKind::PermissionDenied => Diagnostic::of_file(name, "this file cannot be read: permission denied"),
        _ if path.is_dir() => {
            Diagnostic::of_file(name, "this is a directory, not a file").with_help("name the configuration file in it")
        }
        _ => Diagnostic::of_file(name, format!("this file cannot be read: {error}")),
    }
}

fn not_utf8(name: &str, bytes: &[u8], at: usize) -> Diagnostic {
    // What some editors for Windows call "Unicode".
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let help = "save the file as UTF-8; in editors, look for \"Save with encoding\"";
        return Diagnostic::of_file(name, "this is UTF-16, but a configuration has to be UTF-8").with_help(help);
    }
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let byte = bytes.get(at).copied().unwrap_or_default();
    let diagnostic = Diagnostic::of_file(name, format!("this is not UTF-8: byte {at} is 0x{byte:02x}"));
    let diagnostic = Diagnostic { line, column, end_line: line, end_column: column, ..diagnostic };
    diagnostic.with_help("save the file as UTF-8")
}
