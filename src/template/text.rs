//! Texts and JSON values that may hold format strings.

use serde_json::Value;

use super::Template;

/// A text that a script may interpolate.
#[derive(Clone, PartialEq)]
pub enum Text {
    /// Sent as it is: every text of `probes.http`.
    Plain(String),
    /// Rendered with the keys first: the texts of a script's steps.
    Template(Template),
}

impl std::fmt::Debug for Text {
    // URLs, headers and bodies may hold secrets: never print one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(…)")
    }
}

/// A JSON value whose strings a script may interpolate.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// A string.
    Text(Text),
    /// A number, boolean or null.
    Scalar(Value),
    /// A list.
    List(Vec<Json>),
    /// A map, in the order written; its keys are not interpolated.
    Map(Vec<(String, Json)>),
}

impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Json(…)")
    }
}
