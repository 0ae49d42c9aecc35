//! JSON values as Python writes them: `str()`, `repr()` and `ascii()`.

use std::fmt::Write as _;

use serde_json::Value;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

use super::number::{Int, float_repr};

/// Python's `str()`: a string as it is, anything else as `repr()` writes it: `1`, `1e+16`, `True`, `None`, `[1, 'a']`.
pub fn str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ => repr(value),
    }
}

/// Python's `repr()`: `'text'`, `1`, `1e+16`, `True`, `None`, `[1, 'a']`, `{'a': 1}`.
///
/// Which characters are printable is decided by a newer Unicode than Python 3.11 has (14.0): characters added since are
/// not escaped here.
pub fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(value, &mut out);
    out
}

/// Python's `ascii()`: like [`repr`], with everything outside ASCII escaped.
pub fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for c in repr(value).chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            push_escaped(c, &mut out);
        }
    }
    out
}

fn write_repr(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => match Int::of(number) {
            Some(int) => out.push_str(&int.to_string()),
            // Finite by serde_json's own promise.
            None => out.push_str(&float_repr(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_repr(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (name, item)) in map.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_string(name, out);
                out.push_str(": ");
                write_repr(item, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ if c == quote => out.extend(['\\', c]),
            _ if is_printable(c) => out.push(c),
            _ => push_escaped(c, out),
        }
    }
    out.push(quote);
}

/// `\xe9`, `\u20ac` or `\U0001f600`.
fn push_escaped(c: char, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match u32::from(c) {
        code @ ..=0xff => write!(out, "\\x{code:02x}"),
        code @ ..=0xffff => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    };
}

/// What `str.isprintable` says of one character: no control, format, private or unassigned one, no space but the plain.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    !matches!(c.general_category_group(), GeneralCategoryGroup::Other | GeneralCategoryGroup::Separator)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_are_quoted_and_escaped_as_by_python() {
        for (text, expected) in [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("\"it\"", "'\"it\"'"),
            ("'\"", r#"'\'"'"#),
            ("\\\t\n\r\0\x7f", r"'\\\t\n\r\x00\x7f'"),
            ("é€😀", "'é€😀'"),
            ("\u{85}\u{a0}\u{ad}", r"'\x85\xa0\xad'"),
            ("\u{2028}\u{3000}\u{e000}\u{feff}", r"'\u2028\u3000\ue000\ufeff'"),
            ("\u{10ffff}\u{e0001}", r"'\U0010ffff\U000e0001'"),
        ] {
            assert_eq!(repr(&json!(text)), expected);
        }
        assert_eq!(ascii(&json!("é€😀'")), r#""\xe9\u20ac\U0001f600'""#);
    }

    #[test]
    fn values_are_written_as_python_literals() {
        let value = json!({"a": [1, -1.0, true, null, "x"], "it's": {}, "b": []});
        assert_eq!(repr(&value), r#"{'a': [1, -1.0, True, None, 'x'], "it's": {}, 'b': []}"#);
        assert_eq!(str(&value), repr(&value));
        assert_eq!(str(&json!("it's")), "it's");
        assert_eq!(str(&json!(u64::MAX)), "18446744073709551615");
        assert_eq!(str(&json!(i64::MIN)), "-9223372036854775808");
    }
}
