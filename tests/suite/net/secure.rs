//! TLS over streams that are not HTTP's: the same verdicts, and the same timeline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::authority::{Authority, params};
use crate::support::certificates::self_signed;
use crate::support::target::Target;
use rustls::{CertificateError, ServerConfig};
use sentrynet::net::{
    Causes, ClientCertificate, ConnectError, Destination, Network, RequestTimeline, Resolver, Timestamps, TlsSettings,
    dial, secure,
};
use sentrynet::secrets::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio_rustls::TlsAcceptor;

const PLENTY: Duration = Duration::from_secs(30);

/// A server that sends back what it gets, over TLS.
async fn echo(config: Arc<ServerConfig>) -> Target {
    let acceptor = TlsAcceptor::from(config);
    Target::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let (mut from_client, mut to_client) = tokio::io::split(stream);
            let _ = tokio::io::copy(&mut from_client, &mut to_client).await;
        }
    })
    .await
}

fn trusting(authority: &Authority) -> TlsSettings {
    TlsSettings { ca: Some(authority.pem()), ..TlsSettings::default() }
}

/// Connects to a target, and makes a handshake for this host: what came of an exchange over it, and what the timeline has seen.
async fn secured(
    target: &Target,
    host: &str,
    settings: &TlsSettings,
    time: Duration,
) -> (Result<(), ConnectError>, Timestamps) {
    let (network, timeline) = (Network::new(Resolver::system()), RequestTimeline::default());
    let deadline = Instant::now() + time;
    let destination = Destination { host: "127.0.0.1", port: target.addr.port(), ip: None };
    let stream = dial(&network, &destination, &timeline, deadline).await.expect("a connection");
    let result = match secure(&network, stream, host, settings, &[], &timeline, deadline).await {
        Ok(mut stream) => {
            stream.write_all(b"hello").await.expect("a server that reads");
            let mut back = [0; 5];
            stream.read_exact(&mut back).await.expect("a server that writes");
            assert_eq!(&back, b"hello");
            Ok(())
        }
        Err(error) => Err(error),
    };
    (result, timeline.timestamps())
}

fn certificate_error(result: Result<(), ConnectError>) -> CertificateError {
    let error = result.expect_err("no connection");
    match Causes::of(&error).find::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(why)) => why.clone(),
        other => panic!("{other:?} in {error:?}"),
    }
}

#[tokio::test]
async fn a_good_certificate_is_accepted_and_recorded() {
    let authority = Authority::new();
    for config in [authority.server("service.test"), authority.server_tls12("service.test")] {
        let target = echo(config).await;
        let (result, seen) = secured(&target, "service.test", &trusting(&authority), PLENTY).await;
        result.expect("a connection");
        let order = [seen.connect_start, seen.connected, seen.tls_start, seen.ready];
        assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{order:?}");
        assert!(seen.is_chain_good && seen.is_fresh());
        assert_eq!(seen.chain.len(), 1);
        assert_eq!(seen.client_certificate, ClientCertificate::NotAskedFor);
    }
}

#[tokio::test]
async fn an_address_can_be_the_name() {
    let authority = Authority::new();
    for (name, host) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::1", "[::1]")] {
        let target = echo(authority.server(name)).await;
        let (result, _) = secured(&target, host, &trusting(&authority), PLENTY).await;
        result.unwrap_or_else(|error| panic!("{host}: {error:?}"));
    }
}

#[tokio::test]
async fn a_bad_certificate_is_refused_for_its_reason_and_recorded() {
    let authority = Authority::new();
    let trusting = trusting(&authority);
    let expired = echo(authority.server_valid("service.test", -3, -2)).await;
    let (result, seen) = secured(&expired, "service.test", &trusting, PLENTY).await;
    assert!(matches!(certificate_error(result), CertificateError::ExpiredContext { .. }));
    assert_eq!((seen.chain.len(), seen.is_chain_good, seen.ready), (1, false, None));

    let other = echo(authority.server("other.test")).await;
    let (result, _) = secured(&other, "service.test", &trusting, PLENTY).await;
    assert!(matches!(certificate_error(result), CertificateError::NotValidForNameContext { .. }));

    let stranger = echo(Authority::named("stranger").server("service.test")).await;
    let (result, _) = secured(&stranger, "service.test", &trusting, PLENTY).await;
    assert_eq!(certificate_error(result), CertificateError::UnknownIssuer);
    let (result, _) = secured(&stranger, "service.test", &TlsSettings::default(), PLENTY).await;
    assert_eq!(certificate_error(result), CertificateError::UnknownIssuer, "nor is it one of the public ones");
}

