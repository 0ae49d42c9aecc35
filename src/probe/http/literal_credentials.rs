//! Credentials that stand in the configuration itself, in places and under names where only credentials do.

use serde_json::Value;

use super::settings::{Body, Request};
use crate::probe::scope::Scope;
use crate::schema::parsed::{Content, Fields, Parsed};
use crate::schema::path::join;
use crate::schema::reader::Reader;
use crate::secrets::credential::Credentials;
use crate::secrets::credential::scanner::spans;
use crate::secrets::is_credential;
use crate::secrets::sensitive::is_sensitive;
use crate::template::Json;
use crate::yaml::node::{Kind, Node};

/// Remembers what a request holds without variables (the rest becomes known when it runs), and where that stands.
pub(crate) fn find(fields: &Fields, request: &Request, scope: &Scope, reader: &mut Reader<'_>) {
    let mut found = Credentials::default();
    if let Some(url) = scope.literal(&request.url).and_then(|text| url::Url::parse(&text).ok()) {
        found.url(&url);
    }
    for (name, value) in &request.query {
        json(name, value, scope, &mut found);
    }
    for (name, text) in &request.headers {
        if let Some(value) = scope.literal(text) {
            found.header(name, &value);
        }
    }
    match &request.body {
        None => {}
        Some(Body::Text(text)) => {
            if let Some(text) = scope.literal(text) {
                found.text(&text);
            }
        }
        Some(Body::Json(value)) => json("", value, scope, &mut found),
    }
    reader.confidential.extend(found.into_secrets());
    written_out(fields, scope, reader);
}

/// What stands under a credential's name; `name` is that of the value itself.
fn json(name: &str, value: &Json, scope: &Scope, found: &mut Credentials) {
    match value {
        Json::Text(text) if is_credential(name) => {
            if let Some(text) = scope.literal(text) {
                found.keep(&text);
            }
        }
        Json::Scalar(value) if is_credential(name) => found.keep(&value.to_string()),
        Json::Text(_) | Json::Scalar(_) => {}
        Json::List(items) => items.iter().for_each(|item| json(name, item, scope, found)),
        Json::Map(entries) => entries.iter().for_each(|(name, item)| json(name, item, scope, found)),
    }
}

/// The key paths of a request's secrets that are written out, beside those that the table of keys calls secrets.
fn written_out(fields: &Fields, scope: &Scope, reader: &mut Reader<'_>) {
    let text = |name: &str, reader: &mut Reader<'_>| {
        if let Some(node) = fields.node(name) {
            value("", node, &fields.path_of(name), scope, reader);
        }
    };
    text("url", reader);
    for entry in fields.map("query") {
        of_parsed(&entry.name, &entry.value, &join(&fields.path_of("query"), &entry.name), scope, reader);
    }
    text("body", reader);
    for entry in fields.map("headers") {
        // What is not hidden of a header is so for the names in its text.
        let name = if is_sensitive(&entry.name) { "password" } else { "" };
        of_parsed(name, &entry.value, &join(&fields.path_of("headers"), &entry.name), scope, reader);
    }
}

fn of_parsed(name: &str, parsed: &Parsed, path: &str, scope: &Scope, reader: &mut Reader<'_>) {
    match &parsed.content {
        Content::Node(node) => value(name, node, path, scope, reader),
        Content::List(items) => {
            for (index, item) in items.iter().enumerate() {
                of_parsed(name, item, &format!("{path}[{index}]"), scope, reader);
            }
        }
        _ => {}
    }
}

/// A value under this name, and what is in it.
pub(crate) fn value(name: &str, node: &Node, path: &str, scope: &Scope, reader: &mut Reader<'_>) {
    match &node.kind {
        _ if node.secret => {}
        Kind::Scalar { value: Value::Null | Value::Bool(_), .. } => {}
        Kind::Scalar { .. } => {
            let text = node.written().unwrap_or_default();
            let is_literal = |text: &str| !(text.is_empty() || scope.is_script() && text.contains('{'));
            let is_secret = if is_credential(name) {
                is_literal(text) && !scope.has(text)
            } else {
                spans(text).into_iter().any(|span| is_literal(&text[span]))
            };
            if is_secret {
                reader.literal_secrets.push(path.to_owned());
            }
        }
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                value(name, item, &format!("{path}[{index}]"), scope, reader);
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                value(&entry.name, &entry.value, &join(path, &entry.name), scope, reader);
            }
        }
    }
}
