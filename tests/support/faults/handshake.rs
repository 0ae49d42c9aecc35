//! Faults of TLS handshakes, byte by byte.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Fault;
use crate::support::authority::Authority;
use crate::support::relay::{drip, relay};
use crate::support::target::{Target, answer};

const FAILED: &str = "net.tcp net.tls!";

/// What a probe meets whose ClientHello is answered with these bytes, after which nothing more comes.
async fn saying(bytes: &'static [u8]) -> Fault {
    let target = Target::start(move |mut stream| async move {
        hello(&mut stream).await;
        stream.write_all(bytes).await.expect("a client that reads");
        silence(&mut stream).await;
    });
    let target = target.await;
    Fault::at(format!("https://{}/", target.addr)).keeping(target).phases(FAILED)
}

/// Reads a whole ClientHello.
async fn hello(stream: &mut TcpStream) {
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.expect("a TLS record");
    let mut record = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut record).await.expect("a TLS record");
}

/// Keeps the connection until the other side closes it.
async fn silence(stream: &mut TcpStream) {
    let mut bytes = [0; 1024];
    while !matches!(stream.read(&mut bytes).await, Ok(0) | Err(_)) {}
}

/// A server at `localhost` whose certificate is fine.
async fn server(config: Arc<ServerConfig>) -> Target {
    Target::https(config, |_| answer("200 OK", &[], "")).await
}

/// What a probe meets that trusts this authority.
fn trusting(authority: &Authority, target: &Target) -> Fault {
    Fault::at(target.https_url("localhost", "/")).trusting(authority).phases("net.dns net.tcp net.tls!")
}

