//! Checks single values: those without keys of their own.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::shape::Shape;
use super::value::{address, byte_size, duration, header, json_path, pem, status_codes};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::suggest::{listed, suggestion};
use crate::diagnostics::{Code, nearest};
use crate::yaml::node::{Entry, Kind, Node};

/// What Sentry keeps of a tag, or a title, before it cuts it.
const MAX_TAG_LENGTH: usize = 200;
/// What Sentry allows as the name of an environment.
const MAX_ENVIRONMENT_LENGTH: usize = 64;

/// Methods that can be sent: those of RFC 9110, WebDAV and its kin, and what caches are told.
pub(crate) const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "ACL",
    "LINK",
    "UNLINK",
    "MKCALENDAR",
    "PURGE",
    "BAN",
];

/// Checks a value that is not a map, or a list, of others.
pub(crate) fn judge(node: &Node, shape: &Shape, directory: Option<&Path>) -> Result<(), Finding> {
    if matches!(node.kind, Kind::Map(_)) && shape.is_scalar() {
        return Err(map_for_scalar(node, shape));
    }
    match shape {
        Shape::Text { most } => text(node, *most).map(drop),
        Shape::Secret => text_of(node, "a text").map(drop),
        Shape::Name => judge_name(node),
        Shape::Environment => judge_environment(node),
        Shape::Dsn => address::judge_dsn(node),
        Shape::Url => address::parse(node).map(drop),
        Shape::Region => address::judge_region(node),
        Shape::Duration { least, most, whole } => judge_duration(node, *least, *most, *whole),
        Shape::Size { most } => {
            let bytes = byte_size::parse(node)?;
            if bytes > *most {
                Err(Finding::new(format!("this is too much: at most {} MiB", most >> 20)))
            } else {
                Ok(())
            }
        }
        Shape::Integer { least, most } => judge_integer(node, *least, *most),
        Shape::Boolean => boolean(node).map(drop),
        Shape::Words(words) => judge_word(node, words),
        Shape::Method => method(node).map(drop),
        Shape::Expected => status_codes::parse(node).map(drop).map_err(|(_, finding)| finding),
        Shape::JsonPath => json_path::parse(node).map(drop),
        Shape::Pattern => pattern(node).map(drop),
        Shape::Pem(pem) => pem::parse(node, *pem, directory).map(drop),
        Shape::TagValue => judge_tag_value(node),
        Shape::HeaderValue => scalar(node, shape).and_then(header::judge_value),
        Shape::QueryValue => scalar(node, shape).map(drop),
        Shape::Comparable => match &node.kind {
            Kind::Scalar { value: Value::Number(_) | Value::String(_), .. } => Ok(()),
            _ => Err(unexpected(node, shape)),
        },
        Shape::Body => text_of(node, name(shape)).map(drop),
        Shape::Json
        | Shape::List { .. }
        | Shape::Map { .. }
        | Shape::Object(_)
        | Shape::OneOf(_)
        | Shape::Assertion(_)
        | Shape::Probe => Ok(()),
    }
}

/// A map where a single value belongs: a secret, or a text that lacks its quotes.
fn map_for_scalar(node: &Node, shape: &Shape) -> Finding {
    let help = match node.entries() {
        [Entry { name, value, .. }] if value.is_null() && !node.hidden => {
            Some(format!("a text in braces has to be in quotes: `\"{{{name}}}\"`"))
        }
        [Entry { name, .. }] => nearest(name, ["ssm", "env"]).map(|near| format!("did you mean `{{{near}: …}}`?")),
        _ => None,
    };
    Finding::new(format!("expected {}, found a map", name(shape)))
        .coded(Code::WrongType)
        .with_help(help.unwrap_or_else(|| "a secret is written `{ssm: /path}` or `{env: NAME}`".to_owned()))
}