#[tokio::test]
async fn any_certificate_is_accepted_where_that_is_asked_for() {
    let target = echo(self_signed(&params("other.test", -3, -2))).await;
    let settings = TlsSettings { insecure: true, ..TlsSettings::default() };
    let (result, seen) = secured(&target, "service.test", &settings, PLENTY).await;
    result.expect("a connection");
    assert_eq!(seen.chain.len(), 1);
}

#[tokio::test]
async fn a_client_certificate_is_presented_and_recorded() {
    let (authority, clients) = (Authority::new(), Authority::named("clients"));
    let config = authority.server_for_clients("service.test", &clients, &rustls::version::TLS13, true);
    let target = echo(config).await;
    let (cert, key) = clients.client();
    let settings = TlsSettings { cert: Some(cert), key: Some(Secret::new(key)), ..trusting(&authority) };
    let (result, seen) = secured(&target, "service.test", &settings, PLENTY).await;
    result.expect("a connection");
    assert_eq!(seen.client_certificate, ClientCertificate::Given);
}

#[tokio::test]
async fn a_server_that_is_silent_ends_with_the_time() {
    let target = Target::hanging().await;
    let (result, seen) = secured(&target, "service.test", &TlsSettings::default(), Duration::from_millis(300)).await;
    assert!(matches!(result, Err(ConnectError::TimedOut)), "{result:?}");
    assert!(seen.connected.is_some() && seen.tls_start.is_some() && seen.ready.is_none());
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_told_by_type() {
    let target = Target::start(|mut stream| async move {
        let _ = stream.write_all(b"220 mail.test ESMTP\r\n").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let (result, seen) = secured(&target, "service.test", &TlsSettings::default(), PLENTY).await;
    let error = result.expect_err("no connection");
    let found = Causes::of(&error).find::<rustls::Error>().cloned();
    assert!(matches!(found, Some(rustls::Error::InvalidMessage(_))), "{error:?}");
    assert!(seen.chain.is_empty());
}

#[tokio::test]
async fn a_host_that_cannot_be_in_a_certificate_is_told_before_anything_is_sent() {
    let target = Target::hanging().await;
    let (result, _) = secured(&target, "not a name", &TlsSettings::default(), PLENTY).await;
    assert!(matches!(result, Err(ConnectError::ServerName(_))), "{result:?}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_told_before_anything_is_sent() {
    let target = Target::hanging().await;
    let settings = TlsSettings { ca: Some(String::new()), ..TlsSettings::default() };
    let (result, _) = secured(&target, "service.test", &settings, PLENTY).await;
    assert!(matches!(result, Err(ConnectError::TlsSettings(_))), "{result:?}");
}

#[tokio::test]
async fn any_stream_will_do_and_the_protocol_is_agreed_on() {
    let authority = Authority::new();
    let mut config = Arc::unwrap_or_clone(authority.server("service.test"));
    config.alpn_protocols = vec![b"imap".to_vec(), b"pop3".to_vec()];
    let (ours, theirs) = duplex(1 << 16);
    let server = tokio::spawn(TlsAcceptor::from(Arc::new(config)).accept(theirs).into_fallible());
    let (network, timeline) = (Network::new(Resolver::system()), RequestTimeline::default());
    let (settings, deadline) = (trusting(&authority), Instant::now() + PLENTY);
    let stream = secure(&network, ours, "service.test", &settings, &[b"pop3"], &timeline, deadline).await;
    let stream = stream.expect("a connection");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"pop3"[..]));
    assert!(server.await.expect("a server").is_ok());
}
