//! Words that sentences about failures share.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use serde_json::Value;

/// Longer quotations are cut.
const MAX_QUOTE_LENGTH: usize = 200;

/// `10 s`, `2.5 s`, `23 ms`, `0.4 ms`.
pub(crate) fn duration(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis >= 1000.0 {
        let seconds = format!("{:.2}", millis / 1000.0);
        format!("{} s", seconds.trim_end_matches('0').trim_end_matches('.'))
    } else if millis >= 10.0 || millis == millis.trunc() {
        format!("{millis:.0} ms")
    } else {
        format!("{millis:.1} ms")
    }
}

/// `3 days`, `1 hour`, `5 minutes`: one unit is enough.
pub(crate) fn long_duration(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    counted(number, unit)
}

/// `1 probe`, `3 probes`.
pub(crate) fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// A number of bytes, e.g. `1 MiB`, `100 bytes`.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        _ if count.is_multiple_of(1024 * 1024) => format!("{} MiB", count / (1024 * 1024)),
        _ if count.is_multiple_of(1024) => format!("{} KiB", count / 1024),
        _ => format!("{count} bytes"),
    }
}

/// `a, b and c`.
pub(crate) fn list<S: AsRef<str>>(items: &[S], last: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match &items[..] {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// A JSON value as quoted in a sentence; long ones are cut.
pub(crate) fn quote(value: &Value) -> String {
    let mut start = Start(String::new());
    // It refuses what is too much, so that of a megabyte only the beginning is written.
    let _ = write!(start, "{value}");
    cut(&start.0)
}

/// The beginning of a text: as much as [`cut`] needs to see.
struct Start(String);

impl std::fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() > MAX_QUOTE_LENGTH * char::MAX_LEN_UTF8 {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A text, cut where it is too long for a sentence; control characters are escaped as in JSON.
pub(crate) fn cut(text: &str) -> String {
    let mut chars = text.chars();
    let mut shown = String::new();
    for c in chars.by_ref().take(MAX_QUOTE_LENGTH) {
        if c.is_control() {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Milliseconds with three decimals: the microseconds that Sentry gets.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_cannot_command_a_terminal() {
        // JSON escapes the first 32 control characters only.
        assert_eq!(quote(&serde_json::json!("\u{1b}[2J\u{7f}\u{9b}2J é")), r#""\u001b[2J\u007f\u009b2J é""#);
        assert_eq!(cut("a\nb"), r"a\u000ab");
    }

    #[test]
    fn durations_read_well() {
        let texts =
            [10_000_000, 2_500_000, 23_400, 400, 1_000, 999_600].map(|micros| duration(Duration::from_micros(micros)));
        assert_eq!(texts, ["10 s", "2.5 s", "23 ms", "0.4 ms", "1 ms", "1000 ms"]);
        assert_eq!([1, 59, 3_600, 300_000].map(long_duration), ["1 second", "59 seconds", "1 hour", "3 days"]);
    }
}
