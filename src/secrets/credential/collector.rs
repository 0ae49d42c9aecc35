//! The credentials in a request or an answer.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

use super::scanner::{Writing, named};
use super::{is_credential, is_distinctive, looks_generated};
use crate::secrets::secret::Secret;

/// More than this are not collected at once: a response with so many is an attack.
const MAX: usize = 100;

/// A longer text is split into pieces.
const PIECE: usize = 2048;

/// Credentials found in requests and responses, each a [`Secret`].
///
/// Texts that are too short or too common to be searched for elsewhere are left out: those of less than four characters,
/// numbers of less than six digits, `true`, `none` and the like.
#[derive(Clone, Debug, Default)]
pub struct Credentials(Vec<Secret>);

impl Credentials {
    /// What was found.
    pub fn into_secrets(self) -> Vec<Secret> {
        self.0
    }

    /// Adds a text from a position that only credentials have.
    pub fn keep(&mut self, text: &str) {
        let mut rest = text.trim();
        if !is_distinctive(rest) {
            return;
        }
        while !rest.is_empty() && self.0.len() < MAX {
            let (piece, more) = rest.split_at(rest.floor_char_boundary(PIECE));
            if !self.0.iter().any(|known| known.expose() == piece) {
                self.0.push(Secret::new(piece));
            }
            rest = more;
        }
    }

    /// Adds a text from a position that credentials have, among other things.
    fn keep_generated(&mut self, text: &str) {
        if looks_generated(text) {
            self.keep(text);
        }
    }

    /// Adds a name and password joined as for basic authentication (RFC 7617). The name alone is no credential.
    fn keep_pair(&mut self, pair: &str) {
        self.keep(pair);
        if let Some((_, password)) = pair.split_once(':') {
            self.keep(password);
        }
    }

    /// Adds the credentials in a header, if it is one for credentials: its whole value, and its parts: what follows
    /// `Bearer`, a name and a password, a cookie's value.
    pub fn header(&mut self, name: &str, value: &str) {
        match name.to_ascii_lowercase().as_str() {
            "cookie" => {
                self.keep_generated(value);
                value.split(';').for_each(|pair| self.cookie(pair));
            }
            // What follows are its attributes.
            "set-cookie" => self.cookie(value.split(';').next().unwrap_or_default()),
            _ if is_credential(name) => {
                self.keep(value);
                let Some((scheme, credentials)) = value.trim().split_once(' ') else { return };
                self.keep(credentials);
                let decoded = if scheme.eq_ignore_ascii_case("basic") { decoded(credentials) } else { None };
                if let Some(pair) = decoded {
                    self.keep_pair(&pair);
                }
                // As in `Digest username="bob", response="…"`.
                for parameter in credentials.split([',', ' ']) {
                    let value = parameter.split_once('=').map_or("", |(_, value)| value.trim_matches('"'));
                    self.keep_generated(value);
                }
            }
            _ => {}
        }
    }

    /// `session=abc`: under another name than a credential's, only what looks generated is one.
    fn cookie(&mut self, pair: &str) {
        let Some((name, value)) = pair.trim().split_once('=') else { return };
        let value = value.trim().trim_matches('"');
        for value in [value, &*percent_decode_str(value).decode_utf8_lossy()] {
            if is_credential(name) { self.keep(value) } else { self.keep_generated(value) }
        }
    }

    /// User information and parameters. A name without a password is a token.
    pub fn url(&mut self, url: &Url) {
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (name, password) = (url.username(), url.password().unwrap_or_default());
        let secret = if password.is_empty() { name } else { password };
        if !secret.is_empty() {
            self.keep(secret);
            self.keep(&plain(secret));
            self.keep(&format!("{}:{}", plain(name), plain(password)));
        }
        self.text(url.as_str());
    }

    /// What has a credential's name in a form, a query or JSON, whole or in part.
    pub fn text(&mut self, text: &str) {
        for (span, writing) in named(text) {
            let raw = &text[span];
            self.keep(raw);
            match writing {
                Writing::Form => self.keep(&percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy()),
                Writing::Json => {
                    if let Ok(text) = serde_json::from_str::<String>(&format!("\"{raw}\"")) {
                        self.keep(&text);
                    }
                }
            }
        }
    }

    /// What has a credential's name in a value; `name` is that of the value itself.
    pub fn named(&mut self, name: &str, value: &Value) {
        self.walk(name, value, Self::keep);
    }

    /// The same for a value from a response, which may be an ordinary word under such a name.
    pub fn answered(&mut self, name: &str, value: &Value) {
        self.walk(name, value, Self::keep_generated);
    }

    fn walk(&mut self, name: &str, value: &Value, keep: fn(&mut Self, &str)) {
        match value {
            Value::String(text) if is_credential(name) => keep(self, text),
            Value::Number(number) if is_credential(name) => keep(self, &number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.walk(name, item, keep)),
            Value::Object(map) => map.iter().for_each(|(name, item)| self.walk(name, item, keep)),
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }
}

/// The text that is encoded in base64, padded or not.
fn decoded(base64: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&STANDARD, config).decode(base64.trim()).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(find: impl FnOnce(&mut Credentials)) -> Vec<String> {
        let mut credentials = Credentials::default();
        find(&mut credentials);
        credentials.into_secrets().iter().map(|secret| secret.expose().to_owned()).collect()
    }

    #[test]
    fn headers_give_their_credentials_and_keep_their_words() {
        let of = |name: &str, value: &str| found(|credentials| credentials.header(name, value));
        assert_eq!(of("authorization", "Bearer tick-tack"), ["Bearer tick-tack", "tick-tack"]);
        let basic = "Basic Ym9iOnRpY2stdGFjaw==";
        assert_eq!(of("Authorization", basic), [basic, "Ym9iOnRpY2stdGFjaw==", "bob:tick-tack", "tick-tack"]);
        assert_eq!(of("cookie", "lang=english; sid=tick; id=a1b2c3d4").last().map(String::as_str), Some("a1b2c3d4"));
        assert_eq!(of("cookie", "lang=english; theme=dark"), ["lang=english; theme=dark"; 0]);
        assert_eq!(of("Set-Cookie", "a=a1b2c3d4; Path=/a1b2c3d4e5; Max-Age=12345678"), ["a1b2c3d4"]);
        assert_eq!(of("x-api-key", "true"), [""; 0]);
        assert_eq!(of("accept-language", "tick-tack-1234567"), [""; 0]);
    }

    #[test]
    fn urls_and_bodies_give_their_credentials() {
        let url = "https://bob:h%40us@a.test/?page=2&token=a%2Fb+c".parse().expect("a URL");
        assert_eq!(found(|credentials| credentials.url(&url)), ["h%40us", "h@us", "bob:h@us", "a%2Fb+c", "a/b c"]);
        let body = r#"{"user": "bob", "password": "hun\"ter"}"#;
        assert_eq!(found(|credentials| credentials.text(body)), [r#"hun\"ter"#, "hun\"ter"]);
    }

    #[test]
    fn long_ones_come_in_pieces_and_not_without_end() {
        assert_eq!(found(|credentials| credentials.keep(&"x".repeat(5000))).len(), 2);
        let many: String = (0..1000).map(|number| format!("token=secret-{number}&")).collect();
        assert_eq!(found(|credentials| credentials.text(&many)).len(), MAX);
    }
}
