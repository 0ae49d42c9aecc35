//! Python format strings, as `str.format_map` reads them.

/// A parsed format string.
#[derive(Clone, PartialEq)]
pub struct Template {}

/// Why a text is not a format string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a format string")]
pub struct TemplateError {}
