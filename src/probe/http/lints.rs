//! What is probably not meant of a request: where its credentials go, and what its answer can be.

pub(crate) mod variables;

use std::ops::RangeInclusive;

use url::{Host, Url};

use super::keys::HTTP;
use crate::diagnostics::Code;
use crate::diagnostics::finding::Finding;
use crate::probe::keys::PROBE;
use crate::schema::linter::{Linter, Warning, count, duration};
use crate::schema::path::join;
use crate::schema::value::{address, show_duration, status_codes};
use crate::schema::{SecretRef, scalar};
use crate::secrets::credential::scanner::spans;
use crate::secrets::is_credential;
use crate::yaml::node::{Entry, Kind, Node};

/// The warnings that a request can give.
pub(crate) const WARNINGS: &[Warning] = &[
    Warning {
        code: Code::PlainCredentials,
        about: "The URL begins with `http://`, and the request has `auth`, user information in the URL, a secret, or \
                a header, parameter or field with the name of a credential. Loopback addresses such as `localhost` \
                are exempt.",
        object: "probes.http",
        example: "url: http://www.example.com/\nauth:\n  bearer: {env: TOKEN}",
    },
    Warning {
        code: Code::UncheckedServer,
        about: "The request has credentials, as above, and `tls.insecure`: whoever poses as the server receives them.",
        object: "probes.http",
        example: "headers: {x-api-key: {env: KEY}}\ntls: {insecure: true}",
    },
    Warning {
        code: Code::UnsetAssertion,
        about: "No `set_keys` of this or an earlier step, and no `init_keys`, sets the key.",
        object: "probes.http",
        example: "set_keys: {status: $.status}\nassertions: {status: ok, stauts: ok}",
    },
    Warning {
        code: Code::UnreachableLimit,
        about: "`degraded` or `max_duration` is not shorter than the limit that ends a run: `timeout`, or, for \
                `degraded`, `max_duration`.",
        object: "probes.http",
        example: "max_duration: 15s",
    },
    Warning {
        code: Code::FollowedRedirect,
        about: "Only redirects are expected, but redirects are followed.",
        object: "probes.http",
        example: "expected: 301",
    },
];

/// Warns of what is probably not meant of `probes.http`.
pub(crate) fn probe(linter: &mut Linter<'_>, probe: &Node, path: &str) {
    request(linter, probe, probe, path, None);
    variables::unused(linter, &[(probe, path.to_owned())], None, path);
}

/// Of a request of a probe. In a script there are `variables`: those that it begins with, as a map.
pub(crate) fn request(linter: &mut Linter<'_>, probe: &Node, request: &Node, path: &str, variables: Option<&Node>) {
    limits(linter, probe, request, path);
    credentials(linter, request, path, variables);
    redirect(linter, request, path);
    no_body(linter, request, path);
}

/// The title of a probe that has none, and what it follows from; `None` where a secret is in it.
pub(crate) fn title(probe: &Node) -> Option<(String, &Node)> {
    let url = probe.get("url")?;
    let method = match probe.get("method") {
        Some(method) => scalar::method(method).ok()?,
        None if probe.get("body").is_some() => http::Method::POST,
        None => http::Method::GET,
    };
    Some((address::default_title(&method, &address::parse(url).ok()?), url))
}

/// Status codes, if they are known.
fn codes(node: &Node) -> Option<Vec<RangeInclusive<u16>>> {
    match &node.kind {
        Kind::List(items) if items.is_empty() => None,
        Kind::List(items) => items.iter().map(|item| status_codes::range(item).ok()).collect(),
        _ => status_codes::range(node).ok().map(|range| vec![range]),
    }
}

/// A limit that another one comes before.
fn limits(linter: &mut Linter<'_>, probe: &Node, request: &Node, path: &str) {
    let Some(timeout) = duration(probe, &PROBE, "timeout") else { return };
    for key in ["degraded", "max_duration"] {
        let Some(node) = request.get(key) else { continue };
        let Some(limit) = duration(request, &HTTP, key) else { continue };
        let most = request.get("max_duration").filter(|_| key == "degraded");
        let (finding, other) = match most.and_then(|most| Some((duration(request, &HTTP, "max_duration")?, most))) {
            Some((most, other)) if most == limit => {
                let finding = Finding::new("this has no effect: `max_duration` is the same, and fails the run");
                (finding.with_help("make it shorter"), Some(other))
            }
            _ if limit >= timeout => {
                let end = show_duration(timeout);
                let finding = Finding::new(format!("this has no effect: a run ends at its `timeout` of {end}"));
                (finding.with_help("make it shorter, or make `timeout` longer"), probe.get("timeout"))
            }
            _ => continue,
        };
        let finding = match other {
            Some(other) => finding.with_related(linter.related(other, "this comes first")),
            None => finding,
        };
        linter.report(Code::UnreachableLimit, node.location(), &join(path, key), finding);
    }
}

