//! A run as one line, for logs.

use crate::cli::palette::Colour;
use crate::outcome::{Outcome, Status};
use crate::secrets::Redactor;
use crate::sentry::sanitize::{Cleaner, FACT};
use crate::wording::milliseconds;

/// Status, group and title, number in the burst, duration, and why the run was not ok. `burst` is how many runs the burst
/// has. A skipped burst is one line: `None` for the rest of it.
pub fn line(outcome: &Outcome, burst: u32, redactor: &Redactor) -> Option<String> {
    let redactor = redactor.with(&outcome.secrets);
    let cleaner = Cleaner::new(&redactor);
    let identity = &outcome.identity;
    let is_skipped = matches!(outcome.status, Status::Skipped(_));
    let number = match (is_skipped, burst) {
        (_, 0..=1) => String::new(),
        (true, _) if identity.burst > 0 => return None,
        (true, _) => format!(" ({burst} runs)"),
        (false, _) => format!(" #{}", identity.burst + 1),
    };
    let time = if is_skipped { String::new() } else { format!(" {:.1} ms", milliseconds(outcome.duration)) };
    let sentence = outcome.status.sentence().map(|text| format!(": {}", cleaner.line(&text, FACT))).unwrap_or_default();
    let style = Colour::of_status(outcome.status.as_str()).style();
    let (word, group, title) =
        (outcome.status.as_str(), cleaner.line(&identity.group, FACT), cleaner.line(&outcome.title, FACT));
    Some(format!("{style}{word:<8}{style:#} {group}/{title}{number}{time}{sentence}"))
}
