//! What is wrong with a configuration: one sentence for each problem, with its place.

mod code;
pub(crate) mod finding;
pub(crate) mod source;
pub(crate) mod suggest;

pub use code::{Code, Severity};
pub(crate) use suggest::nearest;

/// Longer sentences are cut: what they name may be half a document.
const MAX_LENGTH: usize = 1000;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of problem it is, and so how bad.
    pub code: Code,
    /// The file (or SSM parameter) it is in.
    pub file: String,
    /// The line, from 1; 0 when the problem has no place within the file.
    pub line: usize,
    /// The column in characters, from 1; 0 when the problem has no place within the file.
    pub column: usize,
    /// The line it ends in.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
    /// The key path, e.g. `groups[0].probes[1].url`; empty for the file as a whole.
    pub path: String,
    /// What is wrong, without a full stop. Never holds a secret's value.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line it is in.
    pub quote: Option<Quote>,
    /// Another place that it is about.
    pub related: Option<Box<Related>>,
}

/// A line of the source, fit to be shown: secrets masked, control characters replaced, long lines cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The line.
    pub text: String,
    /// How many characters stand before those to point at.
    pub pointer: usize,
    /// How many characters to point at, at least one. At the end of a line it is one that is not there.
    pub length: usize,
}

/// Another place that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The file (or SSM parameter) it is in.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line it ends in.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
    /// What is there, in a few words.
    pub message: String,
    /// The line.
    pub quote: Option<Quote>,
}

impl Diagnostic {
    /// A problem of a whole file, e.g. that it is missing.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: Code::File,
            file: file.into(),
            line: 0,
            column: 0,
            end_line: 0,
            end_column: 0,
            path: String::new(),
            message: message.into(),
            help: None,
            quote: None,
            related: None,
        }
    }

    /// The same with a suggestion.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The same, fit to be shown: keys and values that are named in it may hold anything.
    fn fit(self) -> Self {
        Self { message: fit(self.message), help: self.help.map(fit), ..self }
    }
}

/// A text on one line, without control characters, and cut if it is long.
fn fit(text: String) -> String {
    let text = if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text };
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl std::fmt::Display for Diagnostic {
    /// One line, for logs: `file:line:column: path: message; help`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if self.severity() == Severity::Warning {
            f.write_str(": warning")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

/// What is wrong with a configuration, in the order of the files' lines. As an error it is never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Makes all fit to be shown, sorts by place and drops repetitions (a mistake behind an anchor is found at each of its aliases).
    pub fn new(diagnostics: Vec<Diagnostic>) -> Self {
        let mut diagnostics: Vec<Diagnostic> = diagnostics.into_iter().map(Diagnostic::fit).collect();
        diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        let mut kept: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
        let mut seen = std::collections::HashMap::new();
        for diagnostic in diagnostics {
            let identity = (diagnostic.file.clone(), diagnostic.line, diagnostic.column, diagnostic.message.clone());
            match seen.entry(identity) {
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(kept.len());
                    kept.push(diagnostic);
                }
                // The alias that repeats it is worth showing.
                std::collections::hash_map::Entry::Occupied(entry) => {
                    let first: &mut Diagnostic = &mut kept[*entry.get()];
                    first.related = first.related.take().or(diagnostic.related);
                }
            }
        }
        Self(kept)
    }

    /// These and others, in order.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self::new(self.0.into_iter().chain(others.0).collect())
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
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

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::new(vec![diagnostic])
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl std::fmt::Display for Diagnostics {
    /// One line for each.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sentence_names_can_neither_break_it_nor_fill_the_screen() {
        let key = format!("a\u{1b}[2J\n{}", "x".repeat(5000));
        let diagnostic = Diagnostic::of_file("a.yaml", format!("unknown key `{key}`")).with_help("b\tc");
        let diagnostics = Diagnostics::from(diagnostic);
        let shown = diagnostics.to_string();
        assert!(shown.starts_with("a.yaml: unknown key `a [2J xxx") && shown.ends_with("x…; b c"), "{shown}");
        assert!(shown.chars().count() < 1100, "{shown}");
    }

    #[test]
    fn a_log_has_a_line_for_each_problem_and_none_twice() {
        let diagnostic = Diagnostic {
            line: 12,
            column: 5,
            path: "groups[0].nmae".into(),
            ..Diagnostic::of_file("a.yaml", "unknown key").with_help("did you mean `name`?")
        };
        let line = "a.yaml:12:5: groups[0].nmae: unknown key; did you mean `name`?";
        assert_eq!(diagnostic.to_string(), line);
        let first = Diagnostic { line: 2, code: Code::NoTags, help: None, ..diagnostic.clone() };
        let diagnostics = Diagnostics::new(vec![diagnostic.clone(), diagnostic, first]);
        assert_eq!(diagnostics.to_string(), format!("a.yaml:2:5: warning: groups[0].nmae: unknown key\n{line}"));
    }

    #[test]
    fn of_a_problem_that_is_found_again_through_an_alias_the_alias_is_kept() {
        let diagnostic = Diagnostic { line: 2, column: 1, ..Diagnostic::of_file("a.yaml", "wrong") };
        let alias = Related {
            file: "a.yaml".into(),
            line: 9,
            column: 3,
            end_line: 9,
            end_column: 5,
            message: "it is used here".into(),
            quote: None,
        };
        let again = Diagnostic { related: Some(Box::new(alias.clone())), ..diagnostic.clone() };
        let diagnostics = Diagnostics::new(vec![diagnostic, again]);
        assert_eq!(
            diagnostics.iter().map(|diagnostic| diagnostic.related.as_deref()).collect::<Vec<_>>(),
            [Some(&alias)]
        );
    }
}
