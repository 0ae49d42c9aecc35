//! `probes.http` over real sockets: what goes out, what comes back, which phases it leaves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::authority::Authority;
use crate::support::engine::{assert_nested, failure, phases, run, run_with};
use crate::support::name_server::{NameServer, Reply};
use crate::support::prepare::quoted;
use crate::support::target::{Received, Target, answer, read_request};
use sentrynet::net::Resolver;
use sentrynet::outcome::Status;
use sentrynet::outcome::phase::Op;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncWriteExt;

/// A target that keeps what it receives.
async fn recording(status: &'static str, body: &'static str) -> (Target, Arc<Mutex<Vec<Received>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let shelf = kept.clone();
    let target = Target::http(move |request| {
        shelf.lock().unwrap().push(request.clone());
        answer(status, &["content-type: application/json"], body)
    });
    (target.await, kept)
}

#[tokio::test]
async fn a_plain_request_leaves_its_phases_in_order_and_nested() {
    let (target, kept) = recording("200 OK", "{}").await;
    let outcome = run("probes.http", &format!("url: {}", target.url("/x?y=1"))).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), ["net.tcp", "http.send", "http.wait", "http.recv"]);
    assert_eq!(outcome.spans[0].description, format!("GET {}", target.url("/x?y=1")));
    assert_eq!(outcome.attributes["http.response.status_code"], 200);
    assert_eq!(outcome.attributes["network.peer.port"], target.addr.port());
    assert_nested(&outcome);
    let request = kept.lock().unwrap()[0].clone();
    assert_eq!(request.line(), "GET /x?y=1");
    assert_eq!(request.header("user-agent"), Some(concat!("SentryNet/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.header("content-length"), None);
}

#[tokio::test]
async fn names_and_tls_add_their_phases() {
    let names = NameServer::start(|_| Reply::Addresses(vec![[127, 0, 0, 1].into()], Duration::ZERO)).await;
    let authority = Authority::new();
    let target = Target::https(authority.server("site.test"), |_| answer("200 OK", &[], "hello")).await;
    let url = target.https_url("site.test", "/");
    let keys = format!("url: {url}\ntls: {{ca: {}}}", quoted(&authority.pem()));
    let outcome = run_with(Resolver::with_servers(vec![names.addr]), "probes.http", &keys).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), ["net.dns", "net.tcp", "net.tls", "http.send", "http.wait", "http.recv"]);
    assert_nested(&outcome);
}

#[tokio::test]
async fn the_end_of_a_certificate_is_a_fact_of_the_request_that_saw_it() {
    let authority = Authority::new();
    let plain = Target::http(|_| answer("200 OK", &[], "")).await;
    let location = format!("location: {}", plain.url("/"));
    let config = authority.server_valid("localhost", -1, 5);
    let target = Target::https(config, move |_| answer("302 Found", &[&location], "")).await;
    let url = target.https_url("localhost", "/");
    let outcome = run("probes.http", &format!("url: {url}\ntls: {{ca: {}}}", quoted(&authority.pem()))).await;
    assert_eq!(outcome.status, Status::Ok);
    let requests: Vec<_> = outcome.spans.iter().filter(|span| span.op == Op::HttpRequest).collect();
    let end = requests[0].attributes["tls.server.not_after"].as_str().expect("a text");
    let end = OffsetDateTime::parse(end, &Rfc3339).expect("a time");
    let left = (end - OffsetDateTime::now_utc()).whole_minutes();
    assert!((5 * 24 * 60 - 5..=5 * 24 * 60).contains(&left), "{end}");
    // The last request of the run saw none.
    assert!(!requests[1].attributes.contains_key("tls.server.not_after"));
    assert!(!outcome.attributes.contains_key("tls.server.not_after"));
}

