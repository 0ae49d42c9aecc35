//! The connections of `probes.script`: kept between steps, never between runs, and replaced where the server let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::engine::{failure, phases, run, run_all};
use crate::support::prepare::{config, context, quoted};
use crate::support::target::{Target, answer, read_request};
use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use sentrynet::cli::demo::{Authority, Server};
use sentrynet::net::Resolver;
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Outcome, Status};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

/// What a request on a new connection leaves, and one on a kept connection.
const FRESH: [&str; 4] = ["net.tcp", "http.send", "http.wait", "http.recv"];
const KEPT: [&str; 3] = ["http.send", "http.wait", "http.recv"];

/// Runs a script of GET requests.
async fn visit(urls: &[String]) -> Outcome {
    let steps: String = urls.iter().map(|url| format!("\n- url: {url}")).collect();
    run("probes.script", &format!("title: Test\nsteps:{steps}")).await
}

fn attribute(outcome: &Outcome, name: &str) -> Vec<String> {
    let requests = outcome.spans.iter().filter(|span| span.op == Op::HttpRequest);
    requests.map(|span| span.attributes.get(name).map(ToString::to_string).unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_step_on_a_kept_connection_has_no_connection_phases() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let outcome = visit(&[target.url("/1"), target.url("/2"), target.url("/3")]).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), [&FRESH[..], &KEPT, &KEPT].concat());
    assert_eq!(outcome.spans.iter().filter(|span| span.op == Op::NetConn).count(), 1);
    assert_eq!(target.connections(), 1);
}

#[tokio::test]
async fn runs_do_not_share_connections() {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let yaml = format!(
        "groups:\n- probes:\n  - {{probe: probes.script, title: Test, burst: 3, steps: [{{url: '{0}'}}, {{url: '{0}'}}]}}",
        target.url("/")
    );
    let outcomes = run_all(&config(&yaml), &context(Resolver::system())).await;
    assert_eq!(outcomes.len(), 3);
    for outcome in &outcomes {
        assert_eq!(phases(outcome), [&FRESH[..], &KEPT].concat());
    }
    assert_eq!(target.connections(), 3);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_between_steps_is_replaced() {
    let closing = Arc::new(Notify::new());
    let closed = closing.clone();
    let target = Target::start(move |mut stream| {
        let closing = closing.clone();
        async move {
            // Answers once, says nothing of closing, and closes.
            if read_request(&mut stream).await.is_some() {
                let _ = stream.write_all(answer("200 OK", &[], "").as_bytes()).await;
            }
            drop(stream);
            closing.notify_one();
        }
    });
    let target = target.await;
    let slow = Target::start(move |mut stream| {
        let closed = closed.clone();
        async move {
            read_request(&mut stream).await;
            // The other target has closed.
            closed.notified().await;
            let _ = stream.write_all(answer("200 OK", &[], "").as_bytes()).await;
        }
    });
    let slow = slow.await;
    let outcome = visit(&[target.url("/1"), slow.url("/"), target.url("/2")]).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), [FRESH, FRESH, FRESH].concat());
    assert_eq!(target.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_the_server_closes_on_the_second_request_is_replaced() {
    for reset in [false, true] {
        let target = Target::start(move |mut stream| async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(answer("200 OK", &[], "").as_bytes()).await;
            read_request(&mut stream).await;
            if reset {
                let _ = stream.set_zero_linger();
            }
        });
        let target = target.await;
        let steps = format!(
            "title: Test\nsteps:\n- {{url: '{0}'}}\n- {{url: '{0}', body: {{a: [1]}}, expected: 200}}",
            target.url("/")
        );
        let outcome = run("probes.script", &steps).await;
        assert_eq!(outcome.status, Status::Ok, "reset: {reset}");
        assert_eq!(phases(&outcome), [FRESH, FRESH].concat());
        assert_eq!(attribute(&outcome, "http.response.status_code"), ["200", "200"]);
        assert_eq!(target.connections(), 2);
    }
}

