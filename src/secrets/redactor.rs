//! Redacts texts: known secrets by their values, others by the names before them.

mod encodings;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde_json::Value;

use self::encodings::Layer;
use super::credential;
use super::secret::{FILTERED, Secret};

/// Shorter secrets are not searched for within texts: they would hide ordinary words.
const MIN_SOUGHT_LENGTH: usize = 4;

/// Shorter lines of a secret are not distinctive. Those of a private key have 64 characters.
const MIN_LINE_LENGTH: usize = 16;

/// Bytes of a secret that are searched for; the rest is compared where they are found, so that a part of a long secret is
/// found too. No text has this many in common with a secret by chance.
const ANCHOR: usize = 32;

/// Quick to build: it is built again for every run that has secrets of its own.
const KIND: AhoCorasickKind = AhoCorasickKind::NoncontiguousNFA;

/// How many levels of escapes are decoded: JSON in JSON in a query is three.
const LAYERS: usize = 4;

/// How many levels of base64 and hexadecimal digits are decoded: `Basic …` in base64 is two.
const DEPTH: usize = 2;

/// The end of a text that was cut, possibly within a secret.
const ELLIPSIS: &str = "…";

/// Bytes of `\u00e4` and `&quot;`, as far as a cut leaves something of them.
const MAX_ESCAPE_LENGTH: usize = 6;

/// Finds secrets in texts and replaces them by `[Filtered]`. Cheap to clone.
///
/// A secret is recognised by its value in any form in which a target may return it: escaped as in URLs, JSON and HTML, in
/// base64 and hexadecimal digits, and nested in each other. And it is recognised by a name such as `password` or
/// `access_token` before it, as in queries, forms and JSON.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Vec<Arc<Known>>,
}

/// The forms of some secrets.
struct Known {
    /// Sorted.
    sought: Vec<Vec<u8>>,
    /// Those that are only recognised as a whole text.
    short: Vec<Vec<u8>>,
    /// Finds the beginnings of what is sought; built when it is first needed.
    finder: OnceLock<Option<AhoCorasick>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts: usize = self.known.iter().map(|known| known.sought.len() + known.short.len()).sum();
        write!(f, "Redactor({texts} texts)")
    }
}