#[tokio::test]
async fn tls_1_2_has_the_same_phases() {
    let authority = Authority::new();
    let target = Target::https(authority.server_tls12("localhost"), |_| answer("200 OK", &[], "hello")).await;
    let url = target.https_url("localhost", "/");
    let outcome = run("probes.http", &format!("url: {url}\ntls: {{ca: {}}}", quoted(&authority.pem()))).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), ["net.dns", "net.tcp", "net.tls", "http.send", "http.wait", "http.recv"]);
}

#[tokio::test]
async fn a_map_is_sent_as_json_by_post_and_201_is_expected() {
    let (target, kept) = recording("201 Created", "{}").await;
    let outcome = run("probes.http", &format!("url: {}\nbody: {{check: [status], n: 1}}", target.url("/"))).await;
    assert_eq!(outcome.status, Status::Ok);
    let request = kept.lock().unwrap()[0].clone();
    assert_eq!(request.line(), "POST /");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.text(), r#"{"check":["status"],"n":1}"#);
}

#[tokio::test]
async fn a_string_is_sent_as_it_is_and_an_empty_post_has_a_length() {
    let (target, kept) = recording("200 OK", "").await;
    let url = target.url("/");
    run("probes.http", &format!("url: {url}\nbody: 'a {{b}} c'\nheaders: {{Content-Type: text/plain}}\nexpected: 200"))
        .await;
    run("probes.http", &format!("url: {url}\nmethod: POST\nexpected: 200")).await;
    let requests = kept.lock().unwrap().clone();
    assert_eq!((requests[0].text().as_str(), requests[0].header("content-type")), ("a {b} c", Some("text/plain")));
    assert_eq!((requests[1].line(), requests[1].header("content-length")), ("POST /", Some("0")));
}

#[tokio::test]
async fn query_headers_and_credentials_are_sent() {
    let (target, kept) = recording("200 OK", "").await;
    let url = target.url("/s?a=1");
    let keys = format!(
        "url: {url}\nquery: {{q: 'x y', n: 2, l: [1, b]}}\nheaders: {{X-One: '1', Accept: text/html}}\nauth: {{basic: {{username: u, password: 'p:w'}}}}"
    );
    assert_eq!(run("probes.http", &keys).await.status, Status::Ok);
    run("probes.http", &format!("url: {url}\nauth: {{bearer: tok-4711}}")).await;
    let requests = kept.lock().unwrap().clone();
    assert_eq!(requests[0].line(), "GET /s?a=1&q=x+y&n=2&l=1&l=b");
    assert_eq!(requests[0].header("authorization"), Some("Basic dTpwOnc="));
    assert_eq!((requests[0].header("x-one"), requests[0].header("accept")), (Some("1"), Some("text/html")));
    assert_eq!(requests[1].header("authorization"), Some("Bearer tok-4711"));
}

#[tokio::test]
async fn an_unexpected_status_keeps_the_answer_for_the_event() {
    let target = Target::http(|_| answer("503 Service Unavailable", &["retry-after: 7"], "sorry")).await;
    let outcome = run("probes.http", &format!("url: {}", target.url("/"))).await;
    assert_eq!(failure(&outcome), ("http_status", "status 503 (Service Unavailable), expected 200"));
    let response = outcome.response.as_ref().expect("the answer");
    assert_eq!((response.status, response.body.as_str(), response.truncated), (503, "sorry", false));
    assert!(response.headers.contains(&("retry-after".to_owned(), "7".to_owned())));
    assert_eq!(phases(&outcome), ["net.tcp", "http.send", "http.wait", "http.recv"]);
}

#[tokio::test]
async fn expected_takes_codes_classes_ranges_and_lists() {
    let target = Target::http(|request| answer(request.line().trim_start_matches("GET /"), &[], "")).await;
    for (status, expected, is_ok) in [
        (204, "2xx", true),
        (300, "2xx", false),
        (404, "404", true),
        (200, "404", false),
        (203, "200-204", true),
        (205, "200-204", false),
        (418, "[200, 4xx]", true),
        (500, "[200, 4xx]", false),
    ] {
        let outcome =
            run("probes.http", &format!("url: {}\nexpected: {expected}", target.url(&format!("/{status}")))).await;
        assert_eq!(outcome.status == Status::Ok, is_ok, "{status} {expected}: {:?}", outcome.status);
    }
}

