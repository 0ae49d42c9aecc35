//! JSONPath expressions (RFC 9535) as they are written.

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;

use crate::diagnostics::finding::Finding;
use crate::yaml::node::Node;

/// Longer ones are refused unread.
const MAX_LENGTH: usize = 4096;

/// Reads an expression.
pub(crate) fn parse(node: &Node) -> Result<JsonPath, Finding> {
    let Some(text) = node.text() else {
        return Err(Finding::new(format!("expected a JSONPath expression, found {}", node.found()))
            .with_help("write one such as `$.status`"));
    };
    if text.len() > MAX_LENGTH {
        return Err(Finding::new(format!("this JSONPath expression is longer than {MAX_LENGTH} bytes")));
    }
    if !text.starts_with('$') {
        let name = text.trim_start_matches('.');
        let simple =
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']'));
        let help = (simple && !node.hidden).then(|| format!("write `$.{name}`"));
        return Err(Finding::new("this is not JSONPath: an expression begins with `$`").with_maybe(help));
    }
    match parse_json_path(text) {
        Ok(query) => Ok(JsonPath { text: text.to_owned(), query }),
        Err(JsonPathError::PestError(error)) => {
            // The parser's own message is a drawing in several lines: ` --> 1:5` is the part that helps.
            let drawing = error.to_string();
            let column =
                drawing.lines().next().and_then(|line| line.rsplit_once(':')).map_or("1", |(_, column)| column);
            Err(Finding::new(format!("this is not JSONPath: it ends unexpectedly at character {column}"))
                .with_help("write one such as `$.status`, `$.users[0].name` or `$.users[?@.id == 1].name`"))
        }
        // Other messages quote the expression.
        Err(error) if !node.hidden => Err(Finding::new(format!("this is not JSONPath: {error}"))),
        Err(_) => Err(Finding::new("this is not JSONPath")),
    }
}

/// A compiled JSONPath expression (RFC 9535).
#[derive(Clone, Debug)]
pub struct JsonPath {
    /// As written.
    pub text: String,
    /// As parsed.
    pub query: JpQuery,
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Span;

    fn of(text: &str) -> Result<JsonPath, Finding> {
        parse(&Node { hidden: false, ..Node::of_secret(text, Span::default()) })
    }

    #[test]
    fn expressions_are_compiled_and_keep_their_text() {
        for text in ["$", "$.status", "$['a'][0]", "$..b[?@.c > 1]", "$.a[1:3]"] {
            assert_eq!(of(text).expect("an expression").text, text);
        }
    }

    #[test]
    fn a_broken_expression_says_where() {
        let finding = of("$.a[").expect_err("a fault");
        assert_eq!(finding.message, "this is not JSONPath: it ends unexpectedly at character 5");
        assert_eq!(of("status.code").expect_err("a fault").help.as_deref(), Some("write `$.status.code`"));
        assert!(of(&format!("${}", ".a".repeat(3000))).is_err());
        assert!(of(&format!("${}", "[?(".repeat(1000))).is_err());
    }
}