impl Redactor {
    /// A redactor of these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self::default().with(secrets)
    }

    /// The same, with these secrets too. Those that are known already are shared.
    #[must_use]
    pub fn with<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut known = self.known.clone();
        known.extend(Known::new(secrets).map(Arc::new));
        Self { known }
    }

    /// A redactor of the secrets of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { known: self.known.iter().chain(&other.known).cloned().collect() }
    }

    /// `text` without secrets.
    pub fn text(&self, text: &str) -> String {
        self.shown(text).into_owned()
    }

    /// The same: `text` itself where there is none in it.
    pub fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.filter(text, false)
    }

    /// The same for the beginning of a longer text, whose end may be half a secret.
    pub fn beginning(&self, text: &str) -> String {
        self.filter(text, true).into_owned()
    }

    fn filter<'a>(&self, text: &'a str, is_cut: bool) -> Cow<'a, str> {
        if self.known.iter().any(|known| known.short.iter().any(|short| short == text.as_bytes())) {
            return FILTERED.into();
        }
        let mut secret = credential::spans(text);
        if !self.known.is_empty() {
            self.find(Layer::of(text, is_cut), DEPTH, &mut secret);
        }
        if secret.is_empty() { text.into() } else { without(text, secret).into() }
    }

    /// Finds secrets in a text and in its decoded forms.
    fn find(&self, text: Layer<'_>, depth: usize, found: &mut Vec<Range<usize>>) {
        let mut layer = Some(text);
        for _ in 0..=LAYERS {
            let Some(text) = layer else { return };
            self.find_plain(&text, found);
            for decoded in text.decoded() {
                match depth {
                    0 => {}
                    1 => self.find_plain(&decoded, found),
                    _ if decoded.is_text() => self.find(decoded, depth - 1, found),
                    _ => self.find_plain(&decoded, found),
                }
            }
            layer = text.unescaped();
        }
    }

    fn find_plain(&self, text: &Layer<'_>, found: &mut Vec<Range<usize>>) {
        for known in &self.known {
            let before = found.len();
            known.find(&text.bytes, found);
            known.find_halves(&text.bytes, text.is_cut, found);
            found[before..].iter_mut().for_each(|part| *part = text.original(part));
        }
    }

    /// The same for every string inside `value`, names of map entries included.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(map) => {
                *map = std::mem::take(map)
                    .into_iter()
                    .map(|(name, mut item)| {
                        self.value(&mut item);
                        (self.text(&name), item)
                    })
                    .collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl Known {
    /// `None` without secrets.
    fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Option<Self> {
        let mut sought: Vec<Vec<u8>> = secrets.into_iter().flat_map(|secret| forms(secret.expose())).collect();
        sought.sort();
        sought.dedup();
        let (sought, short): (Vec<_>, Vec<_>) = sought.into_iter().partition(|text| text.len() >= MIN_SOUGHT_LENGTH);
        let is_empty = sought.is_empty() && short.is_empty();
        (!is_empty).then(|| Self { sought, short, finder: OnceLock::new() })
    }

    /// Finds secrets in `text`.
    fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let build = || {
            let anchors = self.sought.iter().map(|secret| &secret[..secret.len().min(ANCHOR)]);
            // It only fails for more patterns than a configuration can have.
            AhoCorasick::builder().kind(Some(KIND)).build(anchors).ok()
        };
        let Some(finder) = self.finder.get_or_init(build) else { return };
        for anchor in finder.find_overlapping_iter(text) {
            let secret = self.sought.get(anchor.pattern().as_usize()).map_or(&[][..], |secret| &secret[anchor.len()..]);
            let more = secret.iter().zip(&text[anchor.end()..]).take_while(|(one, other)| one == other).count();
            found.push(anchor.start()..anchor.end() + more);
        }
    }

    /// Finds beginnings of secrets before an ellipsis, or at the end of a text that was cut.
    fn find_halves(&self, text: &[u8], is_cut: bool, found: &mut Vec<Range<usize>>) {
        let mark = ELLIPSIS.as_bytes();
        let marks = text.windows(mark.len()).enumerate().filter(|(_, bytes)| *bytes == mark).map(|(end, _)| end);
        let mut from = 0;
        for end in marks.chain(is_cut.then_some(text.len())) {
            let piece = &text[from..end];
            // The cut may have gone through an escape as well.
            let last = piece.len() - piece.len().min(MAX_ESCAPE_LENGTH);
            let escape = piece[last..].iter().rposition(|byte| matches!(byte, b'%' | b'\\' | b'&')).map(|at| last + at);
            let half =
                [Some(piece.len()), escape].into_iter().flatten().filter_map(|end| self.half(&piece[..end])).min();
            found.extend(half.map(|half| from + half..end));
            from = end;
        }
    }

    /// The position in `piece` of the beginning of a secret that extends to the end of `piece`.
    fn half(&self, piece: &[u8]) -> Option<usize> {
        let longest = self.sought.iter().map(Vec::len).max().unwrap_or_default();
        (piece.len() - piece.len().min(longest)..piece.len()).find(|at| {
            let half = &piece[*at..];
            let place = self.sought.partition_point(|secret| secret.as_slice() < half);
            half.len() >= MIN_SOUGHT_LENGTH && self.sought.get(place).is_some_and(|secret| secret.starts_with(half))
        })
    }
}

/// The forms in which a secret is searched for: itself, its lines without surrounding white space, with `+` for spaces as in
/// forms, and with its own escapes decoded, as those of the text are decoded too.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let lines = secret.split(['\n', '\r']).map(str::trim);
    // What a private key begins and ends with is the same for all.
    let lines = lines.filter(|line| line.len() >= MIN_LINE_LENGTH && !line.starts_with("-----"));
    let mut forms = Vec::new();
    for text in [secret, secret.trim()].into_iter().chain(lines).filter(|text| !text.is_empty()) {
        for text in [text.to_owned(), text.replace(' ', "+")] {
            let mut layer = Layer::of(&text, false).unescaped();
            for _ in 0..LAYERS {
                let Some(plain) = layer else { break };
                forms.push(plain.bytes.to_vec());
                layer = plain.unescaped();
            }
            forms.push(text.into_bytes());
        }
    }
    forms
}

