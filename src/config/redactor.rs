//! Takes secrets out of texts: known ones by their values, others by the names that stand before them.

mod spellings;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde_json::Value;

use super::credential;
use super::secret::{FILTERED, Secret};
use spellings::spellings;

/// Shorter secrets are not looked for within texts: they would blot out ordinary words.
const SHORTEST_SOUGHT: usize = 4;

/// Bytes of a spelling that are looked for; what follows is compared where they are found. It bounds what there is to
/// build for a long secret, and nobody's text has this many in common with one by chance.
const ANCHOR: usize = 32;

/// What is built anew for every run that has secrets of its own should not take longer than it will be used.
const KIND: AhoCorasickKind = AhoCorasickKind::NoncontiguousNFA;

/// Where a text was cut, it ends in this; the cut may have gone through a secret.
const ELLIPSIS: char = '…';

/// Finds secrets in texts and puts `[Filtered]` in their place. Cheap to clone.
///
/// A secret is known by its value in any of the forms in which it may come back from a target, and by a name such as
/// `password` or `access_token` before it, as in queries, forms and JSON.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Vec<Arc<Known>>,
}

/// The spellings of some secrets.
struct Known {
    /// In the order of their bytes.
    sought: Vec<String>,
    /// Those that are secrets only where they stand alone.
    short: Vec<String>,
    /// Finds the beginnings of what is sought; built when it is first needed.
    finder: OnceLock<Option<AhoCorasick>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let spellings: usize = self.known.iter().map(|known| known.sought.len() + known.short.len()).sum();
        write!(f, "Redactor({spellings} spellings)")
    }
}

impl Redactor {
    /// A redactor of these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self::default().with(secrets)
    }

    /// The same, of these secrets too. What is known already is shared.
    #[must_use]
    pub fn with<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut known = self.known.clone();
        known.extend(Known::new(secrets).map(Arc::new));
        Self { known }
    }

    /// `text` without secrets.
    pub fn text(&self, text: &str) -> String {
        self.filter(text, false)
    }

    /// The same for the beginning of a longer text, whose end may be half a secret.
    pub fn beginning(&self, text: &str) -> String {
        self.filter(text, true)
    }

    fn filter(&self, text: &str, is_cut: bool) -> String {
        if self.known.iter().any(|known| known.short.iter().any(|short| short == text)) {
            return FILTERED.to_owned();
        }
        let mut secret = credential::spans(text);
        for known in &self.known {
            known.find(text, &mut secret);
            known.find_halves(text, is_cut, &mut secret);
        }
        without(text, secret)
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
    /// `None` where there is nothing to know.
    fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Option<Self> {
        let mut secrets: Vec<&Secret> = secrets.into_iter().collect();
        secrets.sort();
        secrets.dedup();
        let mut sought: Vec<String> = secrets.into_iter().flat_map(|secret| spellings(secret.expose())).collect();
        sought.sort();
        sought.dedup();
        let (sought, short): (Vec<_>, Vec<_>) =
            sought.into_iter().partition(|spelling| spelling.len() >= SHORTEST_SOUGHT);
        let is_empty = sought.is_empty() && short.is_empty();
        (!is_empty).then(|| Self { sought, short, finder: OnceLock::new() })
    }

    /// Where in `text` a secret stands.
    fn find(&self, text: &str, found: &mut Vec<Range<usize>>) {
        let build = || {
            let anchors = self.sought.iter().map(|spelling| &spelling[..spelling.floor_char_boundary(ANCHOR)]);
            // It refuses only more patterns than any configuration can have.
            AhoCorasick::builder().kind(Some(KIND)).build(anchors).ok()
        };
        let Some(finder) = self.finder.get_or_init(build) else { return };
        for anchor in finder.find_overlapping_iter(text) {
            let spelling = self.sought.get(anchor.pattern().as_usize()).map_or("", String::as_str);
            let (rest, follows) = (spelling.get(anchor.len()..), text.get(anchor.end()..));
            let more = rest.zip(follows).map_or(0, |(rest, follows)| common_beginning(rest, follows));
            found.push(anchor.start()..anchor.end() + more);
        }
    }

    /// The beginnings of secrets that a cut has left before an ellipsis, or at the end of a text that was cut.
    fn find_halves(&self, text: &str, is_cut: bool, found: &mut Vec<Range<usize>>) {
        let ends = text.match_indices(ELLIPSIS).map(|(end, _)| end).chain(is_cut.then_some(text.len()));
        let longest = self.sought.iter().map(String::len).max().unwrap_or_default();
        let mut from = 0;
        for end in ends {
            let earliest = text.floor_char_boundary(end.saturating_sub(longest)).max(from);
            let piece = &text[earliest..end];
            let half = piece.char_indices().map(|(at, _)| &piece[at..]).find(|half| {
                let place = self.sought.partition_point(|spelling| spelling.as_str() < *half);
                half.len() >= SHORTEST_SOUGHT && self.sought.get(place).is_some_and(|known| known.starts_with(half))
            });
            found.extend(half.map(|half| end - half.len()..end));
            from = end;
        }
    }
}

/// How many bytes two texts begin with alike.
fn common_beginning(one: &str, other: &str) -> usize {
    let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other);
    alike.map(|(c, _)| c.len_utf8()).sum()
}

/// `text` with `[Filtered]` in the place of these parts; parts that overlap are one.
fn without(text: &str, mut parts: Vec<Range<usize>>) -> String {
    parts.sort_by_key(|part| part.start);
    let mut clean = String::with_capacity(text.len());
    let mut shown = 0;
    let mut parts = parts.into_iter().peekable();
    while let Some(mut part) = parts.next() {
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
        for spelling in
            ["p/ss w\"rd", "p%2Fss%20w%22rd", "p%2fss+w%22rd", "cC9zcyB3InJk", r#"p/ss w\"rd"#, r#"p\/ss w\"rd"#]
        {
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
