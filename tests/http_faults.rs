//! Faults of targets over real sockets and real TLS: each has its kind and its sentence, and keeps the phases before it.

mod support;

use std::time::Duration;

use support::engine::{failure, phases, run};
use support::target::{Target, answer, read_request};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn a_timeout_closes_the_open_phase_and_keeps_those_before() {
    let target = Target::start(|mut stream| async move {
        let request = read_request(&mut stream).await.expect("a request");
        if request.line() == "GET /recv" {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let target = target.await;
    let outcome = run("probes.http", &format!("url: {}\ntimeout: 300ms", target.url("/wait"))).await;
    let (kind, sentence) = failure(&outcome);
    assert_eq!(kind, "wait_timeout");
    assert!(sentence.starts_with("no first byte within 300 ms (connected in "), "{sentence}");
    assert_eq!(phases(&outcome), ["net.tcp", "http.send", "http.wait!"]);
    let outcome = run("probes.http", &format!("url: {}\ntimeout: 300ms", target.url("/recv"))).await;
    assert_eq!(failure(&outcome), ("recv_timeout", "the answer's body did not end within 300 ms"));
    assert_eq!(phases(&outcome), ["net.tcp", "http.send", "http.wait", "http.recv!"]);
    assert_eq!(outcome.response.as_ref().map(|response| response.body.as_str()), Some("half"));
}

#[tokio::test]
async fn a_reset_mid_body_is_truncated_and_keeps_its_phases() {
    let target = Target::start(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\nhalf").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.set_zero_linger().unwrap();
    });
    let target = target.await;
    let outcome = run("probes.http", &format!("url: {}", target.url("/"))).await;
    assert_eq!(failure(&outcome), ("truncated", "the connection was reset within the answer's body"));
    assert_eq!(phases(&outcome), ["net.tcp", "http.send", "http.wait", "http.recv!"]);
}

#[tokio::test]
async fn closing_and_garbage_before_an_answer_are_told_apart() {
    let target = Target::start(|mut stream| async move {
        let request = read_request(&mut stream).await.expect("a request");
        match request.line() {
            "GET /garbage" => stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await.unwrap(),
            "GET /reset" => stream.set_zero_linger().unwrap(),
            _ => {}
        }
    });
    let target = target.await;
    for (path, kind) in [("/close", "closed_early"), ("/garbage", "bad_response"), ("/reset", "reset")] {
        let outcome = run("probes.http", &format!("url: {}", target.url(path))).await;
        assert_eq!(failure(&outcome).0, kind);
        assert_eq!(phases(&outcome), ["net.tcp", "http.send", "http.wait!"]);
    }
}

#[tokio::test]
async fn a_broken_encoding_is_not_a_truncated_body() {
    let target = Target::http(|_| answer("200 OK", &["content-encoding: gzip"], "this is not gzip")).await;
    let outcome = run("probes.http", &format!("url: {}", target.url("/"))).await;
    assert_eq!(failure(&outcome).0, "bad_encoding");
}

#[tokio::test]
async fn an_answer_before_the_request_is_sent_is_the_answer() {
    let target = Target::start(|mut stream| async move {
        stream
            .write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    });
    let target = target.await;
    let body = "x".repeat(900_000);
    let outcome = run("probes.http", &format!("url: {}\nbody: {body}", target.url("/"))).await;
    assert_eq!(failure(&outcome).0, "http_status");
    assert_eq!(outcome.attributes["http.response.status_code"], 413);
}
