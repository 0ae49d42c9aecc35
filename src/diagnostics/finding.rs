//! What is wrong with one value: a problem that does not know its place yet.

use super::Related;
use super::code::Code;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub code: Code,
    pub message: String,
    pub help: Option<String>,
    pub related: Option<Box<Related>>,
}

impl Finding {
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: Code::BadValue, message: message.into(), help: None, related: None }
    }

    /// As another kind of problem.
    pub fn coded(self, code: Code) -> Self {
        Self { code, ..self }
    }

    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// With one more suggestion.
    pub fn and(self, more: &str) -> Self {
        let help = self.help.map_or_else(
            || more.to_owned(),
            |help| if help.ends_with('?') { format!("{help} Otherwise {more}") } else { format!("{help}; {more}") },
        );
        Self { help: Some(help), ..self }
    }

    /// With a suggestion, if there is one.
    pub fn with_maybe(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }

    /// With another place that it is about.
    pub fn with_related(self, related: Box<Related>) -> Self {
        Self { related: Some(related), ..self }
    }
}