#[tokio::test]
async fn a_server_that_closes_new_connections_too_is_reported() {
    let answered = Arc::new(AtomicUsize::new(0));
    let target = Target::start(move |mut stream| {
        let answered = answered.clone();
        async move {
            while read_request(&mut stream).await.is_some() && answered.fetch_add(1, Ordering::Relaxed) == 0 {
                let _ = stream.write_all(answer("200 OK", &[], "").as_bytes()).await;
            }
        }
    });
    let target = target.await;
    let outcome = visit(&[target.url("/1"), target.url("/2"), target.url("/3")]).await;
    assert_eq!(failure(&outcome).0, "closed_early");
    assert!(failure(&outcome).1.starts_with("step 2: "), "{:?}", outcome.status);
    assert_eq!(phases(&outcome), [&FRESH[..], &["net.tcp", "http.send", "http.wait!"]].concat());
    assert_eq!(target.connections(), 2);
}

#[tokio::test]
async fn every_host_has_a_connection_of_its_own() {
    let one = Target::http(|_| answer("200 OK", &[], "")).await;
    let two = Target::http(|_| answer("200 OK", &[], "")).await;
    let outcome = visit(&[one.url("/"), two.url("/"), one.url("/"), two.url("/")]).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), [&FRESH[..], &FRESH, &KEPT, &KEPT].concat());
    assert_eq!((one.connections(), two.connections()), (1, 1));
    let ports = [&one, &two, &one, &two].map(|target| target.addr.port().to_string());
    assert_eq!(attribute(&outcome, "network.peer.port"), ports);
}

#[tokio::test]
async fn connection_close_is_honoured() {
    let target = Target::http(|_| answer("200 OK", &["connection: close"], "x")).await;
    let outcome = visit(&[target.url("/1"), target.url("/2")]).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), [FRESH, FRESH].concat());
    assert_eq!(target.connections(), 2);
}

#[tokio::test]
async fn a_redirect_within_a_step_uses_the_step_s_connections() {
    let target = Target::http(|request| match request.line() {
        "GET /old" => answer("302 Found", &["location: /new"], "moved"),
        _ => answer("200 OK", &[], r#"{"a": 1}"#),
    });
    let target = target.await;
    let steps = format!(
        "title: Test\nsteps:\n- {{url: '{0}', set_keys: {{a: $.a}}, assertions: {{a: 1}}}}\n- {{url: '{0}', redirects: 0, expected: 302}}",
        target.url("/old")
    );
    let outcome = run("probes.script", &steps).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(attribute(&outcome, "http.response.status_code"), ["302", "200", "302"]);
    let ops: Vec<String> = phases(&outcome).into_iter().filter(|op| op.starts_with("net.")).collect();
    assert_eq!((ops, target.connections()), (vec!["net.tcp".to_owned()], 1));
}

#[tokio::test]
async fn http_2_over_tls_keeps_one_connection() {
    let authority = Authority::new().expect("an authority");
    let version = async |request: Request| format!(r#"{{"version": "{:?}"}}"#, request.version());
    let routes = Router::new().route("/", get(version));
    let server = Server::start(routes, Some(authority.server("localhost", -1, 1).expect("a certificate"))).await;
    let server = server.expect("a server");
    let url = format!("https://localhost:{}/", server.addr.port());
    let steps = format!(
        "title: Test\nsteps:\n- &step\n  url: {url}\n  tls: {{ca: {}}}\n  set_keys: {{version: $.version}}\n  assertions: {{version: HTTP/2.0}}\n- *step",
        quoted(&authority.pem())
    );
    let outcome = run("probes.script", &steps).await;
    assert_eq!(outcome.status, Status::Ok);
    let fresh = ["net.dns", "net.tcp", "net.tls", "http.send", "http.wait", "http.recv", "json.parse", "json.assert"];
    assert_eq!(phases(&outcome), [&fresh[..], &fresh[3..]].concat());
    assert_eq!(attribute(&outcome, "network.protocol.version"), [r#""2""#, r#""2""#]);
}

#[tokio::test]
async fn steps_that_connect_differently_do_not_share_a_connection() {
    let authority = Authority::new().expect("an authority");
    let routes = Router::new().route("/", get(async || ""));
    let server = Server::start(routes, Some(authority.server("localhost", -1, 1).expect("a certificate"))).await;
    let server = server.expect("a server");
    let url = format!("https://localhost:{}/", server.addr.port());
    // A connection that was not verified must not serve a step that asks for verification.
    let steps = format!("title: Test\nsteps:\n- {{url: '{url}', tls: {{insecure: true}}}}\n- {{url: '{url}'}}");
    let outcome = run("probes.script", &steps).await;
    assert_eq!(failure(&outcome).0, "tls_unknown_issuer");
    assert!(failure(&outcome).1.starts_with("step 2: "), "{:?}", outcome.status);
}
