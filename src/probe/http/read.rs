//! One request: `probes.http`, or a step of a script.

use super::literal_credentials;
use super::settings::{Auth, Body, Request};
use crate::diagnostics::Code;
use crate::diagnostics::finding::Finding;
use crate::net::{HttpVersion, IpVersion, TlsSettings};
use crate::probe::json::read::assertion;
use crate::probe::scope::{self, Scope};
use crate::schema::parsed::{Content, Fields, Parsed};
use crate::schema::path::join;
use crate::schema::reader::Reader;
use crate::schema::scalar::Scalar;
use crate::schema::value::{Expected, JsonPath, address, header};
use crate::secrets::Secret;
use crate::secrets::sensitive::is_sensitive;
use crate::template::{Json, Text};
use crate::yaml::node::{Kind, Node};

/// Takes the values of a request's keys. `scope` holds the variables that are set before it, and then those that it sets.
pub(crate) fn request(fields: &Fields, scope: &mut Scope, reader: &mut Reader<'_>) -> Request {
    let url = url(fields, scope, reader);
    let query = query(fields, scope, reader);
    let headers = headers(fields, scope, reader);
    let body = fields.node("body").filter(|body| !body.is_null()).map(|body| {
        let path = fields.path_of("body");
        match &body.kind {
            Kind::Scalar { .. } => Body::Text(scope::text(reader, body, scope, &path)),
            _ => Body::Json(scope::json(reader, body, scope, &path)),
        }
    });
    let default = if fields.has("body") { http::Method::POST } else { http::Method::GET };
    let method = fields.method("method").unwrap_or(default);
    let usual = if method == http::Method::POST { 201 } else { 200 };
    let json_path = |value: &Parsed| match &value.content {
        Content::Scalar(Scalar::JsonPath(json_path)) => Some(json_path.clone()),
        _ => None,
    };
    let set_keys: Vec<(String, JsonPath)> = fields
        .map("set_keys")
        .iter()
        .filter_map(|entry| Some((entry.name.clone(), json_path(&entry.value)?)))
        .collect();
    // Also those whose JSONPath is wrong: one mistake is enough.
    scope.set(fields.map("set_keys").iter().map(|entry| entry.name.as_str()));
    let assertions = fields.map("assertions").iter();
    let assertions = assertions.filter_map(|entry| Some((entry.name.clone(), assertion(&entry.value)?))).collect();
    if let Some(auth) = fields.field("auth")
        && headers.iter().any(|(name, _)| name == "authorization")
    {
        let finding = Finding::new("`auth` and a header `authorization` exclude each other").coded(Code::Conflict);
        reader.report(auth.location, &fields.path_of("auth"), finding);
    }
    let (max_duration, degraded) = (fields.duration("max_duration"), fields.duration("degraded"));
    if let (Some(max), Some(limit), Some(field)) = (max_duration, degraded, fields.get("degraded"))
        && limit > max
    {
        let finding =
            Finding::new("`degraded` is longer than `max_duration`: no run could be degraded").coded(Code::Conflict);
        reader.report(field.mark.location, &fields.path_of("degraded"), finding);
    }
    let request = Request {
        url,
        method,
        query,
        headers,
        body,
        expected: fields.expected("expected").unwrap_or_else(|| Expected(vec![usual..=usual])),
        set_keys,
        assertions,
        redirects: fields.count("redirects").unwrap_or_default(),
        max_body: fields.integer("max_body").unwrap_or_default(),
        auth: fields.fields("auth").and_then(|auth| self::auth(auth, reader)),
        tls: fields.fields("tls").map_or_else(TlsSettings::default, |tls| self::tls(tls, reader)),
        min_days: fields.fields("tls").and_then(|tls| tls.count("min_days")),
        ip: fields.word("ip").and_then(|word| match word {
            "4" => Some(IpVersion::V4),
            "6" => Some(IpVersion::V6),
            _ => None,
        }),
        http: fields.word("http").and_then(|word| match word {
            "1.1" => Some(HttpVersion::Http1),
            "2" => Some(HttpVersion::Http2),
            _ => None,
        }),
        max_duration,
        degraded,
        propagate: fields.boolean("propagate").unwrap_or_default(),
    };
    literal_credentials::find(fields, &request, scope, reader);
    request
}

