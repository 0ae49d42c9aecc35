//! What is sent, judged by Sentry's own normaliser: no objection, no exception, and nothing lost on the way.

use std::time::Duration;

use crate::support::alone;
use crate::support::failed::failed;
use crate::support::normaliser;
use crate::support::outcomes;
use crate::support::outcomes::{ok, span, us};
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Failure, FailureKind, Outcome, Response, Status};
use sentrynet::secrets::{Redactor, Secret};
use sentrynet::sentry::{Envelope, Kind, Settings, envelopes};
use sentrynet::telemetry::{Mode, Telemetry};
use serde_json::{Value, json};

fn settings() -> Settings {
    let dsn = "https://key@o0.ingest.sentry.io/7".parse().expect("a DSN");
    Settings::new(Some("production"), Some("sentrynet@0.1.0"), Some("sentrynet-demo"), Some(&dsn), &Redactor::default())
}

fn payload(envelope: &Envelope) -> Value {
    serde_json::from_slice(&envelope.items().expect("items")[0].payload).expect("JSON")
}

fn send(outcome: &Outcome) -> Vec<Envelope> {
    envelopes(outcome, &settings(), &Redactor::default())
}

/// Every shape under its name.
fn shapes() -> Vec<(String, Outcome)> {
    let mut shapes = vec![("ok".to_owned(), ok())];
    shapes.extend(FailureKind::ALL.iter().map(|kind| (kind.to_string(), failed(*kind))));
    let mut add = |name: &str, change: &dyn Fn(&mut Outcome)| {
        let mut outcome = failed(FailureKind::HttpStatus);
        change(&mut outcome);
        shapes.push((name.to_owned(), outcome));
    };
    add("degraded", &|outcome| outcome.status = Status::Degraded("took 0.9 s, more than 0.5 s".into()));
    add("nothing happened", &|outcome| {
        outcome.status = Status::Failed(Failure::new(FailureKind::Interpolation, "key `id` is not set"));
        (outcome.duration, outcome.spans, outcome.response) = (Duration::ZERO, Vec::new(), None);
        outcome.attributes.clear();
    });
    add("an event without words", &|outcome| {
        outcome.status = Status::Failed(Failure::new(FailureKind::Panic, ""));
        outcome.title.clear();
    });
    add("short spans", &|outcome| {
        let nanos = |n| Duration::from_nanos(n);
        outcome.duration = nanos(700);
        outcome.spans = (0..100).map(|n| span(Op::JsonAssert, None, nanos(7 * n), nanos(7 * n + n % 3))).collect();
    });
    add("spans longer than the run", &|outcome| outcome.duration = us(3));
    add("300 hops", &|outcome| {
        outcome.spans = (0..300).map(|n| span(Op::HttpRequest, None, us(n), us(n + 1))).collect();
    });
    add("1500 spans", &|outcome| {
        outcome.spans = (0..1500_u32)
            .map(|n| span(Op::HttpWait, (n > 0).then_some(n as usize / 2), us(n.into()), us(2000)))
            .collect();
        outcome.spans[1..].iter_mut().enumerate().for_each(|(n, span)| span.parent = Some(n / 2));
    });
    add("odd texts", &|outcome| {
        let odd = "é\u{0}\u{1}\u{1b}[31m\n\r\t\u{2028}\u{202e}\u{fffd}\u{ffff}😀 \u{10ffff}\\\"/%s{}";
        outcome.title = odd.into();
        outcome.identity.group = odd.into();
        outcome.identity.probe = odd.into();
        outcome.tags.insert(odd.into(), odd.into());
        outcome.tags.insert(String::new(), "x".into());
        outcome.tags.insert("empty".into(), "\n".into());
        outcome.tags.insert("long".into(), "ä".repeat(300));
        outcome.tags.insert("n".repeat(300), "x".into());
        outcome.spans[0].description = odd.repeat(1000);
        outcome.spans[0].attributes.insert("url.full", odd.repeat(1000).into());
        outcome.attributes.insert("server.address", odd.into());
        outcome.status = Status::Failed(Failure::new(FailureKind::BadResponse, odd.repeat(1000)));
        outcome.response = Some(Response {
            status: 999,
            headers: vec![
                (odd.into(), odd.into()),
                (String::new(), String::new()),
                ("content-type".into(), odd.into()),
            ],
            body: odd.into(),
            truncated: true,
        });
    });
    add("a large answer", &|outcome| {
        outcome.response = Some(Response {
            status: 503,
            headers: (0..150).map(|n| (format!("x-{n}"), "v".repeat(20_000))).collect(),
            body: "ä".repeat(4096),
            truncated: true,
        });
    });
    add("an empty answer", &|outcome| outcome.response = Some(Response { status: 204, ..Response::default() }));
    add("deep facts", &|outcome| {
        let deep = (0..40).fold(json!(1), |value, _| json!({"a": [value]}));
        outcome.attributes.insert("sentrynet.keys", deep);
        outcome.attributes.insert("http.response.status_code", json!("not a number"));
        outcome.attributes.insert("network.peer.port", Value::Null);
    });
    add("many attempts", &|outcome| {
        outcome.attempts = u32::MAX;
        outcome.identity.burst = u32::MAX;
        outcome.spans.insert(0, span(Op::Attempt, None, us(0), us(98_765)));
        outcome.spans[1..].iter_mut().for_each(|span| span.parent = Some(span.parent.map_or(0, |parent| parent + 1)));
    });
    shapes
}

