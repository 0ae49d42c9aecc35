//! Delivery over real sockets: what arrives, what does not, and how long it takes to know.

use std::time::Duration;

use crate::support::clock::Stopwatch;
use crate::support::envelopes::{AMPLE, deliver, delivery_client, runs};
use crate::support::failed::failed;
use crate::support::port::Port;
use crate::support::receiver::{self, Behaviour, Receiver};
use sentrynet::outcome::{Failure, FailureKind, Outcome, Status};
use sentrynet::secrets::Redactor;
use sentrynet::sentry::{DeliveryClient, Envelope, Settings, envelopes};
use serde_json::Value;
use tokio::net::TcpListener;

#[tokio::test]
async fn two_hundred_envelopes_reach_a_sentry_a_hundred_milliseconds_away() {
    let receiver = Receiver::start(Behaviour { delay: Duration::from_millis(100), ..Behaviour::default() }).await;
    let watch = Stopwatch::start();
    let (delivered, log) = deliver(&delivery_client(&receiver), runs(200), AMPLE).await;
    println!("200 envelopes at 100 ms: {:?}", delivered.duration);
    assert_eq!((delivered.delivered, delivered.lost, log.as_str()), (200, 0, ""), "{delivered:?}");
    // One after the other they would take 20 s; the bar itself is measured by the benchmark.
    assert!(delivered.duration.saturating_sub(watch.withheld()) < Duration::from_secs(3), "{delivered:?}");
    let received = receiver.received();
    let mut ids: Vec<&str> = received.iter().filter_map(|request| request.envelope.event_id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

#[tokio::test]
async fn a_request_is_what_sentry_expects() {
    let receiver = Receiver::start(Behaviour::default()).await;
    let small = Envelope::parse(b"{}\n{\"type\":\"event\"}\n{\"message\":\"short\"}\n").expect("an envelope");
    let mut sent = runs(1);
    sent.push(small);
    let (delivered, _) = deliver(&delivery_client(&receiver), sent.clone(), AMPLE).await;
    assert_eq!(delivered.delivered, 2, "{delivered:?}");
    assert_eq!(delivered.problems, [""; 0]);
    let mut received = receiver.received();
    received.sort_by_key(|request| request.bytes.len());
    for (request, sent) in received.iter().zip([&sent[1], &sent[0]]) {
        assert_eq!(request.path, "/api/7/envelope/");
        assert_eq!(request.headers["content-type"], "application/x-sentry-envelope");
        let auth = request.headers["x-sentry-auth"].to_str().expect("text");
        for part in ["sentry_version=7", "sentry_key=key", "sentry_client=sentrynet/"] {
            assert!(auth.contains(part), "{auth}");
        }
        assert!(request.headers["user-agent"].to_str().expect("text").starts_with("sentrynet/"));
        assert_eq!(&request.envelope, sent);
        let header: Value = serde_json::from_slice(request.bytes.split(|byte| *byte == b'\n').next().expect("a line"))
            .expect("a header");
        assert!(header["sent_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{header}");
    }
    assert_eq!(received[0].headers.get("content-encoding"), None);
    assert_eq!(received[1].headers["content-encoding"], "gzip");
}

#[tokio::test]
async fn a_closed_port_is_said_at_once() {
    let closed = Port::reserve();
    let dsn = format!("http://key@{}/7", closed.addr).parse().expect("a DSN");
    let delivery_client = DeliveryClient::new(dsn, receiver::client(rustls::RootCertStore::empty()));
    let watch = Stopwatch::start();
    let (delivered, log) = deliver(&delivery_client, runs(100), AMPLE).await;
    assert!(watch.elapsed() < Duration::from_secs(5));
    assert_eq!((delivered.lost, log.lines().count()), (100, 100));
    assert!(delivered.problems[0].contains("could not be reached: connection refused"), "{:?}", delivered.problems);
}

#[tokio::test]
async fn the_deadline_is_kept_when_sentry_hangs() {
    // Nobody accepts: the connections are made by the kernel, and nothing is ever answered.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let dsn = format!("http://key@{}/7", listener.local_addr().expect("an address")).parse().expect("a DSN");
    let delivery_client = DeliveryClient::new(dsn, receiver::client(rustls::RootCertStore::empty()));
    let watch = Stopwatch::start();
    let (delivered, log) = deliver(&delivery_client, runs(200), Duration::from_millis(400)).await;
    assert!(watch.elapsed() < Duration::from_millis(1500), "{:?}", watch.elapsed());
    assert_eq!((delivered.lost, log.lines().count()), (200, 200));
    assert!(delivered.problems.iter().any(|problem| problem.contains("did not answer in time")));
    assert!(delivered.problems.iter().any(|problem| problem.contains("no time left")));
}

#[tokio::test]
async fn what_arrived_before_the_deadline_counts_as_delivered() {
    let receiver = Receiver::start(Behaviour { delay: Duration::from_millis(300), ..Behaviour::default() }).await;
    let (delivered, _) = deliver(&delivery_client(&receiver), runs(200), Duration::from_millis(800)).await;
    assert!(delivered.delivered >= 64 && delivered.lost > 0, "{delivered:?}");
    assert!(delivered.delivered <= receiver.received().len());
}

#[tokio::test]
async fn an_answer_whose_body_never_ends_is_an_answer() {
    for (status, arrived) in [(200, 1), (400, 0)] {
        let receiver = Receiver::start(Behaviour { status, endless: true, ..Behaviour::default() }).await;
        let watch = Stopwatch::start();
        let (delivered, _) = deliver(&delivery_client(&receiver), runs(1), Duration::from_secs(8)).await;
        assert_eq!(delivered.delivered, arrived);
        assert!(watch.elapsed() < Duration::from_secs(4), "{:?}", watch.elapsed());
    }
}

#[tokio::test]
async fn without_time_nothing_is_sent() {
    let receiver = Receiver::start(Behaviour::default()).await;
    let (delivered, log) = deliver(&delivery_client(&receiver), runs(5), Duration::ZERO).await;
    assert_eq!((delivered.lost, log.lines().count(), receiver.connections()), (5, 5, 0));
}

#[tokio::test]
async fn nothing_to_deliver_makes_no_connection() {
    let receiver = Receiver::start(Behaviour::default()).await;
    let (delivered, _) = deliver(&delivery_client(&receiver), Vec::new(), AMPLE).await;
    assert_eq!((delivered.envelopes, receiver.connections()), (0, 0));
}

#[tokio::test]
async fn the_next_delivery_uses_the_connections_of_the_last() {
    let receiver = Receiver::start(Behaviour::default()).await;
    let delivery_client = delivery_client(&receiver);
    for _ in 0..5 {
        let (delivered, _) = deliver(&delivery_client, runs(1), AMPLE).await;
        assert_eq!(delivered.delivered, 1);
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn over_tls_http_2_is_spoken_where_it_is_offered() {
    let receiver = Receiver::start_tls(Behaviour::default()).await;
    let delivery_client = delivery_client(&receiver);
    assert_eq!(deliver(&delivery_client, runs(1), AMPLE).await.0.delivered, 1);
    let (delivered, _) = deliver(&delivery_client, runs(200), AMPLE).await;
    println!("200 envelopes over HTTP/2: {:?}, {} connections", delivered.duration, receiver.connections());
    assert_eq!(delivered.delivered, 200, "{delivered:?}");
    assert!(receiver.received().iter().all(|request| request.version == axum::http::Version::HTTP_2));
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_first_delivery_over_tls_is_fast_too() {
    let receiver = Receiver::start_tls(Behaviour { delay: Duration::from_millis(100), ..Behaviour::default() }).await;
    let watch = Stopwatch::start();
    let (delivered, _) = deliver(&delivery_client(&receiver), runs(200), AMPLE).await;
    println!("200 cold envelopes over TLS: {:?}, {} connections", delivered.duration, receiver.connections());
    assert_eq!(delivered.delivered, 200, "{delivered:?}");
    assert!(delivered.duration.saturating_sub(watch.withheld()) < Duration::from_secs(3), "{delivered:?}");
    assert_eq!(receiver.connections(), 1, "the first request tells that one is enough");
}

#[tokio::test]
async fn an_untrusted_sentry_gets_nothing() {
    let receiver = Receiver::start_tls(Behaviour::default()).await;
    let delivery_client = DeliveryClient::new(receiver.dsn(), receiver::client(rustls::RootCertStore::empty()));
    let (delivered, _) = deliver(&delivery_client, runs(1), AMPLE).await;
    assert_eq!(delivered.lost, 1);
    assert!(delivered.problems[0].contains("certificate"), "{:?}", delivered.problems);
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn a_large_event_arrives_whole() {
    let receiver = Receiver::start(Behaviour::default()).await;
    let outcome = Outcome {
        status: Status::Failed(Failure::new(FailureKind::Panic, "ä\n".repeat(4000))),
        ..failed(FailureKind::Panic)
    };
    let sent = envelopes(&outcome, &Settings::default(), &Redactor::default());
    assert_eq!(deliver(&delivery_client(&receiver), sent.clone(), AMPLE).await.0.delivered, 2);
    assert!(receiver.received().iter().all(|request| sent.contains(&request.envelope)));
}