fn url(fields: &Fields, scope: &Scope, reader: &mut Reader<'_>) -> Text {
    let Some(node) = fields.node("url") else { return Text::Plain(String::new()) };
    let path = fields.path_of("url");
    let text = scope::text(reader, node, scope, &path);
    let written = node.text().unwrap_or_default();
    // Without fields it has been validated by its shape.
    if scope.is_script() && !node.placeholder && !written.is_empty() {
        let is_key = scope.find(written, false).is_ok();
        let validated = match written.find(['{', '}']) {
            _ if is_key && !node.secret => Ok(()),
            Some(at) if !node.secret => address::validate_beginning(&written[..at]),
            _ => address::parse(node).map(drop),
        };
        if let Err(finding) = validated {
            reader.report(node.location(), &path, finding);
        }
    }
    text
}

fn query(fields: &Fields, scope: &Scope, reader: &mut Reader<'_>) -> Vec<(String, Json)> {
    let mut query = Vec::new();
    for entry in fields.map("query") {
        let path = join(&fields.path_of("query"), &entry.name);
        // Numbers go out as they are written.
        let mut add = |value: &Parsed, path: &str| {
            if let Content::Node(node) = &value.content {
                query.push((entry.name.clone(), Json::Text(scope::text(reader, node, scope, path))));
            }
        };
        match &entry.value.content {
            Content::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| add(item, &format!("{path}[{index}]")));
            }
            _ => add(&entry.value, &path),
        }
    }
    query
}

fn headers(fields: &Fields, scope: &Scope, reader: &mut Reader<'_>) -> Vec<(String, Text)> {
    let mut headers = Vec::new();
    for entry in fields.map("headers") {
        let Content::Node(node) = &entry.value.content else { continue };
        let text = scope::text(reader, node, scope, &join(&fields.path_of("headers"), &entry.name));
        let name = entry.name.to_ascii_lowercase();
        if is_sensitive(&name)
            && let Some(value) = node.written()
            && !node.placeholder
            && scope.literal(&text).is_some()
        {
            reader.confidential.push(Secret::new(value));
        }
        headers.push((name, text));
    }
    headers
}

fn auth(fields: &Fields, reader: &mut Reader<'_>) -> Option<Auth> {
    let secret = |node: &Node| Secret::new(node.text().unwrap_or_default());
    if let Some(bearer) = fields.node("bearer") {
        let token = bearer.text().unwrap_or_default();
        let validated = match token {
            "" => Err(Finding::new("the token is empty")),
            _ => header::validate_value(token),
        };
        if let Err(finding) = validated {
            reader.report(bearer.location(), &fields.path_of("bearer"), finding);
        }
        return Some(Auth::Bearer(secret(bearer)));
    }
    let basic = fields.fields("basic")?;
    let (username, password) = (basic.node("username")?, basic.node("password")?);
    let name = username.text().unwrap_or_default();
    if name.contains(':') && !username.placeholder {
        let finding = Finding::new("a user's name cannot hold a `:` in basic authentication");
        reader.report(username.location(), &basic.path_of("username"), finding);
    }
    // What basic authentication makes of both: a target may echo the header.
    reader.confidential.push(Secret::new(format!("{name}:{}", password.text().unwrap_or_default())));
    Some(Auth::Basic { username: secret(username), password: secret(password) })
}

fn tls(fields: &Fields, reader: &mut Reader<'_>) -> TlsSettings {
    for (one, other) in [("cert", "key"), ("key", "cert")] {
        if let Some(field) = fields.field(one)
            && !fields.has(other)
        {
            let finding = Finding::new(format!("`{one}` needs `{other}`")).coded(Code::Conflict);
            reader.report(field.location, &fields.path_of(one), finding);
        }
    }
    TlsSettings {
        insecure: fields.boolean("insecure").unwrap_or_default(),
        ca: fields.pem("ca"),
        cert: fields.pem("cert"),
        key: fields.pem("key").map(Secret::new),
    }
}
