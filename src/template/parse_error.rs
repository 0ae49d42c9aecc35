//! Why a text is not a format string.

/// Why a text is not a format string, and where. Holds nothing of the text, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (character {at}){}", hint(*problem, *json))]
pub struct TemplateError {
    /// What is wrong.
    pub problem: TemplateProblem,
    /// Where, in characters; the first is 1.
    pub at: usize,
    /// Whether the text looks like JSON with single braces.
    pub json: bool,
}

/// What can be wrong with a format string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// Python: "Single '}' encountered in format string".
    #[error("a '}}' without its '{{'")]
    SingleClose,
    /// Python: "Single '{' encountered in format string".
    #[error("a '{{' at the end")]
    SingleOpen,
    /// Python: "expected '}' before end of string", "unmatched '{' in format spec".
    #[error("the '}}' of this '{{' is missing")]
    Unclosed,
    /// Python: "unexpected '{' in field name".
    #[error("a '{{' inside a key's name")]
    BraceInName,
    /// `{}`; Python: "Format string contains positional fields".
    #[error("a field needs the name of a key")]
    NoName,
    /// `{0}`; Python: "Format string contains positional fields".
    #[error("a field needs the name of a key, not a number")]
    Positional,
    /// Python: "Empty attribute in format string".
    #[error("an empty name after '[' or '.'")]
    EmptyAccessor,
    /// Python: "Only '.' or '[' may follow ']' in format field specifier".
    #[error("only '.' or '[' can follow ']'")]
    AfterBracket,
    /// Python: "Unknown conversion specifier".
    #[error("'!' must be followed by 'r', 's' or 'a'")]
    Conversion,
    /// Python: "expected ':' after conversion specifier".
    #[error("only ':' or '}}' can follow a conversion such as '!r'")]
    AfterConversion,
    /// Python: "Max string recursion exceeded".
    #[error("fields are nested too deeply in a format")]
    TooDeep,
    /// Python: "Too many decimal digits in format string".
    #[error("a number with too many digits")]
    TooManyDigits,
}

impl TemplateError {
    /// The error for a problem after `offset` characters.
    pub(crate) const fn new((problem, offset): (TemplateProblem, usize), json: bool) -> Self {
        Self { problem, at: offset + 1, json }
    }
}

/// What to do about it, where the problem alone does not say.
const fn hint(problem: TemplateProblem, json: bool) -> &'static str {
    use TemplateProblem::{BraceInName, NoName, SingleClose, SingleOpen, Unclosed};

    match problem {
        _ if json => "; the string looks like JSON: write '{{' and '}}' for its braces, or write a map instead",
        SingleClose | SingleOpen | Unclosed | BraceInName | NoName => "; write a literal brace as '{{' or '}}'",
        _ => "",
    }
}
