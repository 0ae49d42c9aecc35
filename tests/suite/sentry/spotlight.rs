//! What is delivered to Spotlight is shown there (docs/spotlight.md).

use std::time::Duration;

use crate::support::cli::Workspace;
use crate::support::spotlight;
use crate::support::spotlight::Spotlight;
use crate::support::target::{Target, answer};
use serde_json::Value;

/// The command of the documentation that begins so.
fn documented(beginning: &str) -> String {
    let docs = spotlight::docs();
    let line = docs.lines().find(|line| line.starts_with(beginning));
    line.unwrap_or_else(|| panic!("no {beginning} in docs/spotlight.md")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_run_and_every_trouble_is_shown_in_spotlight() {
    let target = Target::http(|request| {
        if request.line() == "GET /slow" {
            std::thread::sleep(Duration::from_millis(30));
        }
        answer("200 OK", &[], r#"{"orders": []}"#)
    });
    let target = target.await;
    let workspace = Workspace::with(&format!(
        "groups:
- tags: {{target: shop}}
  probes:
  - {{probe: probes.http, title: Home, url: '{home}', burst: 2}}
  - {{probe: probes.http, title: Slow, url: '{slow}', degraded: 20ms}}
  - {{probe: probes.http, title: Down, url: 'http://127.0.0.1:1/'}}
  - probe: probes.script
    title: Orders
    steps:
    - url: {home}
    - {{url: '{home}', set_keys: {{orders: $.orders}}, assertions: {{orders: {{length: 1}}}}}}
",
        home = target.url("/"),
        slow = target.url("/slow"),
    ));
    let spotlight = Spotlight::start().await;
    let command = documented("sentrynet run").replace("http://spotlight@localhost:8969/0", &spotlight.dsn());
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    assert_eq!(words, ["run", "--dsn", &spotlight.dsn()]);
    let ran = workspace.run(&words);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("8 of 8 envelopes delivered"), "{}", ran.out);

    let shown = spotlight.payloads(8).await;
    let text = |payload: &Value, field: &str| payload[field].as_str().unwrap_or("-").to_owned();
    let mut traces = Vec::new();
    let mut troubles = Vec::new();
    for (kind, payload) in &shown {
        match kind.as_str() {
            "transaction" => {
                let spans = payload["spans"].as_array().expect("spans").len();
                traces.push((text(payload, "transaction"), text(&payload["contexts"]["trace"], "status"), spans));
            }
            // `spotlight tail` lists what has an exception or a message, the browser what has an exception.
            "event" => {
                let exception = &payload["exception"]["values"][0];
                troubles.push((text(exception, "type"), text(exception, "value"), text(payload, "message")));
            }
            other => panic!("{other}: {payload}"),
        }
    }
    traces.sort();
    // A request and its connection, TCP, send, wait, receive; the script's second request has no connection of its own,
    // and is parsed and judged.
    let expected = [
        ("Down", "unavailable", 3),
        ("Home", "ok", 6),
        ("Home", "ok", 6),
        ("Orders", "internal_error", 12),
        ("Slow", "ok", 6),
    ];
    assert_eq!(traces, expected.map(|(title, status, spans)| (title.to_owned(), status.to_owned(), spans)));
    troubles.sort();
    let slow = troubles.remove(0);
    assert_eq!((slow.0.as_str(), slow.1.as_str()), ("-", "-"));
    assert!(slow.2.starts_with("took ") && slow.2.ends_with("more than 20 ms (degraded)"), "{slow:?}");
    let expected = [
        ("assertion", "step 2: orders is [], of length 0, not of length 1", "-"),
        ("connect_refused", "127.0.0.1:1 refused the connection", "-"),
    ];
    assert_eq!(troubles, expected.map(|(kind, value, message)| (kind.into(), value.into(), message.into())));
    // All of a run's in one trace: the failure is shown beside it.
    for (_, event) in shown.iter().filter(|(kind, _)| kind == "event") {
        let trace = &event["contexts"]["trace"];
        let is_its_own = |(kind, payload): &&(String, Value)| {
            kind == "transaction"
                && payload["contexts"]["trace"]["trace_id"] == trace["trace_id"]
                && payload["contexts"]["trace"]["span_id"] == trace["span_id"]
        };
        assert_eq!(shown.iter().filter(is_its_own).count(), 1, "{event}");
    }
}

#[test]
fn the_documentation_names_the_versions_that_are_tested() {
    let package = include_str!("../../requirements/spotlight/package.json");
    let package: Value = serde_json::from_str(package).expect("JSON");
    let packages = package["dependencies"].as_object().expect("dependencies");
    let pinned: String = packages
        .iter()
        .map(|(name, version)| format!(" --package {name}@{}", version.as_str().expect("a version")))
        .collect();
    let docs = spotlight::docs();
    let commands: Vec<&str> = docs.lines().filter(|line| line.starts_with("npx ")).collect();
    assert_eq!(commands, [format!("npx{pinned} spotlight"), format!("npx{pinned} spotlight tail traces errors")]);
}
