//! What goes wrong on the way to Sentry: over real sockets and real TLS, every envelope accounted for, the reason in
//! words, and what did not arrive in the log in full.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::authority::{Authority, params};
use crate::support::black_hole;
use crate::support::certificates::self_signed;
use crate::support::envelopes::{AMPLE, deliver, ids, logged, runs};
use crate::support::peer;
use crate::support::receiver::{self, Behaviour, Receiver};
use crate::support::target::{Target, answer, read_request};
use futures_util::future::join_all;
use rustls::RootCertStore;
use sentrynet::sentry::{DeliveryClient, Envelope, Kind};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Time enough to meet a fault, if not to outlast it.
const SHORT: Duration = Duration::from_millis(1500);

/// A delivery_client to `url`, which trusts these authorities and keeps what does not arrive.
fn delivery_client(url: &str, authorities: &[&Authority]) -> DeliveryClient {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.der()).expect("a root");
    }
    let dsn = url.replacen("://", "://key@", 1).parse().expect("a DSN");
    DeliveryClient::new(dsn, receiver::client(roots)).retain_for_next()
}

/// Nothing arrives for this reason, everything is kept for the next time and in the log.
async fn nothing_arrives(delivery_client: &DeliveryClient, why: &str) {
    let sent = runs(3);
    let (delivered, log) = deliver(delivery_client, sent.clone(), SHORT).await;
    assert_eq!((delivered.envelopes, delivered.spooled, delivered.missing), (3, 3, 3), "{why}: {delivered:?}");
    assert_eq!(logged(&log), sent, "{why}");
    let [problem] = &delivered.problems[..] else { panic!("{why}: {:?}", delivered.problems) };
    assert!(problem.ends_with(&format!("{why} (3 envelopes)")), "{why:?} is not what {problem:?} says");
}

/// Closes with a reset in place of a farewell.
fn reset(stream: &TcpStream) {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)).expect("a socket option");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_said() {
    let delivery_client = delivery_client("http://no-such-host.invalid/7", &[]);
    nothing_arrives(&delivery_client, "could not be reached: its host name could not be resolved").await;
}

#[tokio::test]
async fn certificates_that_cannot_be_trusted_are_said_and_sentry_gets_nothing() {
    let (ours, theirs) = (Authority::new(), Authority::named("Somebody else's"));
    for (server, why) in [
        (ours.server_valid("localhost", -9, -2), "its certificate has expired"),
        (ours.server_valid("localhost", 2, 9), "its certificate is not valid yet"),
        (ours.server("elsewhere.example"), "its certificate is for another name"),
        (theirs.server("localhost"), "its certificate is from an unknown issuer"),
        (self_signed(&params("localhost", -1, 1)), "its certificate is from an unknown issuer"),
    ] {
        let sentry = Target::https(server, |_| panic!("a request")).await;
        let delivery_client = delivery_client(&sentry.https_url("localhost", "/7"), &[&ours]);
        nothing_arrives(&delivery_client, &format!("could not be reached: {why}")).await;
        assert!(sentry.connections() <= 3, "there is no use in trying again");
    }
}

#[tokio::test]
async fn handshakes_that_come_to_nothing_are_said() {
    let ours = Authority::new();
    let insists = ours.server_for_clients("localhost", &ours, &rustls::version::TLS12, true);
    let insists = Target::https(insists, |_| panic!("a request")).await;
    let closes = Target::start(|mut stream| async move {
        // With bytes unread it would be a reset.
        let _ = stream.read_buf(&mut Vec::with_capacity(4096)).await;
    })
    .await;
    let resets = Target::start(|stream| async move {
        stream.readable().await.expect("a greeting");
        reset(&stream);
    })
    .await;
    let mumbles = Target::start(|mut stream| async move {
        let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n").await;
        std::future::pending().await
    })
    .await;
    let cases = [
        (&insists, "could not be reached: the TLS handshake failed"),
        (&closes, "could not be reached: the connection was closed during the TLS handshake"),
        (&resets, "could not be reached: the connection was reset"),
        (&mumbles, "could not be reached: the TLS handshake failed"),
    ];
    let meet = cases.map(async |(sentry, why)| {
        nothing_arrives(&delivery_client(&sentry.https_url("localhost", "/7"), &[&ours]), why).await;
    });
    join_all(meet).await;
}

#[tokio::test]
async fn a_handshake_that_hangs_is_told_before_the_deadline() {
    let hangs = Target::hanging().await;
    let sent = runs(3);
    let (delivered, log) =
        deliver(&delivery_client(&hangs.https_url("localhost", "/7"), &[]), sent.clone(), SHORT).await;
    assert_eq!((delivered.spooled, delivered.late, logged(&log)), (3, 3, sent), "{delivered:?}");
    assert!(delivered.problems[0].contains("did not answer in time"), "{:?}", delivered.problems);
}

