//! The answer of the function, word by word.

use crate::support::failed::failed;
use crate::support::outcomes::{ok, us};
use sentrynet::outcome::{Failure, FailureKind, Outcome, Status};
use sentrynet::runner::summary::Summary;
use sentrynet::secrets::{Redactor, Secret};
use sentrynet::sentry::Delivered;
use serde_json::{Value, json};
use time::macros::datetime;

fn summary(outcomes: &[Outcome]) -> Value {
    let delivered = Delivered {
        envelopes: 10,
        delivered: 9,
        lost: 1,
        duration: us(97_123),
        problems: vec!["not shown".into()],
        ..Delivered::default()
    };
    let time = datetime!(2026-11-20 10:00 UTC);
    let redactor = Redactor::new([&Secret::new("hunter2!")]);
    let summary = Summary::new(("demo", "eu-west-1"), time, us(412_345), outcomes, &delivered, &redactor);
    serde_json::to_value(summary).expect("JSON")
}

#[test]
fn the_summary_is_what_the_contract_says() {
    let mut down = failed(FailureKind::HttpStatus);
    down.attributes.insert("http.response.status_code", 503.into());
    let skipped = Outcome { status: Status::Skipped("no time was left".into()), ..ok() };
    let degraded = Outcome { status: Status::Degraded("took 0.9 s, more than 0.5 s".into()), ..ok() };
    let summary = summary(&[ok(), down, degraded, skipped]);
    let head = json!({
        "group": "demo", "location": "eu-west-1", "time": "2026-11-20T10:00:00Z", "duration_ms": 412.345,
        "runs": 4, "ok": 1, "degraded": 1, "failed": 1, "skipped": 1,
        "delivery": {"envelopes": 10, "delivered": 9, "lost": 1, "spooled": 0, "duration_ms": 97.123},
    });
    let names = |value: &Value| value.as_object().expect("a map").keys().cloned().collect::<Vec<_>>();
    for (name, value) in head.as_object().expect("a map") {
        assert_eq!(&summary[name], value, "{name}");
    }
    assert_eq!(names(&summary)[..10], names(&head)[..], "the order is that of the contract");

    let results = summary["results"].as_array().expect("results");
    assert_eq!(
        names(&results[1]).join(" "),
        "title probe status tick burst started duration_ms kind error phases trace_id event_id address http_status stall_ms"
    );
    assert_eq!(
        names(&results[0]).join(" "),
        "title probe status tick burst started duration_ms phases trace_id event_id address http_status stall_ms"
    );
    let statuses: Vec<&Value> = results.iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, ["ok", "failed", "degraded", "skipped"]);
    assert_eq!(results[0]["tick"], "2026-10-20T10:00:00Z");
    assert_eq!(results[0]["started"], "2026-10-20T10:00:00.123456Z");
    assert_eq!(results[0]["duration_ms"], 98.765);
    assert_eq!(results[0]["address"], "192.0.2.1:443");
    assert_eq!(results[0]["event_id"], ok().identity.trace_id().derive("transaction").simple().to_string());
    assert_eq!(results[1]["event_id"], ok().identity.trace_id().derive("event").simple().to_string());
    assert_eq!((&results[1]["kind"], &results[1]["http_status"]), (&json!("http_status"), &json!(503)));
    assert_eq!(results[2]["error"], "took 0.9 s, more than 0.5 s");
    assert_eq!((&results[3]["phases"], &results[3]["error"]), (&json!([]), &json!("no time was left")));
    assert_eq!((results[0]["stall_ms"].as_f64(), results[3].get("stall_ms")), (Some(0.25), None));
    assert_eq!(results[3].get("event_id"), None);
    let ops: Vec<&Value> = results[1]["phases"].as_array().into_iter().flatten().map(|phase| &phase["op"]).collect();
    assert_eq!(ops, ["net.dns", "net.tcp", "net.tls", "http.send", "http.wait", "http.recv"]);
    assert_eq!(results[1]["phases"][1], json!({"op": "net.tcp", "start_ms": 1.905, "duration_ms": 18.095, "ok": true}));
    assert_eq!(results[1]["phases"][5]["ok"], false);
}

#[test]
fn there_is_no_secret_in_the_summary() {
    let mut outcome = ok();
    outcome.title = "GET hunter2!".into();
    outcome.attributes.insert("network.peer.address", "::1".into());
    outcome.status = Status::Failed(Failure::new(FailureKind::Assertion, "`token` is hunter2!, not x"));
    let summary = summary(&[outcome]);
    assert!(!summary.to_string().contains("hunter2"), "{summary}");
    assert_eq!(summary["results"][0]["error"], "`token` is [Filtered], not x");
    assert_eq!(summary["results"][0]["address"], "[::1]:443");
}
