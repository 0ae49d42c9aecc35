//! Credentials that are not declared as secrets: recognised by their names and positions.

mod collector;
pub(crate) mod scanner;

pub use collector::Credentials;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

pub(crate) use self::scanner::spans;

/// Words that make a name one of a credential.
const WORDS: &[&str] = &[
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "csrf",
    "jwt",
    "otp",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pwd",
    "secret",
    "secrets",
    "session",
    "sid",
    "sig",
    "signature",
    "token",
    "xsrf",
];

/// Words that make a `key` after them a credential.
const KEYS: &[&str] = &[
    "access",
    "account",
    "api",
    "auth",
    "client",
    "encryption",
    "private",
    "secret",
    "shared",
    "signing",
    "subscription",
];

/// The same in names that are written as one word.
const PARTS: &[&str] = &[
    "accesskey",
    "apikey",
    "authtoken",
    "credential",
    "passwd",
    "password",
    "passphrase",
    "privatekey",
    "secretkey",
    "sessid",
    "sessionid",
];

/// A name that ends in one of these describes a credential, such as its type or age, and is none.
const ABOUT: &[&str] = &[
    "age",
    "alg",
    "algorithm",
    "at",
    "count",
    "disabled",
    "domain",
    "enabled",
    "endpoint",
    "error",
    "expiration",
    "expired",
    "expires",
    "expiry",
    "hint",
    "host",
    "in",
    "length",
    "level",
    "limit",
    "method",
    "mode",
    "name",
    "path",
    "policy",
    "provider",
    "remaining",
    "required",
    "scheme",
    "scope",
    "scopes",
    "size",
    "status",
    "total",
    "ttl",
    "type",
    "types",
    "uri",
    "url",
    "used",
    "valid",
    "version",
];

/// Every name of a credential contains one of these: a quick test that most other names fail.
const STEMS: &[&str] = &[
    "auth", "bearer", "cookie", "cred", "csrf", "jwt", "key", "otp", "pass", "pwd", "secret", "sess", "sid", "sig",
    "token", "xsrf",
];

/// In queries, these are names of credentials too, if the values look generated.
const IN_QUERIES: &[&str] = &["code", "key"];

/// Whether this is the name of a credential: of a header, a query parameter, a field of a form or of JSON.
///
/// Names are split into words, so `author` and `token_type` are none. The list has what Sentry's own scrubbing
/// has (<https://docs.sentry.io/security-legal-pii/scrubbing/server-side-scrubbing/>), and what AWS puts into URLs.
pub fn is_credential(name: &str) -> bool {
    static STEM: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(STEMS).ok());
    if STEM.as_ref().is_some_and(|stem| !stem.is_match(name)) {
        return false;
    }
    let words = words(name);
    if words.last().is_none_or(|last| ABOUT.contains(&last.as_str())) {
        return false;
    }
    let whole = words.concat();
    let is_key = |pair: &[String]| KEYS.contains(&pair[0].as_str()) && matches!(pair[1].as_str(), "key" | "keys");
    whole == "pass"
        || words.iter().any(|word| WORDS.contains(&word.as_str()))
        || words.windows(2).any(is_key)
        || PARTS.iter().any(|part| whole.contains(part))
        || whole.ends_with("token")
        || whole.ends_with("secret")
}

/// The words of a name in lower case, without numbers at their ends: `accessToken2` is `access` and `token`.
fn words(name: &str) -> Vec<String> {
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| chars[before]);
        let follows_lower = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
        let ends_acronym =
            before.is_some_and(char::is_uppercase) && chars.get(index + 1).is_some_and(|next| next.is_lowercase());
        if !c.is_alphanumeric() || c.is_uppercase() && (follows_lower || ends_acronym) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    let bare = words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned());
    bare.filter(|word| !word.is_empty()).collect()
}

/// Whether a text looks generated, such as a session id, unlike `english` or `dark-mode`.
fn looks_generated(text: &str) -> bool {
    let length = text.chars().count();
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    !text.contains(char::is_whitespace) && (length >= 16 || length >= 8 && has_digit)
}

/// Whether a text is distinctive enough to be searched for in other texts.
fn is_distinctive(text: &str) -> bool {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    !is_word(text) && text.chars().count() >= if is_number { 6 } else { 4 }
}

/// Placeholders where there is no credential.
fn is_word(text: &str) -> bool {
    ["true", "false", "null", "none", "nil", "undefined"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_are_told_from_others() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "Set-Cookie",
            "X-Api-Key",
            "apikey",
            "api_key",
            "x-amz-security-token",
            "X-Amz-Signature",
            "X-Amz-Credential",
            "access_token",
            "refreshToken",
            "APIKey",
            "PHPSESSID",
            "JSESSIONID",
            "user[password]",
            "user%5Btoken%5D",
            "password2",
            "client_secret",
            "clientsecret",
            "id_token",
            "sig",
            "sid",
            "auth",
            "session",
            "AWSAccessKeyId",
            "DB_PASSWORD",
            "csrfmiddlewaretoken",
            "x-csrf-token",
            "passwd",
            "session_id",
            "pass",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "",
            "author",
            "authority",
            "token_type",
            "tokens",
            "max_tokens",
            "tokenizer",
            "expires_in",
            "page",
            "key",
            "code",
            "content-type",
            "session_status",
            "token_endpoint",
            "compass",
            "passed",
            "passenger",
            "design",
            "www-authenticate",
            "x-ratelimit-remaining",
            "etag",
            "sidebar",
            "cache-key",
            "secretary",
            "password_policy",
            "keyboard",
        ] {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn generated_texts_are_told_from_words() {
        for text in ["a1b2c3d4", "MTc5fDk3fHNlc3Npb24", "3f2b8a90-17c2"] {
            assert!(looks_generated(text), "{text}");
        }
        for text in ["english", "dark-mode", "Europe/Berlin", "true", "2026", "it takes 15 seconds or more"] {
            assert!(!looks_generated(text), "{text}");
        }
    }
}
