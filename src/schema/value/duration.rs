//! Durations as they are written: seconds as a number, or a string with a unit.

use std::time::Duration;

use serde_json::Value;

use crate::diagnostics::finding::Finding;
use crate::yaml::node::{Kind, Node};

/// Units and their length in seconds. Longer names first: `ms` ends in `s` as well.
const UNITS: &[(&str, f64)] = &[("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// Reads a duration.
pub(crate) fn parse(node: &Node) -> Result<Duration, Finding> {
    let seconds = match &node.kind {
        Kind::Scalar { value: Value::Number(number), .. } => number.as_f64(),
        Kind::Scalar { value: Value::String(text), .. } => seconds(text.trim()),
        _ => None,
    };
    seconds.and_then(whole).ok_or_else(|| {
        Finding::new(format!("expected a duration, found {}", node.found()))
            .with_help("write seconds as a number, or a string such as `500ms`, `30s`, `5m` or `1h`")
    })
}

/// Reads a duration from a string.
pub fn parse_duration(text: &str) -> Option<Duration> {
    seconds(text).and_then(whole)
}

/// Whole microseconds: 0.1 s is 100 ms, not 100.000001 ms.
fn whole(seconds: f64) -> Option<Duration> {
    (0.0..=1e9).contains(&seconds).then(|| Duration::from_micros((seconds * 1e6).round() as u64))
}

fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| text.strip_suffix(name).map(|number| (number.trim_end(), *unit)))
        .unwrap_or((text, 1.0));
    // Not everything that Rust takes for a number: `inf`, `1e3`.
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| number.parse::<f64>().ok()).flatten().map(|number| number * unit)
}

/// A duration as a person would write it: `500ms`, `1.5s`, `5m`.
pub fn show_duration(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis == 0.0 {
        "0s".to_owned()
    } else if millis < 1000.0 {
        format!("{millis}ms")
    } else if duration.subsec_nanos() == 0 && duration.as_secs().is_multiple_of(3600) {
        format!("{}h", duration.as_secs() / 3600)
    } else if duration.subsec_nanos() == 0 && duration.as_secs().is_multiple_of(60) {
        format!("{}m", duration.as_secs() / 60)
    } else {
        format!("{}s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Span;

    fn of(text: &str) -> Option<Duration> {
        parse(&Node::of_secret(text, Span::default())).ok()
    }

    #[test]
    fn units_are_understood_and_everything_else_is_not() {
        for (text, millis) in
            [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("1.5s", 1500), ("7", 7000)]
        {
            assert_eq!(of(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1s", "1d", "5 parsecs", "inf", "1e3", "1..5s", "9999999999h"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for text in ["500ms", "1.5s", "30s", "5m", "1h", "90s", "0s"] {
            let duration = of(text).expect("a duration");
            assert_eq!(of(&show_duration(duration)), Some(duration), "{text}");
        }
    }
}
