//! Faults of targets over real sockets and real TLS: each has its kind and its sentence, and keeps the phases before it.

mod support;

use std::time::Duration;

use sentrynet::net::Resolver;
use sentrynet::outcome::Status;
use support::certificates::{Authority, self_signed};
use support::engine::{assert_nested, failure, phases, quoted, run, run_with};
use support::name_server::{NameServer, Reply};
use support::target::{Received, Target, answer};

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
