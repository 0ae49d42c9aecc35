//! Probes side by side: none sees another's keys, tags, spans or faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::clock::Stopwatch;
use crate::support::engine;
use crate::support::faults::{Fault, bodies, contents, encodings, heads, http2};
use crate::support::prepare;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::target::{Received, Target, answer, read_request};
use sentrynet::config::Config;
use sentrynet::net::{Network, Resolver};
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Outcome, Status};
use sentrynet::runner::{Finished, Overrides, Runner, manual_runs};
use sentrynet::sentry::Kind;
use sentrynet::telemetry::Telemetry;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt as _;

/// How many probes run side by side.
const PROBES: usize = 100;

/// Who asked, and the `sentry-trace` header that they sent.
type Asked = Arc<Mutex<Vec<(usize, String)>>>;

/// A target that knows everyone by number: `/login/7` gives 7 a token, `/data/7` takes no other. Answers come out of
/// order.
async fn target(asked: Asked) -> Target {
    Target::start(move |mut stream| {
        let asked = asked.clone();
        async move {
            while let Some(request) = read_request(&mut stream).await {
                let (number, text) = reply(&request);
                let trace = request.header("sentry-trace").unwrap_or("none").to_owned();
                asked.lock().unwrap().push((number, trace));
                tokio::time::sleep(Duration::from_millis(u64::try_from(number * 37 % 50).unwrap())).await;
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await
}

fn reply(request: &Received) -> (usize, String) {
    let path = request.line().split(' ').nth(1).expect("a path");
    let number: usize = path.rsplit('/').next().and_then(|number| number.parse().ok()).expect("a number");
    let token = format!("token-of-{number}");
    let is_known = request.header("x-token") == Some(&token);
    let text = match path.split('/').nth(1) {
        Some("login") => answer("200 OK", &[], &json!({"token": token, "number": number}).to_string()),
        Some("data") if is_known => answer("200 OK", &[], &json!({"owner": token, "number": number}).to_string()),
        Some("page") => answer("200 OK", &[], &json!({"number": number}).to_string()),
        _ => answer("418 I'm a teapot", &[&format!("x-number: {number}")], &format!("not for number {number}.")),
    };
    (number, text)
}

/// Whether the probe of this number asks the target to trace it too.
const fn propagates(number: usize) -> bool {
    number % 4 < 2
}

/// Whether its target has no good answer for it.
const fn fails(number: usize) -> bool {
    number % 10 == 7
}

/// One probe after the other is a script, a page, a script …; each has its own number everywhere.
fn configuration(target: &Target) -> Config {
    let mut text = "groups:\n  - name: crowd\n    tags: {target: crowd}\n    probes:\n".to_owned();
    for number in 0..PROBES {
        let (propagate, last) = (propagates(number), if fails(number) { "closed" } else { "data" });
        let common = format!("title: probe {number}, tags: {{number: {number}}}, timeout: 30s");
        let page = target.url(&format!("/{}/{number}", if fails(number) { "closed" } else { "page" }));
        text += &match number % 2 {
            0 => format!(
                "      - {{probe: probes.script, {common}, init_keys: {{me: '{number}'}}, steps: [
          {{url: '{}/{{me}}', propagate: {propagate}, set_keys: {{token: $.token}}, assertions: {{token: token-of-{number}}}}},
          {{url: '{}/{{me}}', propagate: {propagate}, headers: {{x-token: '{{token}}'}}, set_keys: {{token: $.owner, number: $.number}},
            assertions: {{token: token-of-{number}, number: {number}, me: '{number}'}}}}]}}\n",
                target.url("/login"),
                target.url(&format!("/{last}")),
            ),
            _ => format!(
                "      - {{probe: probes.http, {common}, url: '{page}', propagate: {propagate},
          set_keys: {{number: $.number}}, assertions: {{number: {number}}}}}\n"
            ),
        };
    }
    prepare::config(&text)
}

async fn run(config: &Config, receiver: &Receiver, deadline: Option<Instant>) -> Finished {
    let dsn = Some(receiver.dsn().to_string());
    let overrides = Overrides { dsn, location: Some("here".to_owned()), ..Overrides::default() };
    let runner = Runner::new(Network::new(Resolver::system()), overrides, Telemetry::default());
    let (group, now) = (&config.groups[0], OffsetDateTime::now_utc());
    let finished = runner.run(config, group, manual_runs(&group.probes, now), now, deadline).await;
    finished.expect("a summary")
}

