//! The outcome of a good run.

use std::time::Duration;

use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Outcome, Response, RunIdentity, Span, Status};
use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;

/// A tick in the past of any clock that runs these tests, with a fraction that is no whole microsecond.
pub const STARTED: OffsetDateTime = datetime!(2026-10-20 10:00:00.123456789 UTC);

/// Microseconds.
pub const fn us(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// A span without attributes.
pub fn span(op: Op, parent: Option<usize>, start: Duration, end: Duration) -> Span {
    Span {
        op,
        description: format!("{} example.com", op.as_str()),
        parent,
        start,
        end,
        failure: None,
        attributes: [].into(),
    }
}

/// One request on a fresh TLS connection, all well.
pub fn ok() -> Outcome {
    let request = Span {
        description: "GET https://example.com/".into(),
        attributes: [("http.request.method", json!("GET")), ("http.response.status_code", json!(200))].into(),
        ..span(Op::HttpRequest, None, us(0), us(98_765))
    };
    Outcome {
        identity: RunIdentity {
            location: "eu-west-1".into(),
            group: "demo".into(),
            probe: "GET https://example.com".into(),
            tick: datetime!(2026-10-20 10:00 UTC),
            burst: 0,
        },
        title: "GET https://example.com".into(),
        probe: "probes.http",
        tags: [("target", "demo"), ("probe", "probes.http"), ("location", "eu-west-1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        started: STARTED,
        duration: us(98_765),
        status: Status::Ok,
        spans: vec![
            request,
            span(Op::NetConn, Some(0), us(5), us(60_001)),
            span(Op::NetDns, Some(1), us(5), us(1_905)),
            span(Op::NetTcp, Some(1), us(1_905), us(20_000)),
            span(Op::NetTls, Some(1), us(20_000), us(60_001)),
            span(Op::HttpSend, Some(0), us(60_001), us(60_050)),
            span(Op::HttpWait, Some(0), us(60_050), us(90_050)),
            span(Op::HttpRecv, Some(0), us(90_050), us(98_765)),
        ],
        attributes: [
            ("http.request.method", json!("GET")),
            ("http.request.domain_lookup_start", json!(1_792_490_400.123461)),
            ("http.response.status_code", json!(200)),
            ("network.peer.address", json!("192.0.2.1")),
            ("network.peer.port", json!(443)),
            ("server.address", json!("example.com")),
            ("url.full", json!("https://example.com/")),
        ]
        .into(),
        response: Some(Response {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into()), ("server".into(), "x".into())],
            body: r#"{"status": "ok"}"#.into(),
            truncated: false,
        }),
        stall: us(250),
        attempts: 1,
        secrets: Vec::new(),
    }
}
