//! Values that must not be seen: a type that cannot be printed, and a filter for texts that may hold one.

use std::sync::Arc;

use serde_json::Value;

/// What stands in the place of a secret.
pub const FILTERED: &str = "[Filtered]";

/// Shorter secrets are not looked for within texts: they would blot out ordinary words.
const SHORTEST_SOUGHT: usize = 4;

/// Where a text was cut, it ends in this; the cut may have gone through a secret.
const ELLIPSIS: char = '…';

/// A text that cannot be printed: `Debug` and `Display` show `[Filtered]`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(FILTERED)
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(FILTERED)
    }
}

/// Finds secrets in texts and puts `[Filtered]` in their place. Cheap to clone.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Every spelling of every secret, longest first, so that no part of a longer one is left standing.
    spellings: Arc<[String]>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} spellings)", self.spellings.len())
    }
}

impl Redactor {
    /// A redactor of these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut spellings: Vec<String> = secrets.into_iter().flat_map(|secret| spellings(secret.expose())).collect();
        spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
        Self { spellings: spellings.into() }
    }

    /// `text` without secrets.
    pub fn text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for spelling in self.spellings.iter() {
            if clean == *spelling {
                return FILTERED.to_owned();
            }
            if spelling.len() >= SHORTEST_SOUGHT && clean.contains(spelling.as_str()) {
                clean = clean.replace(spelling.as_str(), FILTERED);
            }
        }
        self.without_halves(clean)
    }

    /// `text` without the beginnings of secrets that a cut has left before an ellipsis.
    fn without_halves(&self, text: String) -> String {
        if !text.contains(ELLIPSIS) {
            return text;
        }
        let half = |piece: &str| {
            let ends_in = |spelling: &String| {
                let beginnings = spelling.char_indices().map(|(end, _)| &spelling[..end]).rev();
                beginnings
                    .take_while(|half| half.len() >= SHORTEST_SOUGHT)
                    .find(|half| piece.ends_with(half))
                    .map(str::len)
            };
            self.spellings.iter().filter_map(ends_in).max()
        };
        let pieces = text.split_inclusive(ELLIPSIS).map(|piece| match piece.strip_suffix(ELLIPSIS) {
            Some(before) => match half(before) {
                Some(length) => format!("{}{FILTERED}{ELLIPSIS}", &before[..before.len() - length]),
                None => piece.to_owned(),
            },
            None => piece.to_owned(),
        });
        pieces.collect()
    }

    /// The same for every string inside `value`, names of map entries included.
    pub fn value(&self, value: &mut Value) {
        if self.spellings.is_empty() {
            return;
        }
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

/// The forms in which a secret may come back from a target: as it is, percent-encoded (as in forms, paths, queries and
/// user information of URLs, and both cases of digits), in base64 (both alphabets), and escaped within JSON.
fn spellings(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    if secret.is_empty() {
        return Vec::new();
    }
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let json = json_escaped(secret);
    let mut spellings = vec![
        secret.to_owned(),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        json.replace('/', "\\/"),
        // JSON within JSON, as where a target tells what was posted.
        json_escaped(&json),
        json,
    ];
    for encoded in url_encodings(secret).into_iter().chain([percent, form]) {
        spellings.push(lower_case_escapes(&encoded));
        spellings.push(encoded);
    }
    spellings.retain(|spelling| !spelling.is_empty());
    spellings
}

/// A text as it stands between the quotes of JSON.
fn json_escaped(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// A secret as `url::Url` writes it in a path, a query and user information, and as JavaScript's `encodeURIComponent`
/// does.
fn url_encodings(secret: &str) -> Vec<String> {
    use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
    // https://url.spec.whatwg.org/#percent-encoded-bytes
    const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');
    const SPECIAL_QUERY: &AsciiSet = &QUERY.add(b'\'');
    const PATH: &AsciiSet = &QUERY.add(b'?').add(b'^').add(b'`').add(b'{').add(b'}');
    const USERINFO: &AsciiSet =
        &PATH.add(b'/').add(b':').add(b';').add(b'=').add(b'@').add(b'[').add(b'\\').add(b']').add(b'^').add(b'|');
    const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'!')
        .remove(b'~')
        .remove(b'*')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')');
    [QUERY, SPECIAL_QUERY, PATH, USERINFO, COMPONENT].map(|set| utf8_percent_encode(secret, set).to_string()).into()
}

/// `%2F` as `%2f`.
fn lower_case_escapes(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    let mut digits = 0;
    for c in text.chars() {
        lower.push(if digits > 0 { c.to_ascii_lowercase() } else { c });
        digits = if c == '%' { 2 } else { i32::max(digits - 1, 0) };
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_cannot_be_printed() {
        let secret = Secret::new("hunter2!");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "[Filtered] [Filtered] Some([Filtered])");
    }

    #[test]
    fn every_spelling_of_a_secret_is_filtered() {
        let redactor = Redactor::new([&Secret::new("p/ss w\"rd")]);
        for spelling in
            ["p/ss w\"rd", "p%2Fss%20w%22rd", "p%2fss+w%22rd", "cC9zcyB3InJk", r#"p/ss w\"rd"#, r#"p\/ss w\"rd"#]
        {
            assert_eq!(redactor.text(&format!("a {spelling} b")), "a [Filtered] b");
        }
    }

    #[test]
    fn a_secret_that_a_cut_went_through_is_filtered_too() {
        let redactor = Redactor::new([&Secret::new("hunter2!")]);
        assert_eq!(
            redactor.text("a is \"x hunter…, not 1; b is hunt…"),
            "a is \"x [Filtered]…, not 1; b is [Filtered]…"
        );
        assert_eq!(redactor.text("hun…, hunter2!…, hunters…"), "hun…, [Filtered]…, hunters…");
    }

    #[test]
    fn short_secrets_are_filtered_where_they_stand_alone() {
        let redactor = Redactor::new([&Secret::new("abc")]);
        assert_eq!(redactor.text("abc"), "[Filtered]");
        assert_eq!(redactor.text("abcess"), "abcess");
    }

    #[test]
    fn values_are_filtered_through_and_through() {
        let redactor = Redactor::new([&Secret::new("hunter2!")]);
        let mut value = serde_json::json!({"a": ["x hunter2!"], "hunter2!": 1});
        redactor.value(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["x [Filtered]"], "[Filtered]": 1}));
    }
}
