//! Credentials that exist only in a run: those that keys are interpolated into, and those that an answer gives.

use serde_json::Value;

use super::settings::{Body, Request};
use crate::net::PreparedRequest;
use crate::schema::value::JsonPath;
use crate::secrets::credential::Credentials;
use crate::secrets::is_credential;
use crate::template::{Json, Text, Variables, render};

/// Collects the credentials of a request that are made from keys. The configuration knows the others.
pub(crate) fn sent(request: &Request, prepared: &PreparedRequest, keys: &Variables, found: &mut Credentials) {
    for (name, text) in request.headers.iter().filter(|(name, text)| is_credential(name) && is_interpolated(text, keys))
    {
        // The parts of a cookie are collected by their own names.
        if name != "cookie" {
            render::fields(text, keys).iter().for_each(|field| found.keep(field));
        }
        for value in prepared.headers.get_all(name) {
            found.header(name, &String::from_utf8_lossy(value.as_bytes()));
        }
    }
    if is_interpolated(&request.url, keys) || request.query.iter().any(|(_, value)| holds_keys(value, keys)) {
        found.url(&prepared.url);
    }
    let is_body_made = match &request.body {
        None => false,
        Some(Body::Text(text)) => is_interpolated(text, keys),
        Some(Body::Json(json)) => holds_keys(json, keys),
    };
    if is_body_made {
        found.text(&String::from_utf8_lossy(&prepared.body));
    }
}

/// Collects what an answer sets a key to, if the key's name, or the last in its path, is that of a credential.
pub(crate) fn answered(key: &str, path: &JsonPath, value: &Value, found: &mut Credentials) {
    let last = path.text.rsplit(['.', '[']).next().unwrap_or_default().trim_matches(['\'', '"', ']']);
    found.answered(if is_credential(key) { key } else { last }, value);
}

fn is_interpolated(text: &Text, keys: &Variables) -> bool {
    match text {
        Text::Plain(_) => false,
        Text::Template(template) => keys.get(template.source()).is_some() || template.keys().next().is_some(),
    }
}

fn holds_keys(json: &Json, keys: &Variables) -> bool {
    match json {
        Json::Text(text) => is_interpolated(text, keys),
        Json::Scalar(_) => false,
        Json::List(items) => items.iter().any(|item| holds_keys(item, keys)),
        Json::Map(entries) => entries.iter().any(|(_, item)| holds_keys(item, keys)),
    }
}
