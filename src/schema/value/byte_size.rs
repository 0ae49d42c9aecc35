//! Numbers of bytes as they are written: a number, or text with a unit.

use serde_json::Value;

use crate::diagnostics::finding::Finding;
use crate::yaml::node::{Kind, Node};

const UNITS: &[(&str, u64)] = &[
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// Reads a number of bytes.
pub(crate) fn parse(node: &Node) -> Result<u64, Finding> {
    let bytes = match &node.kind {
        Kind::Scalar { value: Value::Number(number), .. } => number.as_u64(),
        Kind::Scalar { value: Value::String(text), .. } => parse_text(text.trim()),
        _ => None,
    };
    bytes.ok_or_else(|| {
        Finding::new(format!("expected a number of bytes, found {}", node.found()))
            .with_help("write a whole number, or a string such as `512KiB`, `1MiB` or `1MB`")
    })
}

fn parse_text(text: &str) -> Option<u64> {
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| text.strip_suffix(name).map(|number| (number.trim_end(), *unit)))
        .unwrap_or((text, 1));
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| number.parse::<u64>().ok()?.checked_mul(unit)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Span;

    #[test]
    fn units_are_understood_and_everything_else_is_not() {
        let of = |text: &str| parse(&Node::of_secret(text, Span::default())).ok();
        for (text, bytes) in
            [("7", 7), ("512KiB", 524_288), ("1MiB", 1_048_576), ("1 MB", 1_000_000), ("2kB", 2000), ("9B", 9)]
        {
            assert_eq!(of(text), Some(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5MiB", "1TB", "99999999999999GiB"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