#[tokio::test]
async fn redirects_are_followed_and_each_hop_is_a_request() {
    let (other, kept) = recording("200 OK", "there").await;
    let location = format!("location: {}", other.url("/there"));
    let target = Target::http(move |request| match request.line() {
        "GET /a" => answer("302 Found", &["location: /b"], ""),
        "GET /b" => answer("307 Temporary Redirect", &[&location], ""),
        _ => answer("404 Not Found", &[], ""),
    });
    let target = target.await;
    let outcome = run("probes.http", &format!("url: {}\nauth: {{bearer: tok-4711}}", target.url("/a"))).await;
    assert_eq!(outcome.status, Status::Ok);
    let hops: Vec<&str> =
        outcome.spans.iter().filter(|span| span.op == Op::HttpRequest).map(|span| span.description.as_str()).collect();
    let expected = [target.url("/a"), target.url("/b"), other.url("/there")].map(|url| format!("GET {url}"));
    assert_eq!(hops, expected);
    assert_eq!(kept.lock().unwrap()[0].header("authorization"), None);
    assert_eq!(outcome.attributes["url.full"], other.url("/there"));
    assert_nested(&outcome);
}

#[tokio::test]
async fn keys_are_set_and_assertions_checked() {
    let (target, _kept) = recording("200 OK", r#"{"status": "ok", "items": [{"n": 1}, {"n": 2}]}"#).await;
    let keys = format!(
        "url: {}\nset_keys: {{status: $.status, ns: '$.items[*].n', none: $.nothing}}\nassertions:",
        target.url("/")
    );
    let outcome =
        run("probes.http", &format!("{keys} {{status: ok, ns: {{value: [1, 2]}}, none: {{exists: false}}}}")).await;
    assert_eq!(outcome.status, Status::Ok);
    let ops = ["net.tcp", "http.send", "http.wait", "http.recv", "json.parse", "json.assert"];
    assert_eq!(phases(&outcome), ops);
    let outcome = run("probes.http", &format!("{keys} {{status: {{value: down}}, ns: {{length: 3}}}}")).await;
    let sentence = r#"status is "ok", not "down"; ns is [1,2], of length 2, not of length 3"#;
    assert_eq!(failure(&outcome), ("assertion", sentence));
    assert_eq!(phases(&outcome).last().map(String::as_str), Some("json.assert!"));
}

#[tokio::test]
async fn slow_is_degraded_then_failed() {
    let target = Target::start(|mut stream| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        stream.write_all(answer("200 OK", &[], "").as_bytes()).await.unwrap();
    });
    let url = target.await;
    let outcome = run("probes.http", &format!("url: {}\ndegraded: 20ms\nmax_duration: 60s", url.url("/"))).await;
    assert!(matches!(&outcome.status, Status::Degraded(why) if why.ends_with("more than 20 ms (degraded)")));
    let outcome = run("probes.http", &format!("url: {}\ndegraded: 10ms\nmax_duration: 20ms", url.url("/"))).await;
    assert_eq!(failure(&outcome).0, "too_slow");
}

#[tokio::test]
async fn a_name_in_the_hosts_file_is_not_asked_for() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let hosts = std::fs::read_to_string("/etc/hosts").expect("a hosts file");
    let names =
        hosts.lines().filter(|line| line.starts_with("127.0.0.1")).flat_map(|line| line.split_whitespace().skip(1));
    for name in names {
        let server = NameServer::start(|_| Reply::Silence).await;
        let keys = format!("url: http://{name}:{}/\ntimeout: 2s", target.addr.port());
        let outcome = run_with(Resolver::with_servers(vec![server.addr]), "probes.http", &keys).await;
        assert_eq!(outcome.status, Status::Ok, "{name}");
        assert_eq!(phases(&outcome)[0], "net.dns");
    }
}
