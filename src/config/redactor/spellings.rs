//! The forms in which a secret may come back from a target.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// Shorter lines of a secret say nothing by themselves. Those of a private key have 64 characters.
const SHORTEST_LINE: usize = 16;

/// Shorter pieces of base64 might be part of anything.
const SHORTEST_BASE64: usize = 8;

/// A secret as it is, percent-encoded, in base64 and hexadecimal digits, and escaped within JSON and HTML; without the
/// white space around it; and its lines, if it has several.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let mut spellings = Vec::new();
    spell(secret, &mut spellings);
    let trimmed = secret.trim();
    if trimmed != secret {
        spell(trimmed, &mut spellings);
    }
    if trimmed.contains(['\n', '\r']) {
        let lines = trimmed.split(['\n', '\r']).map(str::trim);
        // What a private key begins and ends with is the same for all.
        let lines = lines.filter(|line| line.len() >= SHORTEST_LINE && !line.starts_with("-----"));
        lines.for_each(|line| spell(line, &mut spellings));
    }
    spellings.retain(|spelling| !spelling.is_empty());
    spellings
}

fn spell(secret: &str, spellings: &mut Vec<String>) {
    spellings.push(secret.to_owned());
    base64(secret, spellings);
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    spellings.extend([hex.to_ascii_uppercase(), hex]);
    // What has none of these stands as it is in URLs, JSON and HTML.
    if secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    percent(secret, spellings);
    json(secret, spellings);
    html(secret, spellings);
}

/// Base64 in both alphabets: of the secret alone, and what it comes to within a longer text, which depends on its place
/// there (as in `user:password`).
fn base64(secret: &str, spellings: &mut Vec<String>) {
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        spellings.push(engine.encode(secret));
        for before in 0..3 {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(secret.as_bytes());
            let text = engine.encode(&bytes);
            // Only characters whose six bits are all the secret's.
            let within = text.get((before * 8).div_ceil(6)..bytes.len() * 8 / 6);
            spellings.extend(within.filter(|text| text.len() >= SHORTEST_BASE64).map(str::to_owned));
        }
    }
}

/// Percent-encoded as in forms, and by `url::Url` in paths, queries and user information, by JavaScript's
/// `encodeURIComponent`, by Python's `quote`, and by those who encode all that they can; with both cases of digits; and
/// encoded once more.
fn percent(secret: &str, spellings: &mut Vec<String>) {
    // https://url.spec.whatwg.org/#percent-encoded-bytes
    const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');
    const SPECIAL_QUERY: &AsciiSet = &QUERY.add(b'\'');
    const PATH: &AsciiSet = &QUERY.add(b'?').add(b'^').add(b'`').add(b'{').add(b'}');
    const USERINFO: &AsciiSet =
        &PATH.add(b'/').add(b':').add(b';').add(b'=').add(b'@').add(b'[').add(b'\\').add(b']').add(b'^').add(b'|');
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
    const QUOTE: &AsciiSet = &UNRESERVED.remove(b'/');
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let sets = [QUERY, SPECIAL_QUERY, PATH, USERINFO, UNRESERVED, COMPONENT, QUOTE, NON_ALPHANUMERIC];
    let mut once: Vec<String> = sets.map(|set| utf8_percent_encode(secret, set).to_string()).into();
    once.extend([form.replace('+', "%20"), form]);
    once.sort();
    once.dedup();
    for encoded in once {
        let lower = lower_case_escapes(&encoded);
        let twice = [&encoded, &lower].map(|once| utf8_percent_encode(once, UNRESERVED).to_string());
        spellings.extend(twice);
        spellings.extend([lower, encoded]);
    }
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

/// As it stands between the quotes of JSON, by several writers' habits, and in JSON within JSON, as where a target tells
/// what was posted.
fn json(secret: &str, spellings: &mut Vec<String>) {
    let plain = json_escaped(secret);
    // As Python and PHP write it.
    let ascii = escaped(&plain, |c| !c.is_ascii(), false);
    // As Go writes it.
    let go = escaped(&plain, |c| matches!(c, '<' | '>' | '&'), false);
    // As .NET writes it.
    let dot_net = escaped(&plain.replace("\\\"", "\""), |c| !c.is_ascii() || "\"&'+<>`".contains(c), true);
    for text in [plain, ascii, go, dot_net] {
        spellings.extend([json_escaped(&text), text.replace('/', "\\/"), text]);
    }
}

/// A text as it stands between the quotes of JSON.
fn json_escaped(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// `\u00e4` for some characters.
fn escaped(text: &str, which: impl Fn(char) -> bool, is_upper: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if !which(c) {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            escaped.push_str(&if is_upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") });
        }
    }
    escaped
}

/// As it stands in HTML: writers differ in what they make of quotes.
fn html(secret: &str, spellings: &mut Vec<String>) {
    let markup = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for (double, single) in [
        ("\"", "'"),
        ("&quot;", "'"),
        ("&quot;", "&#39;"),
        ("&#34;", "&#39;"),
        ("&quot;", "&#x27;"),
        ("&quot;", "&#039;"),
        ("&quot;", "&apos;"),
    ] {
        spellings.push(markup.replace('"', double).replace('\'', single));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_known_wherever_the_secret_stands_within_it() {
        let spellings = spellings("hunter2!");
        for before in ["", "a", "bo", "bob:", "alice:"] {
            for after in ["", "x", "xy"] {
                let text = STANDARD_NO_PAD.encode(format!("{before}hunter2!{after}"));
                assert!(spellings.iter().any(|known| known.len() >= 8 && text.contains(known)), "{text}");
            }
        }
    }

    #[test]
    fn lines_of_a_secret_are_secrets_but_for_what_all_keys_have() {
        let line = "MC4CAQAwBQYDK2VwBCIEIHh1bnRlcjIh";
        let spellings = spellings(&format!("-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n"));
        assert!(spellings.iter().any(|known| known == line));
        assert!(!spellings.iter().any(|known| known == "-----BEGIN PRIVATE KEY-----"));
    }
}
