//! Finds credentials in text: in the queries of URLs, in forms, in JSON, complete or truncated.

use std::ops::Range;

use super::{IN_QUERIES, is_credential, is_word, looks_generated};
use crate::secrets::secret::FILTERED;

/// The longest name that is looked at, in bytes.
const MAX_NAME_LENGTH: usize = 80;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// As in a form or a query.
    Form,
    /// Between the quotes of JSON.
    Json,
}

/// Where the values stand that are credentials by their names (`token=…`, `"token": "…"`), and the user information of
/// URLs (`https://…@`). They do not overlap.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<_> = named(text).into_iter().map(|(span, _)| span).collect();
    spans.extend(user_information(text));
    spans
}

/// Values with credentials' names.
pub(crate) fn named(text: &str) -> Vec<(Range<usize>, Writing)> {
    let mut found = Vec::new();
    let mut done = 0;
    // Of bytes: in most texts there is neither, and this is asked of every text that is sent.
    for (at, sign) in text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'=' | b':')) {
        if at < done {
            continue;
        }
        match sign {
            b'=' => found.extend(parameter(text, at)),
            _ => json_values(text, at, &mut found),
        }
        done = found.last().map_or(done, |(span, _)| span.end.max(done));
    }
    found.retain(|(span, _)| {
        let value = &text[span.clone()];
        !value.is_empty() && value != FILTERED && !is_word(value)
    });
    found
}

/// The value after the `=` at `at`, if the name before it is a credential's.
fn parameter(text: &str, at: usize) -> Option<(Range<usize>, Writing)> {
    let before = &text[text.ceil_char_boundary(at.saturating_sub(MAX_NAME_LENGTH))..at];
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte);
    let length = before.bytes().rev().take_while(|byte| is_name(byte)).count();
    let (around, name) = before.split_at(before.len() - length);
    let (start, follows) = (at + 1, text.get(at + 1..)?);
    // `==` and `=>` assign no values.
    if name.is_empty() || follows.starts_with(['=', '>']) {
        return None;
    }
    let is_quoted = follows.trim_start_matches('\\').starts_with(['"', '\'']);
    if is_credential(name) {
        if is_quoted {
            return Some((quoted(text, start)?, Writing::Json));
        }
    } else if is_quoted || !IN_QUERIES.contains(&name) || !(around.is_empty() || around.ends_with(['?', '&', ';'])) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || c.is_control() || "&;#\"'<>…".contains(c);
    let end = follows.find(ends).map_or(text.len(), |end| start + end);
    // Within JSON, a quote or a line's end has backslashes before it, which are not the value's.
    let value = text[start..end].trim_end_matches('\\');
    let end = start + value.find("\\n").or_else(|| value.find("\\r")).unwrap_or(value.len());
    (is_credential(name) || looks_generated(&text[start..end])).then_some((start..end, Writing::Form))
}

/// The value after the `:` at `at`, if a credential's name in quotes stands before it; of a list every text.
fn json_values(text: &str, at: usize, found: &mut Vec<(Range<usize>, Writing)>) {
    let earliest = text.ceil_char_boundary(at.saturating_sub(MAX_NAME_LENGTH));
    let before = text[earliest..at].trim_end();
    let Some(quote) = before.chars().next_back().filter(|c| matches!(c, '"' | '\'')) else { return };
    let before = before[..before.len() - 1].trim_end_matches('\\');
    let Some((_, name)) = before.rsplit_once(quote) else { return };
    if !is_credential(name) {
        return;
    }
    let blank = |from: usize| text.len() - text[from..].trim_start().len();
    let mut start = blank(at + 1);
    if text[start..].starts_with('[') {
        start = blank(start + 1);
        while let Some(span) = quoted(text, start) {
            let end = span.end;
            found.push((span, Writing::Json));
            let closed = text[end..].trim_start_matches('\\').get(1..).unwrap_or_default().trim_start();
            let Some(more) = closed.strip_prefix(',') else { break };
            start = blank(text.len() - more.len());
        }
    } else if let Some(span) = quoted(text, start) {
        found.push((span, Writing::Json));
    } else {
        let length = text[start..].bytes().take_while(|byte| byte.is_ascii_digit()).count();
        // Smaller numbers count something.
        if length >= 4 {
            found.push((start..start + length, Writing::Form));
        }
    }
}

