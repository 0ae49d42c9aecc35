//! A configuration of the Python program, run by `sentrynet run`, as receivers that no one here wrote see it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Stdio;

use crate::support::bugsink::Bugsink;
use crate::support::kent::Kent;
use crate::support::normaliser;
use crate::support::port::Port;
use crate::support::python_readme;
use crate::support::target::{Target, answer};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// A target that says in JSON how it is, and has a page that moved.
async fn target(status: &'static str) -> Target {
    Target::http(move |request| match (request.line(), request.text().as_str()) {
        ("POST /status", r#"{"check":["status"]}"#) => answer("200 OK", &[], &json!({"status": status}).to_string()),
        ("GET /", _) => answer("200 OK", &[], "welcome"),
        ("GET /moved", _) => answer("302 Found", &["location: /"], ""),
        _ => answer("404 Not Found", &[], "what?"),
    })
    .await
}

/// What the Python program's READMEs have as examples, with pages of this target.
fn configuration(target: &Target) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".yaml").expect("a file");
    let pages = format!(
        "      - probe: probes.http
        url: {home}
        every: 30
        burst: 4
      - probe: probes.http
        url: {moved}
        title: Moved
",
        home = target.url("/"),
        moved = target.url("/moved"),
    );
    let text = python_readme::configuration(&(pages + &python_readme::status(&target.url("/status"))));
    file.write_all(text.as_bytes()).expect("a file to write to");
    file
}

/// Runs all of it once, in a process of its own, and returns its exit code and summary.
async fn run(configuration: &NamedTempFile, dsn: &str, more: &[&str]) -> (Option<i32>, Value) {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_sentrynet"))
        .env_clear()
        .arg("run")
        .arg(configuration.path())
        .args(["--json", "--dsn", dsn])
        .args(more)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("sentrynet runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no summary, but {error}"));
    (output.status.code(), summary)
}

/// Every span's op behind those around it, in order.
fn paths(transaction: &Value) -> Vec<String> {
    let mut paths: BTreeMap<&str, String> = BTreeMap::new();
    let mut in_order = Vec::new();
    for span in transaction["spans"].as_array().expect("spans") {
        assert_eq!(span["trace_id"], transaction["contexts"]["trace"]["trace_id"]);
        let op = span["op"].as_str().expect("an op");
        let parent = span["parent_span_id"].as_str().expect("a parent");
        let path = match paths.get(parent) {
            Some(around) => format!("{around} > {op}"),
            None => {
                assert_eq!(parent, transaction["contexts"]["trace"]["span_id"], "{span:#}");
                op.to_owned()
            }
        };
        paths.insert(span["span_id"].as_str().expect("an id"), path.clone());
        in_order.push(path);
    }
    in_order
}

/// A hop on a fresh connection in plain text to an address.
const FRESH: [&str; 6] = [
    "http.request",
    "http.request > net.conn",
    "http.request > net.conn > net.tcp",
    "http.request > http.send",
    "http.request > http.wait",
    "http.request > http.recv",
];

#[tokio::test]
async fn dashboards_of_the_python_program_find_their_names_ops_and_tags() {
    let (target, kent) = (target("ok").await, Kent::start().await);
    let (code, summary) = run(&configuration(&target), &kent.dsn(), &[]).await;
    assert_eq!(
        (code, &summary["ok"], &summary["delivery"]["delivered"]),
        (Some(0), &json!(6), &json!(6)),
        "{summary:#}"
    );

    let mut transactions: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for transaction in kent.bodies("transaction").await {
        let trace = &transaction["contexts"]["trace"];
        assert_eq!((&trace["op"], &trace["status"]), (&json!("probes.http"), &json!("ok")), "{transaction:#}");
        let tags = json!({
            "probe": "probes.http", "target": "demo", "location": "mission-control", "another.tag": "value",
        });
        assert_eq!(transaction["tags"], tags);
        let name = transaction["transaction"].as_str().expect("a name").to_owned();
        transactions.entry(name).or_default().push(transaction);
    }
    let (get, post) = (format!("GET http://{}", target.addr), format!("POST http://{}", target.addr));
    let names: BTreeSet<&str> = transactions.keys().map(String::as_str).collect();
    assert_eq!(names, [get.as_str(), "Moved", &post].into());

    let bursts = &transactions[&get];
    assert_eq!(bursts.len(), 4);
    assert!(bursts.iter().all(|transaction| paths(transaction) == FRESH), "{:?}", bursts.iter().map(paths));
    let mut times: Vec<(f64, f64)> = bursts
        .iter()
        .map(|burst| ["start_timestamp", "timestamp"].map(|end| burst[end].as_f64().expect("a time")).into())
        .collect();
    times.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].0), "bursts are consecutive: {times:?}");

    let [with_json] = &transactions[&post][..] else { panic!("{:#?}", transactions[&post]) };
    let json = ["http.request > json.parse", "http.request > json.assert"];
    assert_eq!(paths(with_json), [&FRESH[..], &json].concat());
    assert_eq!(with_json["spans"][0]["description"], format!("POST {}", target.url("/status")));
    let data = &with_json["contexts"]["trace"]["data"];
    assert_eq!((&data["http.request.method"], &data["http.response.status_code"]), (&json!("POST"), &json!(200)));
    assert_eq!((&data["url.full"], &data["server.address"]), (&json!(target.url("/status")), &json!("127.0.0.1")));
    let measured: BTreeSet<&String> = with_json["measurements"].as_object().expect("measurements").keys().collect();
    assert_eq!(measured.into_iter().collect::<Vec<_>>(), ["connect", "download", "ttfb"]);

    let [moved] = &transactions["Moved"][..] else { panic!("{:#?}", transactions["Moved"]) };
    let hops = moved["spans"].as_array().expect("spans").iter().filter(|span| span["op"] == "http.request");
    let hops: Vec<&Value> = hops.map(|hop| &hop["description"]).collect();
    assert_eq!(hops, [&json!(format!("GET {}", target.url("/moved"))), &json!(format!("GET {}", target.url("/")))]);
}