/// Credentials that others can read on their way.
fn credentials(linter: &mut Linter<'_>, request: &Node, path: &str, variables: Option<&Node>) {
    let Some(url) = request.get("url") else { return };
    let target = target(url, variables);
    if target.as_ref().is_some_and(is_loopback) {
        return;
    }
    let tls = request.get("tls").and_then(|tls| tls.get("insecure"));
    let is_unchecked = tls.is_some_and(|insecure| scalar::boolean(insecure).unwrap_or(false));
    let (code, node, path, finding) = match (&target, tls) {
        (Some(target), _) if target.scheme() == "http" => {
            let finding =
                Finding::new("credentials are sent over plain HTTP, where anyone on the network can read them")
                    .with_help("use `https://` if the server supports it");
            (Code::PlainCredentials, url, join(path, "url"), finding)
        }
        (_, Some(insecure)) if is_unchecked => {
            let finding = Finding::new("credentials are sent to whoever answers, because certificates are not checked")
                .with_help("name the authority of the server's certificate in `tls.ca`, and remove `insecure`");
            (Code::UncheckedServer, insecure, join(&join(path, "tls"), "insecure"), finding)
        }
        _ => return,
    };
    let Some(credential) = credential(request) else { return };
    let is_elsewhere = credential.span != node.span;
    let finding = if is_elsewhere { finding.with_related(linter.related(credential, "these")) } else { finding };
    linter.report(code, node.location(), &path, finding);
}

/// A redirect that is expected, and followed before anyone looks.
fn redirect(linter: &mut Linter<'_>, request: &Node, path: &str) {
    let Some(node) = request.get("expected") else { return };
    let Some(codes) = codes(node) else { return };
    let follows = count(request, &HTTP, "redirects").is_some_and(|most| most > 0);
    // Of these only 304 and the like are not followed; whoever means them says so.
    let is_followed = |code: u16| matches!(code, 301 | 302 | 303 | 307 | 308);
    let is_redirect = |range: &std::ops::RangeInclusive<u16>| {
        (300..=399).contains(range.start()) && (300..=399).contains(range.end()) && range.clone().any(is_followed)
    };
    if follows && codes.iter().all(is_redirect) {
        let finding = Finding::new("redirects are followed, so the final answer is never one of these")
            .with_help("write `redirects: 0` to check the redirect itself");
        linter.report(Code::FollowedRedirect, node.location(), &join(path, "expected"), finding);
    }
}

/// Keys from an answer that has no body.
fn no_body(linter: &mut Linter<'_>, request: &Node, path: &str) {
    let is_head = request.get("method").and_then(|node| scalar::method(node).ok()) == Some(http::Method::HEAD);
    let Some(entry) = request.entry("set_keys").filter(|entry| is_head && !entry.value.entries().is_empty()) else {
        return;
    };
    let mut finding = Finding::new("an answer to `HEAD` has no body to set keys from").with_help("use `GET`");
    if let Some(method) = request.get("method") {
        finding = finding.with_related(linter.related(method, "the method"));
    }
    linter.report(Code::NoEffect, entry.location, &join(path, "set_keys"), finding);
}

/// Where a request goes, if that is known without running it.
fn target(url: &Node, variables: Option<&Node>) -> Option<Url> {
    let text = url.text()?;
    let is_script = variables.is_some();
    let initial = |name: &str| variables?.get(name)?.text();
    // `{base}/login`: what a script begins with decides.
    let text = match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((key, rest)) if is_script => format!("{}{rest}", initial(key)?),
        _ if is_script => initial(text).unwrap_or(text).to_owned(),
        _ => text.to_owned(),
    };
    let start = text.find("://")? + 3;
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    let authority = &text[..end];
    if is_script && authority.contains(['{', '}']) {
        return None;
    }
    Url::parse(authority).ok()
}

/// Whether it does not leave this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The first credential of a request.
fn credential(request: &Node) -> Option<&Node> {
    if let Some(auth) = request.get("auth").filter(|auth| !auth.entries().is_empty()) {
        return Some(auth);
    }
    let entries = |name: &str| request.get(name).map_or(&[][..], Node::entries);
    let named = |entry: &&Entry| is_value(&entry.value) && is_credential(&entry.name) || is_secret(&entry.value, false);
    if let Some(entry) = entries("headers").iter().chain(entries("query")).find(named) {
        return Some(&entry.value);
    }
    let in_url = |url: &&Node| {
        let text = url.text().unwrap_or_default();
        let authority =
            text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
        authority.contains('@') || !spans(text).is_empty()
    };
    request.get("url").filter(in_url).or_else(|| in_body("", request.get("body")?))
}

/// The first credential of a body.
fn in_body<'a>(name: &str, node: &'a Node) -> Option<&'a Node> {
    match &node.kind {
        _ if is_secret(node, true) => Some(node),
        Kind::Scalar { .. } => {
            let is_one =
                is_value(node) && is_credential(name) || node.text().is_some_and(|text| !spans(text).is_empty());
            is_one.then_some(node)
        }
        Kind::List(items) => items.iter().find_map(|item| in_body(name, item)),
        Kind::Map(entries) => entries.iter().find_map(|entry| in_body(&entry.name, &entry.value)),
    }
}

fn is_value(node: &Node) -> bool {
    node.written().is_some_and(|text| !text.is_empty())
}

fn is_secret(node: &Node, in_json: bool) -> bool {
    SecretRef::of(node).is_some_and(|reference| !in_json || reference.is_plain_in_json())
}
