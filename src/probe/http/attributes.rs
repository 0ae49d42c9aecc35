//! Facts about requests and answers, under the names of Sentry's attribute conventions.

use std::net::IpAddr;
use std::time::Instant;

use http::Version;
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use url::Host;

use super::hop::ActiveRequest;
use super::phases::HopEnd;
use super::request::shown;
use super::session::Session;
use crate::net::{Exchange, PreparedRequest, certificate};
use crate::outcome::rfc3339;

impl Session<'_> {
    /// Facts known before the request is sent. The run's own facts are those of its last request.
    pub(crate) fn note_target(&mut self, span: usize, wire: &PreparedRequest) {
        let facts = [
            ("http.request.method", json!(wire.method.as_str())),
            ("url.full", json!(shown(&wire.url))),
            ("server.address", json!(wire.url.host_str().unwrap_or_default())),
            ("server.port", json!(wire.url.port_or_known_default())),
        ];
        let of_requests = ["http.", "network.", "tls."];
        self.recorder.attributes.retain(|name, _| !of_requests.iter().any(|prefix| name.starts_with(prefix)));
        self.note(span, facts);
    }

    /// Facts from the head of the answer.
    pub(crate) fn note_answer(&mut self, going: &ActiveRequest, exchange: &Exchange) {
        for cookie in exchange.headers().get_all(SET_COOKIE) {
            self.recorder.credentials.header("set-cookie", &String::from_utf8_lossy(cookie.as_bytes()));
        }
        let version = match exchange.version() {
            Version::HTTP_09 => "0.9",
            Version::HTTP_10 => "1.0",
            Version::HTTP_2 => "2",
            _ => "1.1",
        };
        let answer = [
            ("http.response.status_code", json!(exchange.status().as_u16())),
            ("network.protocol.name", json!("http")),
            ("network.protocol.version", json!(version)),
        ];
        let connection = exchange.peer().map(|peer| {
            [
                ("network.peer.address", json!(peer.ip().to_string())),
                ("network.peer.port", json!(peer.port())),
                ("network.type", json!(if peer.is_ipv4() { "ipv4" } else { "ipv6" })),
                ("network.transport", json!("tcp")),
            ]
        });
        self.note(going.span, answer.into_iter().chain(connection.into_iter().flatten()));
    }

    /// The instants of a hop, in seconds since the Unix epoch. Its phases tell the same, so they are the run's alone.
    pub(crate) fn note_instants(&mut self, going: &ActiveRequest, hop: &HopEnd<'_>) {
        let marks = hop.marks;
        let mut instants: Vec<(&'static str, Option<Instant>)> = vec![
            ("http.request.fetch_start", Some(hop.begin)),
            ("http.request.response_start", marks.head),
            ("http.request.response_end", hop.received),
        ];
        if marks.is_fresh() {
            instants.extend([
                ("http.request.domain_lookup_start", marks.dns_start),
                ("http.request.domain_lookup_end", marks.dns_end),
                ("http.request.connect_start", marks.connect_start.map(|start| marks.dns_end.unwrap_or(start))),
                ("http.request.secure_connection_start", marks.tls_start),
                ("http.request.connection_end", marks.ready),
                ("http.request.request_start", marks.ready),
            ]);
        } else {
            instants.push(("http.request.request_start", Some(hop.begin)));
        }
        let seconds = |(name, instant): (_, Option<Instant>)| Some((name, json!(self.recorder.unix_seconds(instant?))));
        let instants: Vec<(&'static str, Value)> = instants.into_iter().filter_map(seconds).collect();
        self.recorder.attributes.extend(instants);
        let mut facts = Vec::new();
        // OpenTelemetry's name; Sentry's conventions have none.
        if let Some(not_after) = certificate::leaf_not_after(&marks.chain) {
            facts.push(("tls.server.not_after", json!(rfc3339(not_after))));
        }
        if let Some(address) = only_address(going, hop) {
            facts.push(("network.peer.address", json!(address.to_string())));
            facts.push(("network.peer.port", json!(going.url.port_or_known_default())));
        }
        self.note(going.span, facts);
    }

    fn note(&mut self, span: usize, facts: impl IntoIterator<Item = (&'static str, Value)>) {
        for (name, fact) in facts {
            self.recorder.attributes.insert(name, fact.clone());
            self.recorder.attributes_of(span).insert(name, fact);
        }
    }
}

/// The address that was tried, where there is only one: it can be named even if nobody answered.
fn only_address(going: &ActiveRequest, hop: &HopEnd<'_>) -> Option<IpAddr> {
    match (hop.marks.addresses.as_slice(), going.url.host()?) {
        ([address], _) => Some(*address),
        ([], Host::Ipv4(address)) => Some(address.into()),
        ([], Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    }
}
