//! The status codes that are fine, as they are written: `200`, `2xx`, `200-204`, or a list of these.

use std::ops::RangeInclusive;

use super::model::Expected;
use super::node::{Kind, Node};
use super::problem::Fault;

/// Reads status codes; a fault comes with the node it is about.
pub(super) fn parse(node: &Node) -> Result<Expected, (&Node, Fault)> {
    let ranges = match &node.kind {
        Kind::List(items) if items.is_empty() => {
            Err((node, Fault::new("expected at least one status code, found an empty list")))
        }
        Kind::List(items) => items.iter().map(|item| range(item).map_err(|fault| (item, fault))).collect(),
        _ => range(node).map(|range| vec![range]).map_err(|fault| (node, fault)),
    };
    ranges.map(Expected)
}

fn range(node: &Node) -> Result<RangeInclusive<u16>, Fault> {
    let fault = || {
        Fault::new(format!("expected a status code, found {}", node.found())).with_help(
            "write a code such as `200`, a class such as `2xx`, a range such as `200-204`, or a list of these",
        )
    };
    let text = node.written().ok_or_else(fault)?.trim();
    if let Some(class) = text.to_ascii_lowercase().strip_suffix("xx") {
        let class = class.parse::<u16>().ok().filter(|class| (1..=9).contains(class)).ok_or_else(fault)?;
        return Ok(class * 100..=class * 100 + 99);
    }
    let code = |text: &str| text.trim().parse::<u16>().ok().filter(|code| (100..=999).contains(code)).ok_or_else(fault);
    match text.split_once('-') {
        None => code(text).map(|code| code..=code),
        Some((first, last)) => {
            let (first, last) = (code(first)?, code(last)?);
            if first > last {
                return Err(Fault::new("this range ends before it begins"));
            }
            Ok(first..=last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::Extent;

    #[test]
    fn codes_classes_and_ranges_are_understood_and_everything_else_is_not() {
        let of = |text: &str| parse(&Node::of_secret(text, Extent::default())).ok().map(|expected| expected.0);
        assert_eq!(of("200"), Some(vec![200..=200]));
        assert_eq!(of("2xx"), Some(vec![200..=299]));
        assert_eq!(of("4XX"), Some(vec![400..=499]));
        assert_eq!(of("200-204"), Some(vec![200..=204]));
        for text in ["", "xx", "20", "0xx", "ok", "200-", "204-200", "1000", "-200", "200 or 201"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