/// The number in a text's last part, as in `…/data/7`.
fn number_of(text: &str) -> usize {
    let last = text.rsplit(['/', ' ']).next().expect("a part");
    last.parse().unwrap_or_else(|_| panic!("no number ends {text:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_probes_side_by_side_never_mix() {
    let asked = Asked::default();
    let (target, receiver) = (target(asked.clone()).await, Receiver::start(Behaviour::default()).await);
    let config = configuration(&target);
    let Finished { summary, outcomes, delivered } = run(&config, &receiver, None).await;
    let failing = (0..PROBES).filter(|number| fails(*number)).count();
    assert_eq!((summary.ok, summary.failed), (PROBES - failing, failing), "{summary:#?}");
    assert_eq!(delivered.expect("a delivery").delivered, PROBES + failing);

    let mut traces = BTreeMap::new();
    for (number, outcome) in outcomes.iter().enumerate() {
        check_outcome(number, outcome);
        assert_eq!(summary.results[number].title, outcome.title);
        assert_eq!(summary.results[number].trace_id, outcome.identity.trace_id().to_string());
        assert_eq!(traces.insert(outcome.identity.trace_id().to_string(), number), None, "a trace for each");
    }

    let mut headers = BTreeSet::new();
    let mut events = BTreeSet::new();
    for request in receiver.received().iter() {
        let items = request.envelope.items().expect("items");
        let payload: Value = serde_json::from_slice(&items[0].payload).expect("JSON");
        let trace = payload["contexts"]["trace"]["trace_id"].as_str().expect("a trace");
        let number = traces[trace];
        assert_eq!(payload["tags"]["number"], number.to_string(), "{payload:#}");
        assert_eq!(payload["transaction"], format!("probe {number}"));
        assert_eq!(request.envelope.header()["trace"]["trace_id"], trace);
        match request.envelope.kind() {
            Kind::Transaction => headers.extend(check_spans(number, trace, &payload)),
            _ => assert!(events.insert(check_event(number, &payload)), "{payload:#}"),
        }
    }
    assert_eq!(events, (0..PROBES).filter(|number| fails(*number)).collect());
    // What the targets saw is what the transactions say, span by span.
    let asked = asked.lock().unwrap();
    assert_eq!(asked.iter().cloned().collect::<BTreeSet<_>>(), headers);
    assert_eq!(asked.len(), headers.len(), "every request has a span of its own");
}

fn check_outcome(number: usize, outcome: &Outcome) {
    assert_eq!(outcome.title, format!("probe {number}"));
    assert_eq!((outcome.tags["number"].as_str(), outcome.tags["location"].as_str()), (&*number.to_string(), "here"));
    assert_eq!(matches!(outcome.status, Status::Ok), !fails(number), "{outcome:#?}");
    let url = outcome.attributes["url.full"].as_str().expect("a URL");
    assert_eq!(number_of(url), number);
}

/// Checks a transaction's spans, and returns the headers that its requests must have carried.
fn check_spans(number: usize, trace: &str, transaction: &Value) -> Vec<(usize, String)> {
    let mut headers = Vec::new();
    for span in transaction["spans"].as_array().expect("spans") {
        assert_eq!(span["trace_id"], trace, "{span:#}");
        if span["op"] == "http.request" {
            assert_eq!(number_of(span["description"].as_str().expect("a description")), number);
            assert_eq!(number_of(span["data"]["url.full"].as_str().expect("a URL")), number);
            let (id, sampled) = (span["span_id"].as_str().expect("an id"), u8::from(propagates(number)));
            headers.push((number, format!("{trace}-{id}-{sampled}")));
        }
    }
    assert_eq!(headers.len(), 2 - number % 2, "a script makes two requests, a page one");
    headers
}

fn check_event(number: usize, event: &Value) -> usize {
    assert_eq!(event["exception"]["values"][0]["type"], "http_status", "{event:#}");
    let response = &event["contexts"]["response"];
    assert_eq!(response["data"], format!("not for number {number}."));
    let header = json!(["x-number", number.to_string()]);
    assert!(response["headers"].as_array().expect("headers").contains(&header), "{response:#}");
    assert_eq!(event["fingerprint"], json!(["crowd", format!("probe {number}"), "http_status"]));
    number
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_panic_is_the_failure_of_one_run() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let probes: String = (0..5)
        .map(|number| {
            format!("      - {{probe: probes.http, title: probe {number}, url: '{}', burst: 3}}\n", target.url("/"))
        })
        .collect();
    let config = prepare::config(&format!("groups:\n  - name: crowd\n    probes:\n{probes}"));
    let first = Mutex::new(None);
    let mut context = prepare::context(Resolver::system());
    // The first run to ask for headers, whichever that is, is the unlucky one.
    context.propagate = Arc::new(move |trace, _, _| {
        let mut first = first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        assert!(*first.get_or_insert(trace) != trace, "this trace is not to my taste");
        Vec::new()
    });
    let outcomes = engine::run_all(&config, &context).await;
    assert_eq!(outcomes.len(), 15);
    let failed: Vec<&Outcome> = outcomes.iter().filter(|outcome| !matches!(outcome.status, Status::Ok)).collect();
    let [unlucky] = failed[..] else { panic!("{failed:#?}") };
    let (kind, sentence) = engine::failure(unlucky);
    assert_eq!(kind, "panic");
    assert!(sentence.contains("this trace is not to my taste"), "{sentence}");
    assert_eq!(unlucky.identity.burst, 0, "and the rest of its burst is run");
}

#[tokio::test]
async fn a_probe_that_hangs_holds_up_nothing_but_itself() {
    let asked = Asked::default();
    let (target, receiver) = (target(asked).await, Receiver::start(Behaviour::default()).await);
    let hanging = Target::hanging().await;
    let mut text = "groups:\n  - name: crowd\n    probes:\n".to_owned();
    for number in 0..10 {
        let url = if number == 3 { hanging.url("/") } else { target.url(&format!("/page/{number}")) };
        text +=
            &format!("      - {{probe: probes.http, title: probe {number}, url: '{url}', burst: 2, timeout: 60s}}\n");
    }
    let (watch, time) = (Stopwatch::start(), Duration::from_secs(4));
    let deadline = Instant::now() + time;
    let Finished { summary, delivered, .. } = run(&prepare::config(&text), &receiver, Some(deadline)).await;
    assert!(watch.elapsed() < time, "over within the deadline");
    assert_eq!((summary.ok, summary.failed, summary.skipped), (18, 1, 1), "{summary:#?}");
    assert_eq!((summary.results[6].kind, summary.results[7].status), (Some("deadline"), "skipped"));
    let phases: Vec<&str> = summary.results[6].phases.iter().map(|phase| phase.op).collect();
    assert_eq!(phases, ["net.tcp", "http.send", "http.wait"]);
    assert_eq!(delivered.expect("a delivery").delivered, 20);
}

/// Faults whose servers have a thread of their own: only what they do to the prober is to be seen.
fn elsewhere() -> Vec<Fault> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let faults = vec![
                contents::a_path_that_matches_billions().await,
                contents::a_path_whose_values_hold_each_other().await,
                contents::a_name_of_half_a_megabyte_before_many_values().await,
                contents::a_pattern_that_explodes_elsewhere().await,
                contents::json_nested_a_hundred_thousand_deep().await,
                contents::one_mib_of_brackets().await,
                encodings::a_gzip_bomb().await,
                encodings::a_brotli_bomb().await,
                bodies::a_body_without_end_is_cut().await,
                heads::headers_without_end().await,
                http2::continuations_without_end().await,
            ];
            if sender.send(faults).is_ok() {
                std::future::pending::<()>().await;
            }
        });
    });
    receiver.recv().expect("the servers")
}

