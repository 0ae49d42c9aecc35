//! Retries: a failure is confirmed within the same run before it counts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::clock::Stopwatch;
use crate::support::engine::{assert_nested, failure, phases, run};
use crate::support::target::{Received, Target, answer, read_request};
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Outcome, Span, Status};
use sentrynet::secrets::Redactor;
use sentrynet::sentry::{Kind, Settings, envelopes};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

/// Requests, and when they came.
type Log = Arc<Mutex<Vec<(Instant, String)>>>;

/// A target that answers its first request with the first of these, and so on; the last serves all that follow.
async fn in_turn(answers: &'static [&'static str]) -> (Target, Log) {
    let log = Log::default();
    let shelf = log.clone();
    let target = Target::http(move |request: &Received| {
        let mut log = shelf.lock().unwrap();
        log.push((Instant::now(), request.line().to_owned()));
        let (status, body) = answers[(log.len() - 1).min(answers.len() - 1)].split_once('|').expect("status|body");
        answer(status, &[], body)
    });
    (target.await, log)
}

fn attempts(outcome: &Outcome) -> Vec<&Span> {
    outcome.spans.iter().filter(|span| span.op == Op::Attempt).collect()
}

/// The payloads of an outcome's envelopes of one kind.
fn payloads(outcome: &Outcome, kind: Kind) -> Vec<Value> {
    let envelopes = envelopes(outcome, &Settings::default(), &Redactor::default());
    let fitting = envelopes.iter().filter(|envelope| envelope.kind() == kind);
    let items = fitting.map(|envelope| envelope.items().expect("items"));
    items.map(|items| serde_json::from_slice(&items[0].payload).expect("JSON")).collect()
}

#[tokio::test]
async fn a_failure_that_passes_is_none() {
    let (target, log) = in_turn(&["500 Oops|", "503 Busy|", "200 OK|"]).await;
    let outcome = run("probes.http", &format!("url: {}\nretries: 2\nretry_pause: 80ms", target.url("/"))).await;
    assert_eq!((&outcome.status, outcome.attempts), (&Status::Ok, 3));
    let spans = attempts(&outcome);
    assert_eq!(spans.iter().map(|span| span.failure.is_some()).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(spans[1].description, "attempt 2 of 3");
    assert_eq!(outcome.attributes["sentrynet.attempts"], 3);
    assert_eq!(outcome.attributes["http.response.status_code"], 200);
    let times: Vec<Instant> = log.lock().unwrap().iter().map(|(time, _)| *time).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(80)), "the pause is kept");
    assert!(payloads(&outcome, Kind::Event).is_empty());
    assert_nested(&outcome);
}

#[tokio::test]
async fn the_last_attempts_failure_is_the_only_event() {
    let (target, log) = in_turn(&["500 Oops|first", "503 Busy|second", "404 Gone|third"]).await;
    let outcome = run("probes.http", &format!("url: {}\nretries: 2\nretry_pause: 5ms", target.url("/"))).await;
    assert_eq!(log.lock().unwrap().len(), 3);
    assert_eq!(failure(&outcome), ("http_status", "status 404 (Not Found), expected 200"));
    let events = payloads(&outcome, Kind::Event);
    let [event] = &events[..] else { panic!("{events:#?}") };
    assert_eq!(event["exception"]["values"][0]["value"], "status 404 (Not Found), expected 200");
    assert_eq!(event["contexts"]["response"]["data"], "third");
    let transactions = payloads(&outcome, Kind::Transaction);
    let [transaction] = &transactions[..] else { panic!("{transactions:#?}") };
    let spans = transaction["spans"].as_array().expect("spans");
    let tries: Vec<&Value> = spans.iter().filter(|span| span["op"] == "probe.attempt").collect();
    assert_eq!(tries.len(), 3);
    // Each holds its own request.
    for attempt in tries {
        let within = |span: &&Value| span["op"] == "http.request" && span["parent_span_id"] == attempt["span_id"];
        assert_eq!(spans.iter().filter(within).count(), 1);
    }
    assert_eq!(transaction["contexts"]["trace"]["data"]["sentrynet.attempts"], 3);
}

#[tokio::test]
async fn without_retries_there_is_no_attempt_to_see() {
    let (target, _log) = in_turn(&["500 Oops|"]).await;
    let outcome = run("probes.http", &format!("url: {}", target.url("/"))).await;
    assert!(attempts(&outcome).is_empty());
    assert_eq!((outcome.attributes.get("sentrynet.attempts"), outcome.attempts), (None, 1));
}

#[tokio::test]
async fn one_timeout_is_for_all_attempts() {
    // Two attempts take half a second each, and the third would take for ever.
    let count = Arc::new(AtomicUsize::new(0));
    let target = Target::start(move |mut stream| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move {
            read_request(&mut stream).await;
            match number {
                0 | 1 => tokio::time::sleep(Duration::from_millis(500)).await,
                _ => std::future::pending().await,
            }
            let _ = stream.write_all(answer("500 Oops", &[], "").as_bytes()).await;
        }
    })
    .await;
    let watch = Stopwatch::start();
    let keys = format!("url: {}\nretries: 9\nretry_pause: 10ms\ntimeout: 2s", target.url("/"));
    let outcome = run("probes.http", &keys).await;
    assert!(watch.elapsed() <= Duration::from_millis(2300), "{:?}", watch.elapsed());
    // The third is cut off by the timeout.
    assert_eq!((outcome.attempts, failure(&outcome).0), (3, "wait_timeout"));
    assert_eq!(attempts(&outcome).len(), 3);
    assert_nested(&outcome);
}

