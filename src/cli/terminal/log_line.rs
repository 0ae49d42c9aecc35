//! One line for a run: for logs.

use crate::cli::palette::Colour;
use crate::outcome::{Outcome, Status};
use crate::secrets::Redactor;
use crate::sentry::sanitize::{Cleaner, FACT};
use crate::wording::milliseconds;

/// Status, group and title, which of a burst of so many, how long it took, and why it was not well. A burst that is not
/// made is one line: `None` for the rest of it.
pub fn line(outcome: &Outcome, of: u32, redactor: &Redactor) -> Option<String> {
    let redactor = redactor.with(&outcome.secrets);
    let cleaner = Cleaner::new(&redactor);
    let identity = &outcome.identity;
    let is_skipped = matches!(outcome.status, Status::Skipped(_));
    let number = match (is_skipped, of) {
        (_, 0..=1) => String::new(),
        (true, _) if identity.burst > 0 => return None,
        (true, _) => format!(" ({of} runs)"),
        (false, _) => format!(" #{}", identity.burst + 1),
    };
    let time = if is_skipped { String::new() } else { format!(" {:.1} ms", milliseconds(outcome.duration)) };
    let sentence = match &outcome.status {
        Status::Ok => None,
        Status::Failed(failure) => Some(failure.to_string()),
        Status::Degraded(sentence) | Status::Skipped(sentence) => Some(sentence.clone()),
    };
    let sentence = sentence.map(|text| format!(": {}", cleaner.line(&text, FACT))).unwrap_or_default();
    let style = Colour::of_status(outcome.status.as_str()).style();
    let (word, group, title) =
        (outcome.status.as_str(), cleaner.line(&identity.group, FACT), cleaner.line(&outcome.title, FACT));
    Some(format!("{style}{word:<8}{style:#} {group}/{title}{number}{time}{sentence}"))
}