pub async fn plain_http_on_the_port_is_not_tls() -> Fault {
    let fault = saying(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\nThis is not HTTPS.").await;
    fault.fails("tls_protocol", "127.0.0.1 does not speak TLS on port *")
}

pub async fn ssh_on_the_port_is_not_tls() -> Fault {
    saying(b"SSH-2.0-OpenSSH_9.9\r\n").await.fails("tls_protocol", "127.0.0.1 does not speak TLS on port *")
}

pub async fn garbage_is_not_tls() -> Fault {
    saying(&[0x80; 300]).await.fails("tls_protocol", "127.0.0.1 does not speak TLS on port *")
}

pub async fn garbage_in_a_record_breaks_the_rules() -> Fault {
    // A ServerHello that is too short to be one.
    let fault = saying(b"\x16\x03\x03\x00\x0a\x02\x00\x00\x06\xff\xff\xff\xff\xff\xff").await;
    fault.fails("tls_failed", "127.0.0.1 violates the TLS protocol in the handshake")
}

pub async fn an_old_server_says_hello_in_tls_1_0() -> Fault {
    // ServerHello: TLS 1.0, a random value, no session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    const HELLO: &[u8] = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
        0123456789abcdef0123456789abcdef\x00\x00\x2f\x00";
    let fault = saying(HELLO).await;
    fault.fails("tls_protocol", "127.0.0.1 speaks neither TLS 1.2 nor 1.3, only an older version")
}

pub async fn an_old_server_refuses_the_version() -> Fault {
    let fault = saying(b"\x15\x03\x01\x00\x02\x02\x46").await;
    fault.fails("tls_protocol", "127.0.0.1 speaks neither TLS 1.2 nor 1.3 (alert protocol_version)")
}

pub async fn no_shared_cipher_is_a_failure_of_protocol() -> Fault {
    let sentence = "127.0.0.1 shares no TLS version, cipher or signature algorithm with us (alert handshake_failure)";
    saying(b"\x15\x03\x03\x00\x02\x02\x28").await.fails("tls_protocol", sentence)
}

pub async fn a_cipher_that_was_not_offered_breaks_the_rules() -> Fault {
    // ServerHello: TLS 1.2 with TLS_RSA_WITH_RC4_128_SHA.
    const HELLO: &[u8] = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03\
        0123456789abcdef0123456789abcdef\x00\x00\x05\x00";
    saying(HELLO).await.fails("tls_failed", "127.0.0.1 violates the TLS protocol in the handshake")
}

pub async fn a_name_that_the_server_does_not_know_is_told() -> Fault {
    let sentence = "the server at 127.0.0.1 does not recognise this name (alert unrecognized_name)";
    saying(b"\x15\x03\x03\x00\x02\x02\x70").await.fails("tls_failed", sentence)
}

pub async fn trouble_of_the_server_is_told() -> Fault {
    let sentence = "127.0.0.1 had an internal error (alert internal_error)";
    saying(b"\x15\x03\x03\x00\x02\x02\x50").await.fails("tls_failed", sentence)
}

pub async fn an_alert_that_nobody_knows_is_told_by_its_number() -> Fault {
    let sentence = "127.0.0.1 aborted the TLS handshake (alert 200)";
    saying(b"\x15\x03\x03\x00\x02\x02\xc8").await.fails("tls_failed", sentence)
}

pub async fn silence_in_the_handshake_times_out() -> Fault {
    saying(b"")
        .await
        .with("timeout: 400ms")
        .fails("tls_timeout", "127.0.0.1:* did not finish the TLS handshake within 400 ms: no certificate was received")
}

pub async fn a_plain_port_that_waits_for_a_request_times_out() -> Fault {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let sentence = "did not finish the TLS handshake within 400 ms: no certificate was received";
    Fault::at(format!("https://{}/", target.addr))
        .with("timeout: 400ms")
        .fails("tls_timeout", format!("{} {sentence}", target.addr))
        .phases(FAILED)
        .keeping(target)
}

pub async fn silence_after_the_server_hello_times_out() -> Fault {
    let authority = Authority::new();
    let server = server(authority.server("localhost")).await;
    let target = relay(server.addr, |number, record| (number == 0).then_some(record)).await;
    trusting(&authority, &target)
        .with("timeout: 400ms")
        .fails("tls_timeout", "localhost:* did not finish the TLS handshake within 400 ms: no certificate was received")
        .keeping((server, target))
}

pub async fn silence_after_the_certificate_times_out() -> Fault {
    let authority = Authority::new();
    let server = server(authority.server_tls12("localhost")).await;
    // In TLS 1.2 the hello and the certificate come before the client's turn, and then a ChangeCipherSpec.
    let target = relay(server.addr, |_, record| (record[0] != 20).then_some(record)).await;
    trusting(&authority, &target)
        .with("timeout: 400ms")
        .fails(
            "tls_timeout",
            "localhost:* did not finish the TLS handshake within 400 ms: its certificate was \
                received",
        )
        .keeping((server, target))
}

pub async fn a_reset_in_the_handshake_is_told() -> Fault {
    let target = Target::start(|mut stream| async move {
        hello(&mut stream).await;
        stream.set_zero_linger().expect("a socket option");
    });
    let target = target.await;
    Fault::at(format!("https://{}/", target.addr))
        .fails("tls_failed", format!("{} reset the connection in the TLS handshake", target.addr))
        .phases(FAILED)
        .keeping(target)
}

pub async fn a_close_in_the_handshake_is_told() -> Fault {
    let target = Target::start(|mut stream| async move { hello(&mut stream).await }).await;
    Fault::at(format!("https://{}/", target.addr))
        .fails("tls_failed", format!("{} closed the connection in the TLS handshake", target.addr))
        .phases(FAILED)
        .keeping(target)
}

pub async fn a_record_changed_on_its_way_cannot_be_decrypted() -> Fault {
    let authority = Authority::new();
    let server = server(authority.server("localhost")).await;
    // After the hello and a record for old middleboxes comes the first that is encrypted.
    let change = |number, mut record: Vec<u8>| {
        if number == 2 {
            record[20] ^= 1;
        }
        Some(record)
    };
    let target = relay(server.addr, change).await;
    let sentence = "a TLS message from localhost cannot be decrypted: it was altered in transit, or is malformed";
    trusting(&authority, &target).fails("tls_failed", sentence).keeping((server, target))
}

pub async fn a_handshake_in_drips_is_waited_for() -> Fault {
    let authority = Authority::new();
    let server = server(authority.server("localhost")).await;
    let target = drip(server.addr, 8).await;
    trusting(&authority, &target)
        .answering(200)
        .phases("net.dns net.tcp net.tls http.send http.wait http.recv")
        .keeping((server, target))
}

pub async fn a_server_without_http_2_fails_where_it_is_asked_for() -> Fault {
    let authority = Authority::new();
    let mut config = Arc::unwrap_or_clone(authority.server("localhost"));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let target = server(Arc::new(config)).await;
    let sentence = "localhost does not offer the requested HTTP version (alert no_application_protocol)";
    trusting(&authority, &target).with("http: 2").fails("tls_protocol", sentence).keeping(target)
}