#[test]
fn sentry_takes_every_shape_and_keeps_all_of_it() {
    let shapes = shapes();
    let cases: Vec<(String, Envelope)> = shapes
        .iter()
        .flat_map(|(name, outcome)| send(outcome).into_iter().map(move |envelope| (name.clone(), envelope)))
        .collect();
    assert_eq!(cases.len(), 2 * shapes.len() - 1, "an event for each but the good one");
    for verdict in normaliser::judge(&cases) {
        let (name, sent, event) = (&verdict.name, &verdict.sent, &verdict.event);
        assert_eq!(verdict.problems, "", "{name}");
        // Of a large answer the servers keep what they like.
        if name != "a large answer" {
            assert_eq!(verdict.trimmed, "", "{name}");
        }
        for field in ["timestamp", "start_timestamp", "event_id", "environment", "release", "fingerprint", "exception"]
        {
            assert_eq!(event[field], sent[field], "{name}: {field}");
        }
        for field in ["trace_id", "span_id", "op", "status"] {
            assert_eq!(event["contexts"]["trace"][field], sent["contexts"]["trace"][field], "{name}: {field}");
        }
        assert_eq!(event["logentry"].get("formatted"), sent.get("message"), "{name}");
        assert_eq!(event["contexts"]["probe"], sent["contexts"]["probe"], "{name}");
        assert_eq!(event["measurements"], sent["measurements"], "{name}");
        assert_eq!(event.get("spans"), sent.get("spans"), "{name}");
        let kept = event["tags"].as_array().expect("tags");
        for (tag, value) in sent["tags"].as_object().expect("tags") {
            let tag = tag.replace(' ', "-");
            assert!(kept.contains(&json!([tag, value])), "{name}: tag {tag} in {kept:?}");
        }
    }
}

#[test]
fn spans_lie_within_the_span_around_them_to_the_microsecond() {
    for (name, outcome) in shapes() {
        let transaction = payload(&send(&outcome)[0]);
        let time = |value: &Value, field: &str| {
            let seconds = value[field].to_string();
            let decimals = seconds.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            assert!(decimals <= 6, "{name}: {seconds}");
            value[field].as_f64().expect("a number")
        };
        let spans = transaction["spans"].as_array().expect("spans");
        for span in spans {
            let around = spans.iter().find(|other| other["span_id"] == span["parent_span_id"]).unwrap_or(&transaction);
            assert!(time(span, "start_timestamp") >= time(around, "start_timestamp"), "{name}: {span}");
            assert!(time(span, "timestamp") >= time(span, "start_timestamp"), "{name}: {span}");
            assert!(time(span, "timestamp") <= time(around, "timestamp"), "{name}: {span}");
        }
    }
}