#[tokio::test]
async fn no_attempt_begins_where_the_pause_leaves_no_time() {
    let (target, log) = in_turn(&["500 Oops|"]).await;
    let keys = format!("url: {}\nretries: 1\nretry_pause: 5s\ntimeout: 1s", target.url("/"));
    let watch = Stopwatch::start();
    let outcome = run("probes.http", &keys).await;
    assert!(watch.elapsed() < Duration::from_secs(1), "it does not wait for nothing");
    assert_eq!((outcome.attempts, failure(&outcome).0, log.lock().unwrap().len()), (1, "http_status", 1));
}

#[tokio::test]
async fn a_script_starts_again_from_its_first_step_with_fresh_keys() {
    let answers: &[&str] = &[
        r#"200 OK|{"token": "one"}"#,
        "500 Oops|",
        r#"200 OK|{"other": 1}"#,
        r#"200 OK|{"token": "two"}"#,
        "200 OK|{}",
    ];
    let (target, log) = in_turn(answers).await;
    let url = target.url("");
    let keys = format!(
        "title: S\nretries: 3\nretry_pause: 5ms\ninit_keys: {{me: ann}}\nsteps:\n  - url: {url}/login/{{me}}\n    set_keys: {{token: $.token, me: $.me}}\n  - url: {url}/data/{{token}}"
    );
    let outcome = run("probes.script", &keys).await;
    assert_eq!((&outcome.status, outcome.attempts), (&Status::Ok, 3), "{outcome:#?}");
    let lines: Vec<String> = log.lock().unwrap().iter().map(|(_, line)| line.clone()).collect();
    // The second attempt found no token, and the first one's was not there any more; `me` is what it was at first.
    let expected = ["GET /login/ann", "GET /data/one", "GET /login/ann", "GET /login/ann", "GET /data/two"];
    assert_eq!(lines, expected);
    let kinds: Vec<Option<&str>> =
        attempts(&outcome).iter().map(|span| span.failure.map(|kind| kind.as_str())).collect();
    assert_eq!(kinds, [Some("http_status"), Some("interpolation"), None]);
    assert_nested(&outcome);
}

/// A target whose first answer, and no other, comes late.
async fn slow_at_first(first: &'static str) -> Target {
    let count = Arc::new(Mutex::new(0));
    Target::start(move |mut stream| {
        let count = count.clone();
        async move {
            while read_request(&mut stream).await.is_some() {
                let is_first = std::mem::replace(&mut *count.lock().unwrap(), 1) == 0;
                if is_first {
                    tokio::time::sleep(Duration::from_millis(1500)).await;
                }
                let text = answer(if is_first { first } else { "200 OK" }, &[], "");
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn an_attempt_that_was_too_slow_is_tried_again() {
    let target = slow_at_first("200 OK").await;
    let keys = format!("url: {}\nretries: 1\nretry_pause: 5ms\nmax_duration: 1s", target.url("/"));
    let outcome = run("probes.http", &keys).await;
    // Each attempt is held against it, not all together.
    assert_eq!((&outcome.status, outcome.attempts), (&Status::Ok, 2));
    assert_eq!(attempts(&outcome)[0].failure.map(|kind| kind.as_str()), Some("too_slow"));
}

#[tokio::test]
async fn slowness_of_a_failed_attempt_does_not_stick() {
    // The first step of the first attempt is slow, and its second fails.
    let target = slow_at_first("200 OK").await;
    let failing = in_turn(&["500 Oops|", "200 OK|"]).await.0;
    let keys = format!(
        "title: S\nretries: 1\nretry_pause: 5ms\nsteps:\n  - url: {}\n    degraded: 1s\n  - url: {}",
        target.url("/"),
        failing.url("/")
    );
    let outcome = run("probes.script", &keys).await;
    assert_eq!((&outcome.status, outcome.attempts), (&Status::Ok, 2), "degraded is the first attempt's");
    assert_eq!(phases(&outcome).iter().filter(|phase| phase.as_str() == "http.recv").count(), 4);
}

#[tokio::test]
async fn slowness_of_the_attempt_that_counts_is_told() {
    let target = slow_at_first("200 OK").await;
    let keys = format!("url: {}\nretries: 3\ndegraded: 1s", target.url("/"));
    let outcome = run("probes.http", &keys).await;
    assert!(matches!(outcome.status, Status::Degraded(_)), "{:?}", outcome.status);
    assert_eq!(outcome.attempts, 1, "degraded is no failure: nothing to confirm");
    assert_eq!(outcome.attributes["sentrynet.attempts"], json!(1));
}
