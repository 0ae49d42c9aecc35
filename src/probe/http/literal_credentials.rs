//! Credentials that stand in the configuration itself, in places and under names where only credentials do.

use super::settings::{Body, Request};
use crate::config::load::Reader;
use crate::probe::scope::Scope;
use crate::probe::script::Script;
use crate::secrets::credential::Credentials;
use crate::secrets::is_credential;
use crate::template::Json;

impl Reader<'_> {
    /// Remembers what a request holds without keys; the rest becomes known when it runs.
    pub(crate) fn keep_credentials(&mut self, request: &Request, scope: &Scope) {
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
        self.reading.secrets.extend(found.into_secrets());
    }

    /// Remembers the initial keys of a script that are named like credentials.
    pub(crate) fn keep_initial_keys(&mut self, script: &Script) {
        let mut found = Credentials::default();
        for (name, value) in &script.init_keys {
            found.named(name, value);
        }
        self.reading.secrets.extend(found.into_secrets());
    }
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