/// `text` with `[Filtered]` in the place of these parts; parts that overlap are one.
fn without(text: &str, mut parts: Vec<Range<usize>>) -> String {
    parts.sort_by_key(|part| part.start);
    let mut clean = String::with_capacity(text.len());
    let mut shown = 0;
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        // A secret may end within one character of the text.
        let mut part = text.floor_char_boundary(part.start)..text.ceil_char_boundary(part.end);
        while let Some(next) = parts.next_if(|next| next.start < part.end) {
            part.end = part.end.max(next.end);
        }
        clean.push_str(&text[shown..part.start]);
        clean.push_str(FILTERED);
        shown = part.end;
    }
    clean.push_str(&text[shown..]);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let secrets: Vec<Secret> = secrets.iter().copied().map(Secret::new).collect();
        Redactor::new(&secrets)
    }

    #[test]
    fn every_spelling_of_a_secret_is_filtered() {
        let redactor = redactor(&["p/ss w\"rd"]);
        for spelling in [
            "p/ss w\"rd",
            "p%2Fss%20w%22rd",
            "p%2fss+w%22rd",
            "cC9zcyB3InJk",
            r#"p/ss w\"rd"#,
            r#"p\/ss w\"rd"#,
            r#"p\\\/ss w\\\"rd"#,
            "p%252Fss%2520w%2522rd",
            "p/ss w&quot;rd",
            r"p/ss w\&#34;rd",
            "702f73732077227264",
            "NzAyZjczNzMyMDc3MjI3MjY0",
        ] {
            assert_eq!(redactor.text(&format!("a {spelling} b")), "a [Filtered] b");
        }
    }

    #[test]
    fn a_secret_that_a_cut_went_through_is_filtered_too() {
        let redactor = redactor(&["hunter2!"]);
        assert_eq!(
            redactor.text("a is \"x hunter…, not 1; b is hunt…"),
            "a is \"x [Filtered]…, not 1; b is [Filtered]…"
        );
        assert_eq!(redactor.text("hun…, hunter2!…, hunters…"), "hun…, [Filtered]…, hunters…");
        assert_eq!(
            (redactor.beginning("x hunte"), redactor.text("x hunte")),
            ("x [Filtered]".into(), "x hunte".into())
        );
    }

    #[test]
    fn short_secrets_are_filtered_where_they_stand_alone() {
        let redactor = redactor(&["abc"]);
        assert_eq!(redactor.text("abc"), "[Filtered]");
        assert_eq!(redactor.text("abcess"), "abcess");
    }

    #[test]
    fn of_secrets_that_overlap_nothing_is_left() {
        let some = redactor(&["hunter2", "hunter2-and-more", "more-of-it"]);
        assert_eq!(some.text("hunter2-and-more-of-it, hunter2"), "[Filtered], [Filtered]");
        // Whichever was known first.
        let both = redactor(&["hunter2"]).with(&[Secret::new("hunter2-and-more")]);
        assert_eq!(both.text("x hunter2-and-more, hunter2"), "x [Filtered], [Filtered]");
    }

    #[test]
    fn long_secrets_are_filtered_to_their_end() {
        let long: String = (0..200).map(|number| format!("{number:x}.")).collect();
        let (redactor, half) = (redactor(&[&long]), &long[..100]);
        assert_eq!(redactor.text(&format!("a {long} b {half} c")), "a [Filtered] b [Filtered] c");
    }

    #[test]
    fn values_are_filtered_through_and_through() {
        let redactor = redactor(&["hunter2!"]);
        let mut value = serde_json::json!({"a": ["x hunter2!"], "hunter2!": 1});
        redactor.value(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["x [Filtered]"], "[Filtered]": 1}));
    }

    #[test]
    fn what_is_named_like_a_credential_is_filtered_though_nobody_knows_it() {
        assert_eq!(
            Redactor::default().text("GET https://a.test/?page=2&access_token=abc#top"),
            "GET https://a.test/?page=2&access_token=[Filtered]#top"
        );
    }
}
