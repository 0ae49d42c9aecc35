//! The status codes that are fine, as they are written: `200`, `2xx`, `200-204`, or a list of these.

use std::ops::RangeInclusive;

use crate::diagnostics::finding::Finding;
use crate::yaml::node::Node;

/// Reads a code, a class or a range.
pub(crate) fn range(node: &Node) -> Result<RangeInclusive<u16>, Finding> {
    let finding = || {
        Finding::new(format!("expected a status code, found {}", node.found())).with_help(
            "write a code such as `200`, a class such as `2xx`, a range such as `200-204`, or a list of these",
        )
    };
    let text = node.written().ok_or_else(finding)?.trim();
    if let Some(class) = text.to_ascii_lowercase().strip_suffix("xx") {
        let class = class.parse::<u16>().ok().filter(|class| (1..=9).contains(class)).ok_or_else(finding)?;
        return Ok(class * 100..=class * 100 + 99);
    }
    let code =
        |text: &str| text.trim().parse::<u16>().ok().filter(|code| (100..=999).contains(code)).ok_or_else(finding);
    match text.split_once('-') {
        None => code(text).map(|code| code..=code),
        Some((first, last)) => {
            let (first, last) = (code(first)?, code(last)?);
            if first > last {
                return Err(Finding::new("this range ends before it begins"));
            }
            Ok(first..=last)
        }
    }
}

/// The status codes that are fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected(pub Vec<RangeInclusive<u16>>);

impl Expected {
    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl std::fmt::Display for Expected {
    /// `200`, `2xx`, `200-204`, or several of these with `or` between them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            let (start, end) = (*range.start(), *range.end());
            if start == end {
                write!(f, "{start}")?;
            } else if start % 100 == 0 && end == start + 99 {
                write!(f, "{}xx", start / 100)?;
            } else {
                write!(f, "{start}-{end}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Span;

    #[test]
    fn codes_classes_and_ranges_are_understood_and_everything_else_is_not() {
        let of = |text: &str| range(&Node::of_secret(text, Span::default())).ok().map(|range| vec![range]);
        assert_eq!(of("200"), Some(vec![200..=200]));
        assert_eq!(of("2xx"), Some(vec![200..=299]));
        assert_eq!(of("4XX"), Some(vec![400..=499]));
        assert_eq!(of("200-204"), Some(vec![200..=204]));
        for text in ["", "xx", "20", "0xx", "ok", "200-", "204-200", "1000", "-200", "200 or 201"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