#[tokio::test]
async fn what_arrived_passes_sentrys_own_normaliser_as_it_arrived() {
    let (target, kent) = (target("on fire").await, Kent::start().await);
    let (code, summary) = run(&configuration(&target), &kent.dsn(), &["--location", "moon"]).await;
    assert_eq!((code, &summary["failed"]), (Some(1), &json!(1)), "{summary:#}");
    let kept = kent.items().await;
    assert_eq!(kept.len(), 7);
    let named = kept.into_iter().map(|mut item| (item["header"]["type"].to_string(), item["body"].take()));
    for verdict in normaliser::judge_payloads(named.collect()) {
        let context = format!("{}: {:#}", verdict.name, verdict.sent);
        assert_eq!((verdict.problems.as_str(), verdict.trimmed.as_str()), ("", ""), "{context}");
        assert_eq!(
            verdict.event["tags"].as_array().map(Vec::len),
            verdict.sent["tags"].as_object().map(|tags| tags.len())
        );
        let spans = |event: &Value| event["spans"].as_array().map(Vec::len);
        assert_eq!(spans(&verdict.event), spans(&verdict.sent), "{context}");
    }
}

#[tokio::test]
async fn regions_that_see_the_same_trouble_make_one_issue() {
    let (target, bugsink) = (target("on fire").await, Bugsink::start().await);
    let configuration = configuration(&target);
    let down = Port::reserve();
    let other = std::fs::read_to_string(configuration.path()).expect("a file");
    let other = other.replace(&target.url("/moved"), &format!("http://{}/", down.addr));
    std::fs::write(configuration.path(), other).expect("a file");
    let mut sent = Vec::new();
    for location in ["earth", "moon"] {
        let (code, summary) = run(&configuration, bugsink.dsn(), &["--location", location]).await;
        assert_eq!((code, &summary["failed"], &summary["ok"]), (Some(1), &json!(2), &json!(4)), "{summary:#}");
        sent.extend(
            summary["results"].as_array().expect("results").iter().filter(|run| run["status"] == "failed").cloned(),
        );
    }
    let issues = bugsink.issues().await;
    let mut titles: Vec<[&str; 2]> = issues
        .iter()
        .map(|issue| ["calculated_type", "calculated_value"].map(|field| issue[field].as_str().unwrap_or("-")))
        .collect();
    titles.sort_unstable();
    let refused = format!("{} refused the connection", down.addr);
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert_eq!((titles[0][0], titles[1]), ("assertion", ["connect_refused", refused.as_str()]));
    assert!(titles[0][1].contains("on fire"), "{titles:?}");

    for issue in &issues {
        let events = bugsink.events(issue).await;
        let locations: BTreeSet<&str> =
            events.iter().filter_map(|event| event["data"]["tags"]["location"].as_str()).collect();
        assert_eq!(locations, ["earth", "moon"].into());
        for event in &events {
            let id = event["data"]["event_id"].as_str().expect("an id").replace('-', "");
            let run = sent.iter().find(|run| run["event_id"] == id).unwrap_or_else(|| panic!("{id} in {sent:#?}"));
            assert_eq!(event["data"]["exception"]["values"][0]["type"], run["kind"]);
            assert_eq!(event["data"]["exception"]["values"][0]["value"], run["error"]);
            assert_eq!(event["data"]["contexts"]["trace"]["trace_id"], run["trace_id"]);
        }
    }
}