#[test]
fn a_transaction_is_what_the_contract_says() {
    let sent = send(&ok());
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].kind(), Kind::Transaction);
    let transaction = payload(&sent[0]);
    let trace = ok().identity.trace_id();
    assert_eq!(transaction["transaction"], "GET https://example.com");
    assert_eq!(transaction["transaction_info"], json!({"source": "custom"}));
    assert_eq!(transaction["contexts"]["trace"]["op"], "probes.http");
    assert_eq!(transaction["contexts"]["trace"]["status"], "ok");
    assert_eq!(transaction["contexts"]["trace"]["trace_id"], trace.to_string());
    assert_eq!(transaction["contexts"]["trace"]["data"]["http.response.status_code"], 200);
    assert_eq!(transaction["start_timestamp"].to_string(), "1792490400.123456");
    assert_eq!(transaction["timestamp"].to_string(), "1792490400.222221");
    assert_eq!(transaction["tags"], json!({"location": "eu-west-1", "probe": "probes.http", "target": "demo"}));
    assert_eq!(
        transaction["measurements"],
        json!({
            "dns": {"value": 1.9, "unit": "millisecond"},
            "connect": {"value": 18.095, "unit": "millisecond"},
            "tls": {"value": 40.001, "unit": "millisecond"},
            "ttfb": {"value": 30.0, "unit": "millisecond"},
            "download": {"value": 8.715, "unit": "millisecond"},
        })
    );
    let spans = transaction["spans"].as_array().expect("spans");
    let ops: Vec<&str> = spans.iter().filter_map(|span| span["op"].as_str()).collect();
    let expected = ["http.request", "net.conn", "net.dns", "net.tcp", "net.tls", "http.send", "http.wait", "http.recv"];
    assert_eq!(ops, expected);
    assert_eq!(spans[2]["parent_span_id"], spans[1]["span_id"]);
    assert_eq!(spans[0]["parent_span_id"], transaction["contexts"]["trace"]["span_id"]);
    assert!(spans.iter().all(|span| span["status"] == "ok"));

    let header = sent[0].header();
    assert_eq!(header["event_id"], transaction["event_id"]);
    assert_eq!(
        header["trace"],
        json!({
            "trace_id": trace.to_string(), "public_key": "key", "sample_rate": "1", "sampled": "true",
            "release": "sentrynet@0.1.0", "environment": "production", "transaction": "GET https://example.com",
        })
    );
    assert_eq!(sent, send(&ok()), "the same tick twice makes the same");
}