/// What a message calls a shape.
pub(crate) const fn name(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text { .. } | Shape::Secret => "a text",
        Shape::Name => "a name",
        Shape::Environment => "the name of an environment",
        Shape::Dsn => "a DSN",
        Shape::Url => "a URL",
        Shape::Region => "an AWS region",
        Shape::Duration { .. } => "a span of time",
        Shape::Size { .. } => "a number of bytes",
        Shape::Integer { .. } => "a whole number",
        Shape::Boolean => "true or false",
        Shape::Words(_) => "one of a few words",
        Shape::Method => "an HTTP method",
        Shape::Expected => "status codes",
        Shape::JsonPath => "a JSONPath expression",
        Shape::Pattern => "a regular expression",
        Shape::Pem(_) => "PEM text or the name of a PEM file",
        Shape::TagValue | Shape::HeaderValue => "a text, a number, true or false",
        Shape::QueryValue => "a text, a number, true, false, or a list of these",
        Shape::Json => "any value",
        Shape::Comparable => "a number or a text",
        Shape::Body => "a text, a map or a list",
        Shape::List { .. } => "a list",
        Shape::Map { .. } | Shape::Object(_) | Shape::OneOf(_) | Shape::Probe => "a map",
        Shape::Assertion(_) => "a value or a map of conditions",
    }
}

fn unexpected(node: &Node, shape: &Shape) -> Finding {
    Finding::new(format!("expected {}, found {}", name(shape), node.found())).coded(Code::WrongType)
}

/// A text; for numbers and the like the help is to quote them.
fn text_of<'a>(node: &'a Node, what: &str) -> Result<&'a str, Finding> {
    node.text().ok_or_else(|| {
        let help = node.written().filter(|_| !node.hidden).map(|written| format!("put it in quotes: `\"{written}\"`"));
        Finding::new(format!("expected {what}, found {}", node.found())).coded(Code::WrongType).with_maybe(help)
    })
}

fn text(node: &Node, most: usize) -> Result<&str, Finding> {
    let text = text_of(node, "a text")?;
    if text.trim().is_empty() {
        return Err(Finding::new("expected a text, found an empty text"));
    }
    if text.contains(char::is_control) {
        return Err(Finding::new("this has to be a text of one line, without control characters"));
    }
    let length = text.chars().count();
    if length > most {
        return Err(Finding::new(format!(
            "this is too long: {length} characters, and at most {most} are kept by Sentry"
        )));
    }
    Ok(text)
}

fn judge_name(node: &Node) -> Result<(), Finding> {
    let name = text(node, 64)?;
    if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        return Ok(());
    }
    let help =
        Some(slug(name)).filter(|slug| !slug.is_empty() && !node.hidden).map(|slug| format!("for example `{slug}`"));
    Err(Finding::new("a group's name is made of letters, digits, `-`, `_` and `.`").with_maybe(help))
}

/// A text in lower case with `-` for everything that cannot be in a group's name.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').chars().take(64).collect()
}

fn judge_environment(node: &Node) -> Result<(), Finding> {
    let text = text(node, MAX_ENVIRONMENT_LENGTH)?;
    if text.contains('/') || text == "None" || text.trim() != text {
        return Err(Finding::new("Sentry takes no such environment").with_help("it holds no `/`, and is not `None`"));
    }
    Ok(())
}

fn judge_duration(node: &Node, least: Duration, most: Duration, whole: bool) -> Result<(), Finding> {
    let duration = duration::parse(node)?;
    let shown = if node.hidden { "this".to_owned() } else { duration::show_duration(duration) };
    if whole && duration.subsec_nanos() != 0 {
        return Err(Finding::new(format!("expected whole seconds, found {}", node.found())));
    }
    if duration < least {
        let finding = Finding::new(format!("{shown} is too short: at least {}", duration::show_duration(least)));
        // Of the spans of time, only the period is in whole seconds.
        return Err(if whole { finding.with_help("for more runs than that there is `burst`") } else { finding });
    }
    if duration > most {
        return Err(Finding::new(format!("{shown} is too long: at most {}", duration::show_duration(most))));
    }
    Ok(())
}

fn judge_integer(node: &Node, least: u64, most: u64) -> Result<(), Finding> {
    let negative = matches!(&node.kind, Kind::Scalar { value: Value::Number(number), .. } if number.as_i64().is_some_and(|n| n < 0));
    let shown = if node.hidden { "this" } else { node.written().unwrap_or_default() };
    if negative {
        return Err(Finding::new(format!("{shown} is too small: at least {least}")));
    }
    let number = integer(node).ok_or_else(|| {
        let most = if most == u64::MAX { String::new() } else { format!(" to {most}") };
        Finding::new(format!("expected a whole number, found {}", node.found()))
            .coded(Code::WrongType)
            .with_help(format!("write a number from {least}{most}"))
    })?;
    if number < least {
        return Err(Finding::new(format!("{shown} is too small: at least {least}")));
    }
    if number > most {
        return Err(Finding::new(format!("{shown} is too large: at most {most}")));
    }
    Ok(())
}

