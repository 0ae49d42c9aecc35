//! Reads single values: those without keys of their own.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::shape::Shape;
use super::value::{Expected, JsonPath, address, byte_size, duration, header, json_path, pem, status_codes};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::suggest::{listed, one_of, suggestion};
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

/// A single value.
pub(crate) enum Scalar {
    /// What is not more than its text: as it stands.
    Text(Node),
    Duration(Duration),
    /// A whole number, or a number of bytes.
    Integer(u64),
    Boolean(bool),
    /// One of the words that its shape lists.
    Word(&'static str),
    Method(http::Method),
    Expected(Expected),
    JsonPath(JsonPath),
    Pattern(regex::Regex),
    Pem(String),
}

/// Reads a value that is not a map, or a list, of others. The names of files count from `directory`.
///
/// # Errors
///
/// It is not what its shape asks for.
pub(crate) fn read(node: &Node, shape: &Shape, directory: Option<&Path>) -> Result<Scalar, Finding> {
    if matches!(node.kind, Kind::Map(_)) && shape.is_scalar() {
        return Err(map_for_scalar(node, shape));
    }
    let checked = match shape {
        Shape::Duration { min, max, whole } => return duration_of(node, *min, *max, *whole).map(Scalar::Duration),
        Shape::Size { max } => return size(node, *max).map(Scalar::Integer),
        Shape::Integer { min, max } => return integer_of(node, *min, *max).map(Scalar::Integer),
        Shape::Boolean => return boolean(node).map(Scalar::Boolean),
        Shape::Words(words) => return word(node, words).map(Scalar::Word),
        Shape::Method => return method(node).map(Scalar::Method),
        Shape::Expected => {
            let codes = status_codes::range(node)?;
            return Ok(Scalar::Expected(Expected(vec![codes])));
        }
        Shape::JsonPath => return json_path::parse(node).map(Scalar::JsonPath),
        Shape::Pattern => return pattern(node).map(Scalar::Pattern),
        Shape::Pem(pem) => return pem::parse(node, *pem, directory).map(Scalar::Pem),
        Shape::Text { max } => text(node, *max).map(drop),
        Shape::String => text_of(node, "a string").map(drop),
        Shape::Name => validate_name(node),
        Shape::Environment => validate_environment(node),
        Shape::Dsn => address::validate_dsn(node),
        Shape::Url => address::parse(node).map(drop),
        Shape::UrlTemplate if node.text().is_some_and(|text| !text.is_empty()) => Ok(()),
        Shape::UrlTemplate => address::parse(node).map(drop),
        Shape::Host => address::validate_host(node),
        Shape::Region => address::validate_region(node),
        Shape::TagValue => validate_tag_value(node),
        Shape::HeaderValue => scalar(node, shape).and_then(header::validate_value),
        Shape::QueryValue => scalar(node, shape).map(drop),
        Shape::Comparable => match &node.kind {
            Kind::Scalar { value: Value::Number(_) | Value::String(_), .. } => Ok(()),
            _ => Err(unexpected(node, shape)),
        },
        Shape::Body => text_of(node, name(shape)).map(drop),
        Shape::Tag
        | Shape::Json
        | Shape::List { .. }
        | Shape::Map { .. }
        | Shape::Object(_)
        | Shape::OneOf(_)
        | Shape::Assertion(_)
        | Shape::Variants(_) => Ok(()),
    };
    checked.map(|()| Scalar::Text(node.clone()))
}

fn size(node: &Node, max: u64) -> Result<u64, Finding> {
    let bytes = byte_size::parse(node)?;
    if bytes > max { Err(Finding::new(format!("this is too large: at most {} MiB", max >> 20))) } else { Ok(bytes) }
}

/// A map where a single value belongs: a secret, or a text that lacks its quotes.
fn map_for_scalar(node: &Node, shape: &Shape) -> Finding {
    let help = match node.entries() {
        [Entry { name, value, .. }] if value.is_null() && !node.hidden => {
            Some(format!("a string in braces has to be quoted: `\"{{{name}}}\"`"))
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
        Shape::Text { .. } | Shape::String => "a string",
        Shape::Name => "a name",
        Shape::Environment => "the name of an environment",
        Shape::Dsn => "a DSN",
        Shape::Url | Shape::UrlTemplate => "a URL",
        Shape::Host => "a host name",
        Shape::Region => "an AWS region",
        Shape::Duration { .. } => "a duration",
        Shape::Size { .. } => "a number of bytes",
        Shape::Integer { .. } => "a whole number",
        Shape::Boolean => "true or false",
        Shape::Words(_) | Shape::Tag => "one of a fixed set of words",
        Shape::Method => "an HTTP method",
        Shape::Expected => "status codes",
        Shape::JsonPath => "a JSONPath expression",
        Shape::Pattern => "a regular expression",
        Shape::Pem(_) => "PEM text or the name of a PEM file",
        Shape::TagValue | Shape::HeaderValue => "a string, a number, true or false",
        Shape::QueryValue => "a string, a number, true, false, or a list of these",
        Shape::Json => "any value",
        Shape::Comparable => "a number or a string",
        Shape::Body => "a string, a map or a list",
        Shape::List { .. } => "a list",
        Shape::Map { .. } | Shape::Object(_) | Shape::OneOf(_) | Shape::Variants(_) => "a map",
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

fn text(node: &Node, max: usize) -> Result<&str, Finding> {
    let text = text_of(node, "a string")?;
    if text.trim().is_empty() {
        return Err(Finding::new("expected a string, found an empty string"));
    }
    if text.contains(char::is_control) {
        return Err(Finding::new("this has to be a single line without control characters"));
    }
    let length = text.chars().count();
    if length > max {
        return Err(Finding::new(format!("this is too long: {length} characters, but Sentry keeps at most {max}")));
    }
    Ok(text)
}

fn validate_name(node: &Node) -> Result<(), Finding> {
    let name = text(node, 64)?;
    if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        return Ok(());
    }
    let help =
        Some(slug(name)).filter(|slug| !slug.is_empty() && !node.hidden).map(|slug| format!("for example `{slug}`"));
    Err(Finding::new("a group's name consists of letters, digits, `-`, `_` and `.`").with_maybe(help))
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

fn validate_environment(node: &Node) -> Result<(), Finding> {
    let text = text(node, MAX_ENVIRONMENT_LENGTH)?;
    if text.contains('/') || text == "None" || text.trim() != text {
        return Err(Finding::new("Sentry rejects this environment").with_help(
            "it must not contain `/`, be `None`, or \
                begin or end with a space",
        ));
    }
    Ok(())
}

fn duration_of(node: &Node, min: Duration, max: Duration, whole: bool) -> Result<Duration, Finding> {
    let duration = duration::parse(node)?;
    let shown = if node.hidden { "this".to_owned() } else { duration::show_duration(duration) };
    if whole && duration.subsec_nanos() != 0 {
        return Err(Finding::new(format!("expected whole seconds, found {}", node.found())));
    }
    if duration < min {
        let finding = Finding::new(format!("{shown} is too short: at least {}", duration::show_duration(min)));
        // Of the durations, only the period is in whole seconds.
        return Err(if whole { finding.with_help("to run more often, use `burst`") } else { finding });
    }
    if duration > max {
        return Err(Finding::new(format!("{shown} is too long: at most {}", duration::show_duration(max))));
    }
    Ok(duration)
}

fn integer_of(node: &Node, min: u64, max: u64) -> Result<u64, Finding> {
    let negative = matches!(&node.kind, Kind::Scalar { value: Value::Number(number), .. } if number.as_i64().is_some_and(|n| n < 0));
    let shown = if node.hidden { "this" } else { node.written().unwrap_or_default() };
    if negative {
        return Err(Finding::new(format!("{shown} is too small: at least {min}")));
    }
    let number = integer(node).ok_or_else(|| {
        let to = if max == u64::MAX { String::new() } else { format!(" to {max}") };
        Finding::new(format!("expected a whole number, found {}", node.found()))
            .coded(Code::WrongType)
            .with_help(format!("write a number from {min}{to}"))
    })?;
    if number < min {
        return Err(Finding::new(format!("{shown} is too small: at least {min}")));
    }
    if number > max {
        return Err(Finding::new(format!("{shown} is too large: at most {max}")));
    }
    Ok(number)
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

fn word(node: &Node, words: &'static [&'static str]) -> Result<&'static str, Finding> {
    let written = node.written().unwrap_or_default();
    if let Some(word) = words.iter().find(|word| **word == written) {
        return Ok(word);
    }
    let help = if node.hidden { one_of(words.iter().copied()) } else { suggestion(written, words.iter().copied()) };
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
        let help = if node.hidden { None } else { nearest(&written, METHODS.iter().copied()) };
        let help = help.map_or_else(|| one_of(METHODS.iter().copied()), |word| format!("did you mean `{word}`?"));
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
        unexpected(node, shape).with_maybe(node.is_null().then(|| "write `\"\"` for an empty string".to_owned()))
    })
}

/// Checks the name of a tag against what Sentry keeps.
pub(crate) fn validate_tag_name(name: &str) -> Result<(), Finding> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if name.is_empty() || name.chars().count() > MAX_TAG_LENGTH || !name.chars().all(fine) {
        return Err(Finding::new("Sentry rejects a tag of this name")
            .with_help(format!("names consist of letters, digits, `_`, `-`, `.` and `:`, {MAX_TAG_LENGTH} at most")));
    }
    Ok(())
}

fn validate_tag_value(node: &Node) -> Result<(), Finding> {
    let Some(text) = node.written() else { return Err(unexpected(node, &Shape::TagValue)) };
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err(Finding::new("Sentry rejects empty tags"));
    }
    if text.contains(['\n', '\r']) || length > MAX_TAG_LENGTH {
        return Err(Finding::new(format!(
            "Sentry rejects tags of several lines or more than {MAX_TAG_LENGTH} characters"
        )));
    }
    Ok(())
}
