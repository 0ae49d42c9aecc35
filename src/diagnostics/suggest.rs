//! Words that were meant, and lists of words.

use strsim::{damerau_levenshtein, jaro_winkler};

/// The word that `written` was probably meant to be.
pub(crate) fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes the product of the lengths, in time and in memory.
    const MAX_LENGTH: usize = 100;
    let short = |word: &str| word.len() <= MAX_LENGTH;
    if !short(written) {
        return None;
    }
    let written = written.to_lowercase();
    let score = |word: &str| {
        let lower = word.to_lowercase();
        // `http` for `probes.http`, `Time-Out` for `timeout`.
        let tail = lower.rsplit_once('.').is_some_and(|(_, tail)| tail == written);
        let squeeze = |text: &str| text.replace(['_', '-', ' '], "");
        if tail || squeeze(&lower) == squeeze(&written) {
            return 1.0;
        }
        let close = damerau_levenshtein(&written, &lower) <= usize::max(1, written.chars().count() / 3);
        let alike = jaro_winkler(&written, &lower);
        if close || alike > 0.87 { alike } else { 0.0 }
    };
    let words = words.into_iter().filter(|word| short(word));
    let best = words.map(|word| (score(word), word)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.0).then_some(best.1)
}

/// "`a`, `b` and `c`".
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// "expected one of `a`, `b`"; "expected `a`" where there is one only.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    format!("expected {}{}", if words.len() == 1 { "" } else { "one of " }, words.join(", "))
}

/// "did you mean `x`?" where a word is near, else the words there are.
pub(crate) fn suggestion<'a>(written: &str, words: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(written, words.clone()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => one_of(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_near_and_another_word_is_not() {
        let words = ["url", "method", "timeout", "retry_pause", "probes.http", "probes.script"];
        for (written, meant) in [
            ("ulr", Some("url")),
            ("URL", Some("url")),
            ("metod", Some("method")),
            ("time-out", Some("timeout")),
            ("retryPause", Some("retry_pause")),
            ("http", Some("probes.http")),
            ("probes.htpp", Some("probes.http")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(written, words), meant, "{written}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), [&*"x".repeat(1 << 20)]), None);
        assert_eq!(suggestion("zzzzzz", ["a", "b", "c"]), "expected one of `a`, `b`, `c`");
    }
}
