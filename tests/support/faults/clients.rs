//! Servers that want to see a client's certificate.

use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

use super::Fault;
use crate::support::authority::Authority;
use crate::support::prepare::quoted;
use crate::support::relay::drip;
use crate::support::target::{Target, answer, read_request};

const WANTED: &str = "localhost*client certificate, and tls.cert is not set*";
const REFUSED: &str = "localhost did not accept the client certificate (alert *)";

/// What a probe meets that shows a certificate of `shown`, if any, to a server that wants one of its own authority.
async fn showing(
    shown: Option<&Authority>,
    authority: &Authority,
    version: &'static SupportedProtocolVersion,
) -> Fault {
    let config = authority.server_for_clients("localhost", authority, version, true);
    let target = Target::https(config, |_| answer("200 OK", &[], "")).await;
    let client = shown.map(|authority| authority.client()).map_or_else(String::new, |(certificate, key)| {
        format!(", cert: {}, key: {}", quoted(&certificate), quoted(&key))
    });
    let tls = format!("tls: {{ca: {}{client}}}", quoted(&authority.pem()));
    Fault::at(target.https_url("localhost", "/")).with(tls).keeping(target)
}

pub async fn a_client_certificate_is_wanted_in_tls_1_2() -> Fault {
    let fault = showing(None, &Authority::new(), &TLS12).await;
    fault.fails("tls_failed", WANTED).phases("net.dns net.tcp net.tls!")
}

pub async fn a_client_certificate_is_wanted_in_tls_1_3() -> Fault {
    // The client's side of the handshake is done when the server says so.
    let fault = showing(None, &Authority::new(), &TLS13).await;
    fault.fails("tls_failed", WANTED).phases("net.dns net.tcp net.tls http.send http.wait!")
}

pub async fn a_wrong_client_certificate_is_refused_in_tls_1_2() -> Fault {
    let fault = showing(Some(&Authority::named("Somebody else")), &Authority::new(), &TLS12).await;
    fault.fails("tls_failed", REFUSED).phases("net.dns net.tcp net.tls!")
}

pub async fn a_wrong_client_certificate_is_refused_in_tls_1_3() -> Fault {
    let fault = showing(Some(&Authority::named("Somebody else")), &Authority::new(), &TLS13).await;
    fault.fails("tls_failed", REFUSED).phases("net.dns net.tcp net.tls http.send http.wait!")
}

pub async fn a_wrong_client_certificate_is_refused_over_http_2() -> Fault {
    let (authority, another) = (Authority::new(), Authority::named("Somebody else"));
    let mut config = Arc::unwrap_or_clone(authority.server_for_clients("localhost", &authority, &TLS13, true));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let server = Target::refusing(Arc::new(config)).await;
    // The server's refusal comes after the request is sent, as over a longer way.
    let target = drip(server.addr, 1).await;
    let (certificate, key) = another.client();
    let (ca, certificate, key) = (quoted(&authority.pem()), quoted(&certificate), quoted(&key));
    Fault::at(target.https_url("localhost", "/"))
        .with(format!("tls: {{ca: {ca}, cert: {certificate}, key: {key}}}"))
        .fails("tls_failed", "localhost:* ended the connection as soon as it had the client certificate")
        .phases("net.dns net.tcp net.tls http.send http.wait!")
        .keeping((server, target))
}

pub async fn a_client_certificate_opens_the_door() -> Fault {
    let authority = Authority::new();
    let fault = showing(Some(&authority), &authority, &TLS13).await;
    fault.answering(200).phases("net.dns net.tcp net.tls http.send http.wait http.recv")
}

/// A server that asks for a certificate, takes no for an answer, and says this instead of HTTP.
async fn indifferent(answer: &'static [u8]) -> Fault {
    let authority = Authority::new();
    let acceptor = TlsAcceptor::from(authority.server_for_clients("localhost", &authority, &TLS13, false));
    let target = Target::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.expect("a handshake");
            read_request(&mut stream).await.expect("a request");
            stream.write_all(answer).await.expect("a client that reads");
            stream.shutdown().await.expect("a client that reads");
        }
    });
    let target = target.await;
    Fault::at(target.https_url("localhost", "/"))
        .trusting(&authority)
        .phases("net.dns net.tcp net.tls http.send http.wait!")
        .keeping(target)
}

pub async fn a_connection_that_ends_after_no_client_certificate_says_so() -> Fault {
    let why = "after it had asked for a client certificate, and tls.cert is not set";
    indifferent(b"").await.fails("tls_failed", format!("localhost:* ended the connection without an answer {why}"))
}

pub async fn a_bad_answer_after_no_client_certificate_is_a_bad_answer() -> Fault {
    indifferent(b"SSH-2.0-OpenSSH_9.9\r\n\r\n").await.fails("bad_response", "*is not HTTP*")
}

pub async fn a_key_of_another_client_certificate_is_told_before_anything_is_sent() -> Fault {
    let authority = Authority::new();
    let ((certificate, _), (_, key)) = (authority.client(), authority.client());
    Fault::at("https://localhost/")
        .with(format!("tls: {{cert: {}, key: {}}}", quoted(&certificate), quoted(&key)))
        .fails(
            "tls_failed",
            "no connection can be made with these settings: tls.key is not the key of the certificate in tls.cert",
        )
}