/// What stands between the quotes that open at `start`, up to the end of the text if they do not close. Before both may
/// be backslashes, where JSON stands within JSON.
fn quoted(text: &str, start: usize) -> Option<Range<usize>> {
    let follows = text.get(start..)?;
    let level = follows.bytes().take_while(|byte| *byte == b'\\').count();
    let quote = follows[level..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let from = start + level + 1;
    for (at, sign) in text[from..].match_indices([quote, '\n', '…']) {
        let end = from + at;
        if !sign.starts_with(quote) {
            return Some(from..end);
        }
        let escapes = text[from..end].bytes().rev().take_while(|byte| *byte == b'\\').count();
        // With more backslashes before it, it is a quote within the value.
        if escapes >= level && (escapes - level).is_multiple_of(2 * (level + 1)) {
            return Some(from..end - level);
        }
    }
    Some(from..text.len())
}

/// Name and password in URLs.
fn user_information(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Most texts have none, and to look for one byte is cheap.
    if !text.as_bytes().contains(&b'@') {
        return found;
    }
    for (at, sign) in text.match_indices("://") {
        let start = at + sign.len();
        let ends = |c: char| c.is_whitespace() || c.is_control() || "/?#\"'<>…".contains(c);
        let authority = text[start..].find(ends).map_or(&text[start..], |end| &text[start..start + end]);
        if let Some((information, _)) = authority.rsplit_once('@')
            && !matches!(information, "" | FILTERED)
        {
            found.push(start..start + information.len());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with `_` for what is a credential.
    fn masked(text: &str) -> String {
        let mut masked = text.to_owned();
        let mut spans = spans(text);
        spans.sort_by_key(|span| span.start);
        spans.into_iter().rev().for_each(|span| masked.replace_range(span, "_"));
        masked
    }

    #[test]
    fn credentials_are_found_in_urls_forms_and_json() {
        for (text, wanted) in [
            ("https://bob:pw@a.test/?q=1&token=abc&x=2#top", "https://_@a.test/?q=1&token=_&x=2#top"),
            ("redirect 302 to https://t@a.test/?code=a1b2c3d4e5, far", "redirect 302 to https://_@a.test/?code=_ far"),
            ("password=hunter2&user=bob", "password=_&user=bob"),
            ("user%5Bpassword%5D=a%20b", "user%5Bpassword%5D=_"),
            (r#"{"access_token": "a\"b", "n": [1], "token":123456}"#, r#"{"access_token": "_", "n": [1], "token":_}"#),
            (r#"{"a": "{\"token\":\"x\\\"y\",\"b\":1}"}"#, r#"{"a": "{\"token\":\"_\",\"b\":1}"}"#),
            (r#"{"secrets" : ["one", "t]wo" , "three"], "x": ["y"]}"#, r#"{"secrets" : ["_", "_" , "_"], "x": ["y"]}"#),
            (r#"{"user": "bob", "password": "hun"#, r#"{"user": "bob", "password": "_"#),
            (r#"login is {"token":"abc…, not "x""#, r#"login is {"token":"_…, not "x""#),
            ("{'token': 'abc', 'b': 'c'}", "{'token': '_', 'b': 'c'}"),
            ("DB_PASSWORD=hunter2\nHOME=/root", "DB_PASSWORD=_\nHOME=/root"),
            (r#"{"env": "DB_PASSWORD=hunter2\nHOME=/root"}"#, r#"{"env": "DB_PASSWORD=_\nHOME=/root"}"#),
            (r#"{"message": "\"no token=abc\""}"#, r#"{"message": "\"no token=_\""}"#),
            (r#"<input data-token="abc" class="x">"#, r#"<input data-token="_" class="x">"#),
            ("<a href=\"/x?a=1&amp;sig=ab&amp;b=2\">", "<a href=\"/x?a=1&amp;sig=_&amp;b=2\">"),
        ] {
            assert_eq!(masked(text), wanted);
        }
    }

    #[test]
    fn other_things_stay() {
        for text in [
            "https://a.test/@bob?page=2&code=DE&key=home",
            r#"{"token_type": "Bearer", "tokens": 5, "token": 5, "auth": true, "session": {"id": 1}, "secret": null}"#,
            "if (auth == token) { secret => 1 }",
            "token is not set; auth: contains a character that is not allowed in a header",
            "password=&user=bob",
            "the code=a1b2c3d4 is = and : and ':' and =",
            "token=[Filtered]&a=1, https://[Filtered]@a.test/",
            "ä: \"token\": ",
        ] {
            assert_eq!(masked(text), text, "{:?}", spans(text));
        }
    }
}
