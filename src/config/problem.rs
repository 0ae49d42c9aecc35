//! What is wrong with a configuration: one sentence for each problem, with its place.

use strsim::{damerau_levenshtein, jaro_winkler};

/// Longer sentences are cut: what they name may be half a document.
const LONGEST: usize = 1000;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file (or SSM parameter) it is in.
    pub file: String,
    /// The line, from 1; 0 when the problem has no place within the file.
    pub line: usize,
    /// The column in characters, from 1; 0 when the problem has no place within the file.
    pub column: usize,
    /// The key path, e.g. `groups[0].probes[1].url`; empty for the file as a whole.
    pub path: String,
    /// What is wrong, without a full stop. Never holds a secret's value.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line it is in.
    pub quote: Option<Quote>,
}

/// A line of the source, fit to be shown: secrets masked, control characters replaced, long lines cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The line.
    pub text: String,
    /// How many characters stand before the one to point at.
    pub pointer: usize,
}

impl Problem {
    /// A problem of a whole file, e.g. that it is missing.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            path: String::new(),
            message: message.into(),
            help: None,
            quote: None,
        }
    }

    /// The same with a suggestion.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same, fit to be shown: keys and values that are named in it may hold anything.
    fn fit(self) -> Self {
        Self { message: fit(self.message), help: self.help.map(fit), ..self }
    }
}

/// A text on one line, without control characters, and cut if it is long.
fn fit(text: String) -> String {
    let text = if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)?;
        let margin = self.line.to_string().len();
        if let Some(quote) = &self.quote {
            write!(f, "\n  {} | {}", self.line, quote.text)?;
            write!(f, "\n  {:margin$} | {:pointer$}^", "", "", pointer = quote.pointer)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  {:margin$} = help: {help}", "")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a configuration, in the order of the files' lines; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Makes all fit to be shown, sorts by place and drops repetitions (a mistake behind an anchor is found at each of its aliases).
    pub fn new(problems: Vec<Problem>) -> Self {
        let mut problems: Vec<Problem> = problems.into_iter().map(Problem::fit).collect();
        problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        let mut seen = std::collections::HashSet::new();
        problems.retain(|problem| {
            seen.insert((problem.file.clone(), problem.line, problem.column, problem.message.clone()))
        });
        Self(problems)
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self::new(vec![problem])
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl std::fmt::Display for Problems {
    /// All problems, a blank line between them, and their number when there are several.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{problem}")?;
        }
        if self.0.len() > 1 {
            write!(f, "\n\n{} problems", self.0.len())?;
        }
        Ok(())
    }
}

/// What is wrong with one value: a problem that does not know its place yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub help: Option<String>,
}

impl Fault {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// With one more suggestion.
    pub fn and(self, more: &str) -> Self {
        let help = self.help.map_or_else(|| more.to_owned(), |help| format!("{help}; {more}"));
        Self { help: Some(help), ..self }
    }

    /// With a suggestion, if there is one.
    pub fn with_maybe(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

/// The word that `written` was probably meant to be.
pub(crate) fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes the product of the lengths, in time and in memory.
    const LONGEST: usize = 100;
    let short = |word: &str| word.len() <= LONGEST;
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
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// "did you mean `x`?" where a word is near, else the words there are.
pub(super) fn suggestion<'a>(written: &str, words: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(written, words.clone()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("there is {}", listed(words)),
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
        assert_eq!(suggestion("zzzzzz", ["a", "b", "c"]), "there is `a`, `b` and `c`");
    }

    #[test]
    fn what_a_sentence_names_can_neither_break_it_nor_fill_the_screen() {
        let key = format!("a\u{1b}[2J\n{}", "x".repeat(5000));
        let problem = Problem::of_file("a.yaml", format!("unknown key `{key}`")).with_help("b\tc");
        let problems = Problems::from(problem);
        let shown = problems.to_string();
        assert!(
            shown.starts_with("a.yaml: unknown key `a [2J xxx") && shown.ends_with("x…\n    = help: b c"),
            "{shown}"
        );
        assert!(shown.chars().count() < 1100, "{shown}");
    }

    #[test]
    fn a_problem_reads_as_one_block_and_repetitions_are_dropped() {
        let problem = Problem {
            file: "a.yaml".into(),
            line: 12,
            column: 5,
            path: "groups[0].nmae".into(),
            message: "unknown key".into(),
            help: Some("did you mean `name`?".into()),
            quote: Some(Quote { text: "    nmae: x".into(), pointer: 4 }),
        };
        let expected = "a.yaml:12:5: groups[0].nmae: unknown key\n  12 |     nmae: x\n     |     ^\n     = help: did you \
                        mean `name`?";
        assert_eq!(problem.to_string(), expected);
        let first = Problem { line: 2, ..problem.clone() };
        let problems = Problems::new(vec![problem.clone(), problem, first]);
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 12]);
        assert!(problems.to_string().ends_with("\n\n2 problems"));
    }
}
