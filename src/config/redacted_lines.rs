//! Texts of configurations, fit to be compared and shown at once.

use super::document::Document;
use super::load::read_parts;
use crate::diagnostics::source::Source;
use crate::schema::Secrets;
use crate::secrets::sensitive;
use crate::secrets::{FILTERED, Redactor, Secret};

/// A line of a configuration's text. What looks like a secret can be compared, and not seen.
#[derive(Clone, Debug)]
pub struct RedactedLine {
    /// The line as it is, its end included.
    pub text: Secret,
    /// The line as it may be seen: without control characters, and with `[Filtered]` in the place of secrets.
    pub shown: String,
}

impl RedactedLine {
    /// The lines of a text. If it is no YAML, what is a secret in it is guessed.
    pub fn all(text: &str, redactor: &Redactor) -> Vec<Self> {
        let (source, redactor, is_known) = match Document::parse("", text.as_bytes()) {
            Ok(document) => {
                let redactor = redactor.and(&secrets_of(&document));
                (document.source, redactor, true)
            }
            Err(_) => (Source::new("", text), redactor.clone(), false),
        };
        let shown = |(number, text): (usize, &str)| {
            let shown = if is_known { source.masked(number) } else { source.guessed(number) };
            let shown = match sensitive::in_comment(&shown) {
                Some(end) => format!("{} {FILTERED}", &shown[..end]),
                None => shown,
            };
            Self { text: Secret::new(text), shown: redactor.text(&shown) }
        };
        (1..).zip(source.lines()).map(shown).collect()
    }
}

/// What is known as a secret of a group, or of settings.
fn secrets_of(document: &Document) -> Redactor {
    let read = [
        read_parts(None, &[document], &Secrets::placeholders()),
        read_parts(Some(document), &[], &Secrets::placeholders()),
    ];
    read.into_iter().flatten().fold(Redactor::default(), |redactor, config| redactor.and(&config.redactor))
}