#[test]
fn a_phase_that_did_not_happen_leaves_nothing() {
    let mut outcome = ok();
    outcome.spans.retain(|span| matches!(span.op, Op::HttpRequest | Op::HttpWait));
    let transaction = payload(&send(&outcome)[0]);
    assert_eq!(transaction["measurements"], json!({"ttfb": {"value": 30.0, "unit": "millisecond"}}));
    assert_eq!(transaction["spans"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_failure_is_an_event_beside_its_transaction() {
    let mut outcome = failed(FailureKind::RecvTimeout);
    outcome.identity.location = "us-east-1".into();
    let sent = send(&outcome);
    assert_eq!(sent.iter().map(Envelope::kind).collect::<Vec<_>>(), [Kind::Transaction, Kind::Event]);
    let (transaction, event) = (payload(&sent[0]), payload(&sent[1]));
    assert_eq!(transaction["contexts"]["trace"]["status"], "deadline_exceeded");
    let failed_span = transaction["spans"].as_array().and_then(|spans| spans.last()).expect("a span");
    assert_eq!(failed_span["status"], "deadline_exceeded");
    assert_eq!(failed_span["data"]["error.type"], "recv_timeout");
    assert_eq!(event["exception"]["values"][0]["type"], "recv_timeout");
    assert_eq!(event["exception"]["values"][0]["value"], "recv_timeout happened after 10.0 s");
    assert_eq!(event["exception"]["values"][0]["mechanism"], json!({"type": "sentrynet", "handled": true}));
    assert_eq!(event["fingerprint"], json!(["demo", "GET https://example.com", "recv_timeout"]));
    assert_eq!(event["level"], "error");
    assert_eq!(event["tags"]["failure"], "recv_timeout");
    assert_eq!(event["tags"], transaction["tags"]);
    for field in ["trace_id", "span_id"] {
        assert_eq!(event["contexts"]["trace"][field], transaction["contexts"]["trace"][field]);
    }
    assert_eq!(event["contexts"]["probe"]["phase"], "http.recv");
    assert_eq!(event["contexts"]["response"]["status_code"], 200);
    assert_eq!(event["contexts"]["response"]["data"], r#"{"status": "ok"}"#);
    assert_ne!(event["event_id"], transaction["event_id"]);
}

#[test]
fn a_slow_run_is_a_warning_and_a_good_transaction() {
    let outcome = Outcome { status: Status::Degraded("took 0.9 s, more than 0.5 s".into()), ..ok() };
    let sent = send(&outcome);
    let (transaction, event) = (payload(&sent[0]), payload(&sent[1]));
    assert_eq!(transaction["contexts"]["trace"]["status"], "ok");
    assert_eq!(transaction["tags"]["degraded"], "true");
    assert_eq!(event["tags"]["degraded"], "true");
    assert_eq!(event["level"], "warning");
    assert_eq!(event["message"], "took 0.9 s, more than 0.5 s");
    assert_eq!(event["fingerprint"], json!(["demo", "GET https://example.com", "degraded"]));
    assert_eq!(event.get("exception"), None);
}

#[test]
fn a_skipped_run_leaves_nothing() {
    assert_eq!(send(&Outcome { status: Status::Skipped("no time was left".into()), ..ok() }), []);
}

#[test]
fn unexpected_codes_have_the_status_that_sentrys_sdks_give_them() {
    for (code, status) in [
        (200, "internal_error"),
        (301, "internal_error"),
        (400, "invalid_argument"),
        (401, "unauthenticated"),
        (403, "permission_denied"),
        (404, "not_found"),
        (409, "already_exists"),
        (418, "invalid_argument"),
        (429, "resource_exhausted"),
        (500, "internal_error"),
        (501, "unimplemented"),
        (503, "unavailable"),
        (504, "deadline_exceeded"),
    ] {
        let mut outcome = failed(FailureKind::HttpStatus);
        outcome.attributes.insert("http.response.status_code", code.into());
        assert_eq!(payload(&send(&outcome)[0])["contexts"]["trace"]["status"], status, "{code}");
    }
}

#[test]
fn secrets_are_filtered_wherever_they_come_up_and_nothing_else_changes() {
    let secret = "hunter2!/?";
    let mut outcome = failed(FailureKind::HttpStatus);
    outcome.title = format!("GET {secret}");
    outcome.identity.group = secret.into();
    outcome.identity.probe = format!("GET {secret}");
    outcome.identity.location = secret.into();
    outcome.tags.insert(secret.into(), secret.into());
    outcome.spans[0].description = format!("GET https://example.com/?token={secret}");
    outcome.spans[0].attributes.insert("url.full", "https://example.com/?token=hunter2%21%2f%3f".into());
    outcome.attributes.insert("url.full", json!({"deep": [secret]}));
    outcome.status = Status::Failed(Failure::new(FailureKind::HttpStatus, format!("{secret} was refused")));
    outcome.response = Some(Response {
        status: 403,
        headers: vec![(secret.into(), secret.into()), ("Set-Cookie".into(), "session=unknown".into())],
        body: format!(r#"{{"sent": "{secret}"}}"#),
        truncated: false,
    });
    // Short ones that are words of Sentry's: they must not change what is ours.
    let words =
        ["ok", "error", "http", "trace", "GET", "demo", "millisecond", "transaction", "probe", "type", "custom"];
    let secrets: Vec<Secret> = words.iter().copied().chain([secret]).map(Secret::new).collect();
    let redactor = Redactor::new(&secrets);
    let settings = Settings::new(Some(secret), Some(secret), Some(secret), None, &redactor);
    let cases: Vec<(String, Envelope)> = envelopes(&outcome, &settings, &redactor)
        .into_iter()
        .map(|envelope| ("secrets".to_owned(), envelope))
        .collect();
    for (_, envelope) in &cases {
        let text = String::from_utf8(envelope.to_bytes(outcomes::STARTED)).expect("text");
        assert!(!text.contains("hunter2") && !text.contains("session=unknown"), "{text}");
        assert!(text.contains("[Filtered]"));
    }
    let transaction = payload(&cases[0].1);
    assert_eq!(transaction["contexts"]["trace"]["op"], "probes.http");
    assert_eq!(transaction["measurements"]["dns"]["unit"], "millisecond");
    assert_eq!(transaction["tags"]["failure"], "http_status");
    for verdict in normaliser::judge(&cases) {
        assert_eq!((verdict.problems.as_str(), verdict.trimmed.as_str()), ("", ""));
    }
}

#[test]
fn our_own_errors_are_events_that_sentry_takes() {
    if alone::was_run_alone("sentry::envelopes::our_own_errors_are_events_that_sentry_takes") {
        return;
    }
    let telemetry = Telemetry::init(Mode::Terminal);
    let sent = std::thread::spawn(move || {
        tracing::info!(target: "sentrynet", group = "demo", "starting");
        tracing::error!(target: "sentrynet", parameter = "/sentrynet/dsn", tries = 2, "no configuration");
        telemetry.drain(&settings())
    });
    let cases: Vec<(String, Envelope)> =
        sent.join().expect("a thread").into_iter().map(|envelope| ("ours".to_owned(), envelope)).collect();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].1.kind(), Kind::Event);
    for verdict in normaliser::judge(&cases) {
        assert_eq!((verdict.problems.as_str(), verdict.trimmed.as_str()), ("", ""));
        assert_eq!(verdict.event["environment"], "production");
        assert_eq!(verdict.event["breadcrumbs"]["values"][0]["message"], "starting");
    }
}