#[tokio::test]
async fn a_reset_before_the_answer_is_said_and_what_passes_loses_nothing() {
    let resets = Target::start(|mut stream| async move {
        read_request(&mut stream).await;
        reset(&stream);
    })
    .await;
    nothing_arrives(&delivery_client(&resets.url("/7"), &[]), "did not answer: the connection was reset").await;

    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    let passes = Target::start(move |mut stream| {
        let count = count.clone();
        async move {
            while read_request(&mut stream).await.is_some() {
                if count.fetch_add(1, Ordering::Relaxed) < 5 {
                    return reset(&stream);
                }
                let _ = stream.write_all(answer("200 OK", &[], "{}").as_bytes()).await;
            }
        }
    })
    .await;
    let (delivered, _) = deliver(&delivery_client(&passes.url("/7"), &[]), runs(10), AMPLE).await;
    assert_eq!((delivered.delivered, taken.load(Ordering::Relaxed)), (10, 15), "{delivered:?}");
}

#[tokio::test]
async fn a_connection_on_which_nothing_arrives_is_said() {
    let deaf = black_hole::deaf().await;
    let sentry = format!("http://{}/7", deaf.local_addr().expect("an address"));
    let sent = runs(3);
    let (delivered, log) = deliver(&delivery_client(&sentry, &[]), sent.clone(), 2 * SHORT).await;
    assert_eq!((delivered.spooled, logged(&log)), (3, sent));
    assert!(delivered.problems[0].ends_with("did not answer: the connection timed out (3 envelopes)"), "{delivered:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_counts_as_far_as_it_came() {
    for (head, is_taken) in [("HTTP/1.1 200 OK", true), ("HTTP/1.1 403 Forbidden", false)] {
        let breaks_off = Target::start(move |mut stream| async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(format!("{head}\r\ncontent-length: 100\r\n\r\n{{\"det").as_bytes()).await;
            // Whoever resets at once takes back what is on the way.
            peer::has_read(&stream).await;
            reset(&stream);
        })
        .await;
        let (delivered, log) = deliver(&delivery_client(&breaks_off.url("/7"), &[]), runs(3), AMPLE).await;
        let (arrived, lost) = if is_taken { (3, 0) } else { (0, 3) };
        assert_eq!((delivered.delivered, delivered.lost, logged(&log).len()), (arrived, lost, lost), "{delivered:?}");
        assert_eq!(breaks_off.connections(), 3, "none is sent twice");
    }
    // Half a head is none.
    let half = Target::start(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await;
    })
    .await;
    let why = "did not answer: the connection was closed without a response";
    nothing_arrives(&delivery_client(&half.url("/7"), &[]), why).await;
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_is_an_answer() {
    let slow = Target::start(|mut stream| async move {
        while read_request(&mut stream).await.is_some() {
            for byte in answer("200 OK", &["x-sentry-rate-limits: 60:session:key"], "{\"id\":\"7\"}").bytes() {
                let _ = stream.write_all(&[byte]).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    })
    .await;
    let (delivered, _) = deliver(&delivery_client(&slow.url("/7"), &[]), runs(3), AMPLE).await;
    assert_eq!((delivered.delivered, delivered.problems.len()), (3, 0), "{delivered:?}");
}

#[tokio::test]
async fn what_one_sentry_does_to_each_envelope_adds_up() {
    let receiver = Receiver::start_with(|turn| match turn.envelope.size() % 6 {
        0 => Behaviour::status(403),
        1 => Behaviour::status(503).with("retry-after", "60"),
        2 => Behaviour::hanging(),
        3 => Behaviour::dropped(),
        4 => Behaviour::status(413),
        _ => Behaviour::default(),
    })
    .await;
    let delivery_client = DeliveryClient::new(receiver.dsn(), receiver.tls()).retain_for_next();
    let sent: Vec<_> = (0..60).map(envelope).collect();
    let (delivered, log) = deliver(&delivery_client, sent.clone(), SHORT).await;
    let counts = (delivered.delivered, delivered.lost, delivered.spooled, delivered.missing);
    assert_eq!(counts, (10, 20, 30, 50), "{delivered:?}");
    assert_eq!(delivered.problems.len(), 5, "{:?}", delivered.problems);
    let mut all = [receiver.taken(), ids(&logged(&log))].concat();
    all.sort_unstable();
    assert_eq!(all, ids(&sent), "each arrived or is in the log, and none is both");
}

/// One whose size is `number` bytes over that of the first.
fn envelope(number: usize) -> Envelope {
    Envelope::new(
        Kind::Event,
        Uuid::from_u128(number as u128),
        Value::Null,
        &json!({"message": "x".repeat(100 + number)}),
    )
}
