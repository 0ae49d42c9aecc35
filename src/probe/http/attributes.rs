//! Attributes of requests and answers, under the names of Sentry's attribute conventions.

use std::net::IpAddr;
use std::time::Instant;

use http::Version;
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use url::Host;

use super::active_request::ActiveRequest;
use super::phases::RequestEnd;
use super::request::shown;
use super::session::Session;
use crate::net::{Exchange, PreparedRequest, Timestamps, certificate};
use crate::outcome::rfc3339;
use crate::probe::connection::peer_attributes;

impl Session<'_> {
    /// What is known before the request is sent. The run's own attributes are those of its last request.
    pub(crate) fn record_request(&mut self, span: usize, prepared: &PreparedRequest) {
        let attributes = [
            ("http.request.method", json!(prepared.method.as_str())),
            ("url.full", json!(shown(&prepared.url))),
            ("server.address", json!(prepared.url.host_str().unwrap_or_default())),
            ("server.port", json!(prepared.url.port_or_known_default())),
        ];
        let of_requests = ["http.", "network.", "tls."];
        self.recorder.attributes.retain(|name, _| !of_requests.iter().any(|prefix| name.starts_with(prefix)));
        self.add_attributes(span, attributes);
    }

    /// What the head of the answer says.
    pub(crate) fn record_response(&mut self, active: &ActiveRequest, exchange: &Exchange) {
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
        let connection = exchange.peer().map(peer_attributes);
        self.add_attributes(active.span, answer.into_iter().chain(connection.into_iter().flatten()));
    }

    /// When what happened, in seconds since the Unix epoch. Spans say the same of each request, so only the run gets them.
    pub(crate) fn record_timestamps(&mut self, active: &ActiveRequest, end: &RequestEnd<'_>) {
        let timestamps = end.timestamps;
        let mut instants: Vec<(&'static str, Option<Instant>)> = vec![
            ("http.request.fetch_start", Some(active.began)),
            ("http.request.response_start", timestamps.head),
            ("http.request.response_end", end.received),
        ];
        if timestamps.is_fresh() {
            instants.extend([
                ("http.request.domain_lookup_start", timestamps.dns_start),
                ("http.request.domain_lookup_end", timestamps.dns_end),
                (
                    "http.request.connect_start",
                    timestamps.connect_start.map(|start| timestamps.dns_end.unwrap_or(start)),
                ),
                ("http.request.secure_connection_start", timestamps.tls_start),
                ("http.request.connection_end", timestamps.ready),
                ("http.request.request_start", timestamps.ready),
            ]);
        } else {
            instants.push(("http.request.request_start", Some(active.began)));
        }
        let seconds = |(name, instant): (_, Option<Instant>)| Some((name, json!(self.recorder.unix_seconds(instant?))));
        let instants: Vec<(&'static str, Value)> = instants.into_iter().filter_map(seconds).collect();
        self.recorder.attributes.extend(instants);
        let mut attributes = Vec::new();
        // OpenTelemetry's name; Sentry's conventions have none.
        if let Some(not_after) = certificate::leaf_not_after(&timestamps.chain) {
            attributes.push(("tls.server.not_after", json!(rfc3339(not_after))));
        }
        if let Some(address) = only_address(active, end.timestamps) {
            attributes.push(("network.peer.address", json!(address.to_string())));
            attributes.push(("network.peer.port", json!(active.url.port_or_known_default())));
        }
        self.add_attributes(active.span, attributes);
    }

    fn add_attributes(&mut self, span: usize, attributes: impl IntoIterator<Item = (&'static str, Value)>) {
        for (name, value) in attributes {
            self.recorder.attributes.insert(name, value.clone());
            self.recorder.attributes_of(span).insert(name, value);
        }
    }
}

/// The address that was tried, where there is only one: it can be named even if nobody answered.
fn only_address(active: &ActiveRequest, timestamps: &Timestamps) -> Option<IpAddr> {
    match (timestamps.addresses.as_slice(), active.url.host()?) {
        ([address], _) => Some(*address),
        ([], Host::Ipv4(address)) => Some(address.into()),
        ([], Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    }
}