/// A whole number; a secret's value may be one in text.
pub(crate) fn integer(node: &Node) -> Option<u64> {
    match &node.kind {
        Kind::Scalar { value: Value::Number(number), .. } => number.as_u64(),
        Kind::Scalar { value: Value::String(text), .. } if node.secret => text.trim().parse().ok(),
        _ => None,
    }
}

/// True or false, in all of YAML 1.1's words, which PyYAML knows.
pub(crate) fn boolean(node: &Node) -> Result<bool, Finding> {
    match node.written().map(str::to_ascii_lowercase).as_deref() {
        Some("true" | "yes" | "on") => Ok(true),
        Some("false" | "no" | "off") => Ok(false),
        _ => Err(unexpected(node, &Shape::Boolean)),
    }
}

fn judge_word(node: &Node, words: &'static [&'static str]) -> Result<(), Finding> {
    let written = node.written().unwrap_or_default();
    if words.contains(&written) {
        return Ok(());
    }
    let help = if node.hidden {
        format!("there is {}", listed(words.iter().copied()))
    } else {
        suggestion(written, words.iter().copied())
    };
    Err(Finding::new(format!("expected {}, found {}", either(words), node.found())).with_help(help))
}

/// "`a`, `b` or `c`".
fn either(words: &[&str]) -> String {
    let list = listed(words.iter().copied());
    match list.rfind(" and ") {
        Some(at) => format!("{} or {}", &list[..at], &list[at + 5..]),
        None => list,
    }
}

/// An HTTP method, in upper case.
pub(crate) fn method(node: &Node) -> Result<http::Method, Finding> {
    let written = text_of(node, "an HTTP method")?.to_ascii_uppercase();
    let known =
        METHODS.contains(&written.as_str()).then(|| http::Method::from_bytes(written.as_bytes()).ok()).flatten();
    known.ok_or_else(|| {
        let help = if node.hidden { None } else { crate::diagnostics::nearest(&written, METHODS.iter().copied()) };
        let help = help.map_or_else(
            || format!("there is {}", listed(METHODS.iter().copied())),
            |word| format!("did you mean `{word}`?"),
        );
        Finding::new(format!("expected an HTTP method, found {}", node.found())).with_help(help)
    })
}

/// A regular expression.
pub(crate) fn pattern(node: &Node) -> Result<regex::Regex, Finding> {
    let text = text_of(node, "a regular expression")?;
    regex::Regex::new(text).map_err(|error| {
        // The whole message quotes the expression over several lines; the last one says what is wrong.
        let message = error.to_string();
        let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Finding::new(format!("this is not a regular expression: {reason}"))
    })
}

fn scalar<'a>(node: &'a Node, shape: &Shape) -> Result<&'a str, Finding> {
    node.written().ok_or_else(|| {
        unexpected(node, shape).with_maybe(node.is_null().then(|| "write `\"\"` for an empty text".to_owned()))
    })
}

/// Checks the name of a tag against what Sentry keeps.
pub(crate) fn judge_tag_name(name: &str) -> Result<(), Finding> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if name.is_empty() || name.chars().count() > MAX_TAG_LENGTH || !name.chars().all(fine) {
        return Err(Finding::new("Sentry takes no tag of this name")
            .with_help(format!("names are made of letters, digits, `_`, `-`, `.` and `:`, {MAX_TAG_LENGTH} at most")));
    }
    Ok(())
}

fn judge_tag_value(node: &Node) -> Result<(), Finding> {
    let Some(text) = node.written() else { return Err(unexpected(node, &Shape::TagValue)) };
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err(Finding::new("Sentry takes no empty tag"));
    }
    if text.contains(['\n', '\r']) || length > MAX_TAG_LENGTH {
        return Err(Finding::new(format!("Sentry takes tags of one line and at most {MAX_TAG_LENGTH} characters")));
    }
    Ok(())
}
