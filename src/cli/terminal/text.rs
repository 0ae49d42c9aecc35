//! Text measured, cut and wrapped by the width that a terminal shows.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How many columns `text` takes: none for combining characters, two for wide ones.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to `room` columns, with dots for what is left out.
pub fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let dots = "...".len().min(room);
    let mut end = 0;
    // Graphemes are not split: a letter and its accents, a family of emoji.
    for (at, piece) in text.grapheme_indices(true) {
        let longer = at + piece.len();
        if text[..longer].width() > room - dots {
            break;
        }
        end = longer;
    }
    format!("{}{}", &text[..end], &"..."[..dots])
}

/// `text` in lines of `room` columns, broken between words. Longer words are not broken: they may be addresses.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `98.8 ms`.
pub fn length(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    match duration.as_secs() {
        0 if duration < Duration::from_millis(1) => format!("{milliseconds:.2} ms"),
        0..10 => format!("{milliseconds:.1} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_leaves_out_no_half_of_anything() {
        for (text, room, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "lo..."),
            ("longer", 2, ".."),
            ("longer", 0, ""),
            ("監視対象のページ", 16, "監視対象のページ"),
            ("監視対象のページ", 10, "監視対..."),
            ("監視対象のページ", 11, "監視対象..."),
            ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", 4, "e\u{301}..."),
            ("👩‍👩‍👧 family", 5, "👩‍👩‍👧..."),
            ("👩‍👩‍👧 family", 4, "..."),
        ] {
            assert_eq!(cut(text, room), expected, "{text} in {room}");
            assert!(width(&cut(text, room)) <= room, "{text} in {room}");
        }
    }

    #[test]
    fn a_length_has_the_digits_that_matter() {
        let shown = [50, 98_765, 9_999_000, 10_000_000, 61_200_000].map(|us| length(Duration::from_micros(us)));
        assert_eq!(shown, ["0.05 ms", "98.8 ms", "9999.0 ms", "10.0 s", "61.2 s"]);
    }
}
