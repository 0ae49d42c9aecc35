//! Faults of targets over real sockets and real TLS: each has its kind and its sentence, and keeps the phases before it.

mod support;

use std::time::Duration;

use sentrynet::net::Resolver;
use sentrynet::outcome::Status;
use support::certificates::{Authority, self_signed};
use support::engine::{assert_nested, failure, phases, quoted, run, run_with};
use support::name_server::{NameServer, Reply};
use support::target::{Received, Target, answer, read_request};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn connection_faults_are_told_apart() {
    let names = NameServer::start(|name| match name {
        "slow.test" => Reply::Silence,
        "broken.test" => Reply::Error(hickory_resolver::proto::op::ResponseCode::ServFail),
        _ => Reply::Error(hickory_resolver::proto::op::ResponseCode::NXDomain),
    });
    let names = names.await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, kind, sentence, ops) in [
        (
            "http://slow.test/".to_owned(),
            "dns_timeout",
            "no answer from the name server for slow.test within 700 ms",
            "net.dns!",
        ),
        (
            "http://broken.test/".to_owned(),
            "dns_failure",
            "broken.test could not be looked up: the name server answered: Server Failure",
            "net.dns!",
        ),
        ("http://no.test/".to_owned(), "dns_not_found", "no.test does not exist (NXDOMAIN)", "net.dns!"),
        (format!("http://{free}/"), "connect_refused", &format!("{free} refused the connection"), "net.tcp!"),
    ] {
        let resolver = Resolver::with_servers(vec![names.addr]);
        let outcome = run_with(resolver, "probes.http", &format!("url: {url}\ntimeout: 700ms")).await;
        assert_eq!((failure(&outcome), phases(&outcome).join(" ").as_str()), ((kind, sentence), ops));
        assert_nested(&outcome);
    }
}

#[tokio::test]
async fn certificate_faults_are_told_apart() {
    let authority = Authority::new();
    let ok = |_: &Received| answer("200 OK", &[], "");
    let (stranger, impostor) = (Authority::named("Somebody else"), Authority::new());
    for (config, kind, sentence) in [
        (authority.server_valid("localhost", -93, -3), "tls_expired", "certificate of localhost expired 3 days ago ("),
        (
            authority.server_valid("localhost", 2, 9),
            "tls_not_yet_valid",
            "certificate of localhost is not valid for another ",
        ),
        (authority.server("other.test"), "tls_wrong_host", "certificate is for other.test, not for localhost"),
        (
            stranger.server("localhost"),
            "tls_unknown_issuer",
            "certificate of localhost is signed by an unknown authority",
        ),
        (
            impostor.server("localhost"),
            "tls_unknown_issuer",
            "certificate of localhost was not signed by the authority",
        ),
        (self_signed("localhost"), "tls_self_signed", "certificate of localhost is signed by itself"),
    ] {
        let target = Target::https(config, ok).await;
        let url = target.https_url("localhost", "/");
        let outcome = run("probes.http", &format!("url: {url}\ntls: {{ca: {}}}", quoted(&authority.pem()))).await;
        let (found, said) = failure(&outcome);
        assert_eq!(found, kind);
        assert!(said.starts_with(sentence), "{said}");
        assert_eq!(phases(&outcome), ["net.dns", "net.tcp", "net.tls!"]);
        let outcome = run("probes.http", &format!("url: {url}\ntls: {{insecure: true}}")).await;
        assert_eq!(outcome.status, Status::Ok);
    }
}

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
async fn a_dead_first_address_does_not_fail_a_run_while_another_answers() {
    // Nothing listens on 127.0.0.9.
    let addresses = vec![[127, 0, 0, 9].into(), [127, 0, 0, 1].into()];
    let names = NameServer::start(move |_| Reply::Addresses(addresses.clone(), Duration::ZERO)).await;
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let url = format!("http://two.test:{}/", target.addr.port());
    let outcome = run_with(Resolver::with_servers(vec![names.addr]), "probes.http", &format!("url: {url}")).await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(phases(&outcome), ["net.dns", "net.tcp", "http.send", "http.wait", "http.recv"]);
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