/// On one thread, as in the function.
#[tokio::test]
async fn what_is_made_to_explode_is_paid_for_by_nobody_else() {
    let hostile = elsewhere();
    let late = Duration::from_millis(60);
    let target = Target::start(move |mut stream| async move {
        while read_request(&mut stream).await.is_some() {
            tokio::time::sleep(late).await;
            let text = answer("200 OK", &[], r#"{"status": "ok"}"#);
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    let receiver = Receiver::start(Behaviour::default()).await;
    let mut text = "groups:\n  - name: crowd\n    tags: {target: crowd}\n    probes:\n".to_owned();
    for number in 0..20 {
        let keys = "set_keys: {status: $.status}, assertions: {status: ok}, burst: 3";
        text += &format!("      - {{probe: probes.http, title: sane {number}, url: '{}', {keys}}}\n", target.url("/"));
    }
    for (number, fault) in hostile.iter().enumerate() {
        text += &fault.yaml(&format!("hostile {number}"));
    }
    let watch = Stopwatch::start();
    let Finished { outcomes, delivered, .. } = run(&prepare::config(&text), &receiver, None).await;
    let withheld = watch.withheld();
    let (sane, hostile_outcomes): (Vec<&Outcome>, Vec<&Outcome>) =
        outcomes.iter().partition(|outcome| outcome.title.starts_with("sane"));
    assert_eq!((sane.len(), hostile_outcomes.len()), (60, hostile.len()));
    for (outcome, fault) in hostile_outcomes.iter().zip(&hostile) {
        let failure = outcome.status.failure().map(|failure| failure.kind.as_str());
        assert_eq!(failure, fault.kind(), "{}", outcome.title);
    }
    for outcome in sane {
        assert_eq!(outcome.status, Status::Ok);
        let wait = outcome.spans.iter().find(|span| span.op == Op::HttpWait).expect("a wait");
        let beyond = (wait.end - wait.start).saturating_sub(late + withheld);
        // Left to themselves, some of the others take seconds and gigabytes.
        assert!(beyond < Duration::from_millis(500), "{beyond:?} more than what the target took");
    }
    assert_eq!(delivered.expect("a delivery").delivered, 60 + 2 * hostile.len());
}
