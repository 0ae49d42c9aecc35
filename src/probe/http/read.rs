//! One request: `probes.http`, or a step of a script.

use std::time::Duration;

use super::settings::{Auth, Body, Request};
use crate::config::load::Reader;
use crate::diagnostics::Code;
use crate::diagnostics::finding::Finding;
use crate::net::{HttpVersion, IpVersion, TlsSettings};
use crate::probe::json::{Assertion, JsonType};
use crate::probe::scope::Scope;
use crate::schema::scalar;
use crate::schema::shape::Pem;
use crate::schema::validator::join;
use crate::schema::value::{Expected, JsonPath, address, byte_size, duration, header, json_path, pem, status_codes};
use crate::secrets::Secret;
use crate::template::{Json, Text};
use crate::yaml::mask::is_sensitive;
use crate::yaml::node::{Kind, Node};

const REDIRECTS: u32 = 10;
const MAX_BODY: u64 = 1 << 20;

impl Reader<'_> {
    pub(crate) fn request(&mut self, node: &Node, scope: &mut Scope, path: &str) -> Request {
        let at = |name: &str| join(path, name);
        let url = self.url(node.get("url"), scope, &at("url"));
        let query = self.query(node.get("query"), scope, &at("query"));
        let headers = self.headers(node.get("headers"), scope, &at("headers"));
        let body = node.get("body").map(|body| match &body.kind {
            Kind::Scalar { .. } => Body::Text(self.text(body, scope, &at("body"))),
            _ => Body::Json(self.json(body, scope, &at("body"))),
        });
        let default = if body.is_some() { http::Method::POST } else { http::Method::GET };
        let method = node.get("method").and_then(|method| scalar::method(method).ok()).unwrap_or(default);
        let usual = if method == http::Method::POST { 201 } else { 200 };
        let expected = node.get("expected").and_then(|expected| status_codes::parse(expected).ok());
        let set_keys: Vec<(String, JsonPath)> = node
            .get("set_keys")
            .map_or(&[][..], Node::entries)
            .iter()
            .filter_map(|entry| Some((entry.name.clone(), json_path::parse(&entry.value).ok()?)))
            .collect();
        // Also those whose JSONPath is wrong: one mistake is enough.
        scope.set(node.get("set_keys").map_or(&[][..], Node::entries).iter().map(|entry| entry.name.as_str()));
        let assertions = Self::assertions(node.get("assertions"));
        let auth = node.get("auth").and_then(|auth| self.auth(auth, &at("auth")));
        if let Some(entry) = node.entry("auth")
            && headers.iter().any(|(name, _)| name == "authorization")
        {
            let finding = Finding::new("`auth` and a header `authorization` exclude each other").coded(Code::Conflict);
            self.report(entry.location, &at("auth"), finding);
        }
        let time = |name: &str| node.get(name).and_then(|node| duration::parse(node).ok());
        let (max_duration, degraded) = (time("max_duration"), time("degraded"));
        self.judge_durations(node, max_duration, degraded, &at("degraded"));
        let request = Request {
            url,
            method,
            query,
            headers,
            body,
            expected: expected.unwrap_or_else(|| Expected(vec![usual..=usual])),
            set_keys,
            assertions,
            redirects: node
                .get("redirects")
                .and_then(scalar::integer)
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(REDIRECTS),
            max_body: node.get("max_body").and_then(|node| byte_size::parse(node).ok()).unwrap_or(MAX_BODY),
            auth,
            tls: node.get("tls").map_or_else(TlsSettings::default, |tls| self.tls(tls, &at("tls"))),
            min_days: node
                .get("tls")
                .and_then(|tls| tls.get("min_days"))
                .and_then(scalar::integer)
                .and_then(|days| u32::try_from(days).ok()),
            ip: node.get("ip").and_then(Node::written).and_then(|word| match word {
                "4" => Some(IpVersion::V4),
                "6" => Some(IpVersion::V6),
                _ => None,
            }),
            http: node.get("http").and_then(Node::written).and_then(|word| match word {
                "1.1" => Some(HttpVersion::Http1),
                "2" => Some(HttpVersion::Http2),
                _ => None,
            }),
            max_duration,
            degraded,
            propagate: node.get("propagate").and_then(|node| scalar::boolean(node).ok()).unwrap_or(false),
        };
        self.keep_credentials(&request, scope);
        request
    }

    fn judge_durations(&mut self, node: &Node, most: Option<Duration>, degraded: Option<Duration>, path: &str) {
        if let (Some(most), Some(degraded), Some(node)) = (most, degraded, node.get("degraded"))
            && degraded > most
        {
            let finding = Finding::new("`degraded` is longer than `max_duration`: no run could be degraded")
                .coded(Code::Conflict);
            self.report(node.location(), path, finding);
        }
    }

    fn url(&mut self, node: Option<&Node>, scope: &Scope, path: &str) -> Text {
        let Some(node) = node else { return Text::Plain(String::new()) };
        let text = self.text(node, scope, path);
        let written = node.text().unwrap_or_default();
        // Elsewhere the checker has judged it.
        if scope.is_script() && !node.placeholder && node.text().is_some_and(|text| !text.is_empty()) {
            let is_key = scope.judge(written, false).is_ok();
            let judged = match written.find(['{', '}']) {
                _ if is_key && !node.secret => Ok(()),
                Some(at) if !node.secret => address::judge_beginning(&written[..at]),
                _ => address::parse(node).map(drop),
            };
            if let Err(finding) = judged {
                self.report(node.location(), path, finding);
            }
        }
        text
    }

    fn query(&mut self, node: Option<&Node>, scope: &Scope, path: &str) -> Vec<(String, Json)> {
        let mut query = Vec::new();
        for entry in node.map_or(&[][..], Node::entries) {
            let path = join(path, &entry.name);
            // Numbers go out as they are written.
            match &entry.value.kind {
                Kind::List(items) => {
                    for (index, item) in items.iter().enumerate() {
                        query.push((
                            entry.name.clone(),
                            Json::Text(self.text(item, scope, &format!("{path}[{index}]"))),
                        ));
                    }
                }
                _ => query.push((entry.name.clone(), Json::Text(self.text(&entry.value, scope, &path)))),
            }
        }
        query
    }

    fn headers(&mut self, node: Option<&Node>, scope: &Scope, path: &str) -> Vec<(String, Text)> {
        let mut headers = Vec::new();
        for entry in node.map_or(&[][..], Node::entries) {
            let text = self.text(&entry.value, scope, &join(path, &entry.name));
            let name = entry.name.to_ascii_lowercase();
            if is_sensitive(&name)
                && let Some(value) = entry.value.written()
                && !entry.value.placeholder
                && scope.literal(&text).is_some()
            {
                self.reading.secrets.push(Secret::new(value));
            }
            headers.push((name, text));
        }
        headers
    }

    fn assertions(node: Option<&Node>) -> Vec<(String, Assertion)> {
        let mut assertions = Vec::new();
        for entry in node.map_or(&[][..], Node::entries) {
            assertions.push((entry.name.clone(), assertion(&entry.value)));
        }
        assertions
    }

    fn auth(&mut self, node: &Node, path: &str) -> Option<Auth> {
        let secret = |node: &Node| Secret::new(node.text().unwrap_or_default());
        if let Some(bearer) = node.get("bearer") {
            let token = bearer.text().unwrap_or_default();
            let judged = match token {
                "" if bearer.text().is_some() => Err(Finding::new("the token is empty")),
                _ => header::judge_value(token),
            };
            if let Err(finding) = judged {
                self.report(bearer.location(), &join(path, "bearer"), finding);
            }
            self.keep(bearer);
            return Some(Auth::Bearer(secret(bearer)));
        }
        let basic = node.get("basic")?;
        let (username, password) = (basic.get("username")?, basic.get("password")?);
        if username.text().is_some_and(|name| name.contains(':')) && !username.placeholder {
            let path = join(&join(path, "basic"), "username");
            self.report(
                username.location(),
                &path,
                Finding::new("a user's name cannot hold a `:` in basic authentication"),
            );
        }
        self.keep(password);
        self.keep_pair(username.text().unwrap_or_default(), password.text().unwrap_or_default());
        Some(Auth::Basic { username: secret(username), password: secret(password) })
    }

    /// Remembers what basic authentication makes of a name and a password: a target may echo the header.
    fn keep_pair(&mut self, username: &str, password: &str) {
        self.reading.secrets.push(Secret::new(format!("{username}:{password}")));
    }

    fn tls(&mut self, node: &Node, path: &str) -> TlsSettings {
        for (one, other) in [("cert", "key"), ("key", "cert")] {
            if let (Some(entry), None) = (node.entry(one), node.get(other)) {
                let finding = Finding::new(format!("`{one}` needs `{other}`")).coded(Code::Conflict);
                self.report(entry.location, &join(path, one), finding);
            }
        }
        let directory = self.document.directory.as_deref();
        let text = |name: &str, pem: Pem| node.get(name).and_then(|node| pem::parse(node, pem, directory).ok());
        let key = text("key", Pem::Key).map(Secret::new);
        self.reading.secrets.extend(key.clone());
        TlsSettings {
            insecure: node.get("insecure").and_then(|node| scalar::boolean(node).ok()).unwrap_or(false),
            ca: text("ca", Pem::Certificates),
            cert: text("cert", Pem::Certificates),
            key,
        }
    }

    /// Remembers a literal secret; those that were looked up are known.
    fn keep(&mut self, node: &Node) {
        if let Some(text) = node.text().filter(|_| !node.secret) {
            self.reading.secrets.push(Secret::new(text));
        }
    }
}

fn assertion(node: &Node) -> Assertion {
    let Kind::Map(_) = node.kind else {
        return Assertion { value: Some(node.json()), ..Assertion::default() };
    };
    // Null is a value to compare with, so entries count, not values.
    let value = |name: &str| node.entry(name).map(|entry| entry.value.json());
    Assertion {
        exists: node.get("exists").and_then(|node| scalar::boolean(node).ok()),
        value: value("value"),
        not: value("not"),
        lt: value("lt"),
        lte: value("lte"),
        gt: value("gt"),
        gte: value("gte"),
        contains: value("contains"),
        matches: node.get("matches").and_then(|node| scalar::pattern(node).ok()),
        type_: node.get("type").and_then(Node::written).and_then(|word| {
            [
                JsonType::String,
                JsonType::Number,
                JsonType::Integer,
                JsonType::Boolean,
                JsonType::Array,
                JsonType::Object,
                JsonType::Null,
            ]
            .into_iter()
            .find(|json_type| json_type.as_str() == word)
        }),
        length: node.get("length").and_then(scalar::integer),
    }
}
