//! Text from outside, sanitized for Sentry: without secrets, and no longer than Sentry keeps.
//!
//! Only scalars are cleaned, never a whole payload: a secret that happens to be `ok` must not change a status.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::secrets::Redactor;

/// Characters that Sentry keeps of a transaction's name, a server's name and the like.
pub const NAME: usize = 200;
/// Characters that Sentry keeps of a tag's name or value.
pub const TAG: usize = 200;
/// Characters of an exception's value; Sentry keeps 8192.
pub const SENTENCE: usize = 8000;
/// Characters of a description or an attribute.
pub const FACT: usize = 2048;
/// Characters of one response header.
pub const HEADER: usize = 1024;
/// Bytes of a response body.
pub const BODY: usize = 8192;

/// Bytes beyond those that are shown that are searched, so that a secret at their end is complete.
const LOOKAHEAD: usize = 2048;

/// Cleans texts with the secrets of one configuration.
#[derive(Clone, Copy)]
pub struct Cleaner<'a> {
    redactor: &'a Redactor,
}

impl<'a> Cleaner<'a> {
    /// A cleaner that knows these secrets.
    pub fn new(redactor: &'a Redactor) -> Self {
        Self { redactor }
    }

    /// `text` without secrets, cut to `max` characters. Secrets go first: half a secret would not be recognised.
    pub fn text(self, text: &str, max: usize) -> Cow<'_, str> {
        fit(self.clean(text, max), max)
    }

    /// The same, not cut yet. What is far too long is cut before: how long it is is up to the target, and the rest is not
    /// shown.
    fn clean(self, text: &str, max: usize) -> Cow<'_, str> {
        let end = text.floor_char_boundary(4 * max + LOOKAHEAD);
        if end == text.len() {
            return self.redactor.shown(text);
        }
        let mut clean = self.redactor.beginning(&text[..end]);
        clean.push('…');
        clean.into()
    }

    /// The same on one line, without surrounding white space.
    pub fn line(self, text: &str, max: usize) -> Cow<'_, str> {
        let clean = self.clean(text, max);
        let is_line = clean.trim().len() == clean.len() && !clean.contains(char::is_control);
        let line = if is_line { clean } else { clean.replace(char::is_control, " ").trim().to_owned().into() };
        fit(line, max)
    }

    /// A tag's name, with `_` for characters that Sentry rejects.
    pub fn tag_name(self, name: &str) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-' | ' ');
        // An ellipsis is not allowed either, so this cuts without one.
        self.redactor.shown(name).trim().chars().take(TAG).map(|c| if allowed(c) { c } else { '_' }).collect()
    }

    /// An attribute's value: every string in it without secrets, in [`FACT`] characters.
    pub fn value(self, value: &Value) -> CleanValue<'_> {
        match value {
            Value::String(text) => CleanValue::Text(self.text(text, FACT)),
            Value::Array(_) | Value::Object(_) => {
                let mut clean = value.clone();
                self.redactor.value(&mut clean);
                fit_value(&mut clean);
                CleanValue::Cleaned(clean)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => CleanValue::Plain(value),
        }
    }

    /// A body, in [`BODY`] bytes; `is_cut` if there was more of it.
    pub fn body(self, body: &str, is_cut: bool) -> String {
        let mut clean = if is_cut { self.redactor.beginning(body) } else { self.redactor.text(body) };
        clean.truncate(clean.floor_char_boundary(BODY));
        clean
    }
}

/// An attribute's value without secrets.
#[derive(Serialize)]
#[serde(untagged)]
pub enum CleanValue<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A scalar without text.
    Plain(&'a Value),
    /// A list or a map.
    Cleaned(Value),
}

fn fit_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = fit(std::mem::take(text).into(), FACT).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(fit_value),
        Value::Object(map) => map.values_mut().for_each(fit_value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Cuts `text` to `max` characters, the last of them an ellipsis.
fn fit(text: Cow<'_, str>, max: usize) -> Cow<'_, str> {
    // A text has no more characters than bytes.
    if text.len() <= max || text.chars().nth(max).is_none() {
        return text;
    }
    let end = text.char_indices().nth(max - 1).map_or(text.len(), |(at, _)| at);
    format!("{}…", &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secret;

    #[test]
    fn texts_are_cut_to_characters_not_bytes() {
        let redactor = Redactor::default();
        let cleaner = Cleaner::new(&redactor);
        assert_eq!(cleaner.text("ääää", 4), "ääää");
        assert_eq!(cleaner.text("äääää", 4), "äää…");
        assert_eq!(cleaner.body(&"ä".repeat(5000), false).len(), BODY);
    }

    #[test]
    fn secrets_go_before_the_cut() {
        let redactor = Redactor::new([&Secret::new("hunter2!")]);
        assert_eq!(Cleaner::new(&redactor).text("at hunter2! here", 6), "at [F…");
        let long = format!("{}hunter2!{}", "x".repeat(2060), "y".repeat(5000));
        assert_eq!(Cleaner::new(&redactor).text(&long, 6), "xxxxx…");
    }

    #[test]
    fn tags_fit_what_sentry_takes() {
        let redactor = Redactor::default();
        let cleaner = Cleaner::new(&redactor);
        assert_eq!(cleaner.tag_name("straße/b c"), "stra_e_b c");
        assert_eq!(cleaner.tag_name(&"a".repeat(300)).len(), 200);
        assert_eq!(cleaner.line("\ntwo\nlines\u{2028}", TAG), "two lines");
    }
}
