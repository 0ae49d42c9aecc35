//! Why a body is not JSON, as a sentence.

use serde_json::Error;
use serde_json::error::Category;

/// How deep lists and maps may lie within each other: `serde_json` goes no deeper, so that no answer overflows a stack.
const MAX_DEPTH: usize = 127;

/// A Unicode escape in JSON: `\ud800`.
const ESCAPE: usize = 6;

/// Why `body` is not JSON.
pub(crate) fn describe(body: &[u8], error: &Error) -> String {
    if body.is_empty() {
        return "it has no body".to_owned();
    }
    if body.starts_with(&[0xff, 0xfe]) || body.starts_with(&[0xfe, 0xff]) || body[..body.len().min(2)].contains(&0) {
        return "it is UTF-16 or binary, and JSON has to be UTF-8".to_owned();
    }
    if let Err(error) = std::str::from_utf8(body) {
        return format!("it is not UTF-8 at byte {}", error.valid_up_to() + 1);
    }
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<') {
        return "it begins with `<`, as HTML does".to_owned();
    }
    let place = place(error);
    if error.classify() == Category::Eof {
        return format!("it ends unexpectedly, at {place}");
    }
    let end = offset(body, error);
    if depth(&body[..end]) > MAX_DEPTH {
        return format!("it is nested more than {MAX_DEPTH} levels deep, at {place}");
    }
    if is_beyond_all_numbers(body, end) {
        return format!("a number is too large, at {place}");
    }
    if has_half_a_pair(&body[..end]) {
        return format!("it contains an unpaired surrogate, at {place}");
    }
    match body[..end].last() {
        Some(byte) if byte.is_ascii_graphic() => format!("`{}` is out of place, at {place}", char::from(*byte)),
        Some(byte) if byte.is_ascii_control() => format!("unexpected control character, at {place}"),
        _ => format!("unexpected character, at {place}"),
    }
}

/// `line 1, column 7`.
pub(crate) fn place(error: &Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// How many bytes the parser had read: the last of them is the one that it names.
fn offset(body: &[u8], error: &Error) -> usize {
    let lines = body.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let before: usize = lines.map(<[u8]>::len).sum();
    (before + error.column()).min(body.len())
}

/// How many lists and maps are open at the end of a text.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    for byte in text {
        match (is_quoted, byte) {
            (true, _) if is_escaped => is_escaped = false,
            (true, b'\\') => is_escaped = true,
            (_, b'"') => is_quoted = !is_quoted,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}

/// Whether the number around `end` is one that no double holds.
fn is_beyond_all_numbers(body: &[u8], end: usize) -> bool {
    let is_of_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'e' | b'E' | b'+' | b'-' | b'.');
    let before = body[..end].iter().rev().skip(1).take_while(|byte| is_of_number(byte)).count();
    let start = end.saturating_sub(1 + before);
    let length = body[start..].iter().take_while(|byte| is_of_number(byte)).count();
    let number = std::str::from_utf8(&body[start..start + length]).ok().and_then(|text| text.parse::<f64>().ok());
    number.is_some_and(f64::is_infinite)
}

/// Whether the text ends shortly behind the escape of a surrogate.
fn has_half_a_pair(text: &[u8]) -> bool {
    let end = &text[text.len().saturating_sub(2 * ESCAPE)..];
    end.windows(4).any(|escape| {
        escape.starts_with(b"\\u")
            && matches!(escape[2], b'd' | b'D')
            && matches!(escape[3], b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F')
    })
}
