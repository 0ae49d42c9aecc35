//! What is tried again, and what becomes of what does not arrive: over real sockets, every envelope accounted for.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::envelopes::{AMPLE, deliver, delivery_client, failed_run, ids, logged, runs};
use crate::support::port::Port;
use crate::support::receiver::{self, Behaviour, Receiver};
use crate::support::target::{Target, answer};
use sentrynet::sentry::{DeliveryClient, Envelope, Kind};
use serde_json::{Value, json};
use uuid::Uuid;

const SHORT: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn what_sentry_will_never_take_is_lost_at_once_and_said_and_logged_in_full() {
    for (status, body, parts) in [
        (
            400,
            r#"{"detail":"bad envelope","causes":["no items"]}"#,
            &["400 Bad Request: \"bad envelope; no items\""][..],
        ),
        (401, "", &["401 Unauthorized to project 7 with key key: check the DSN"]),
        (
            403,
            r#"{"detail":"event submission rejected with_reason: ProjectId"}"#,
            &["with_reason: ProjectId", "project 7"],
        ),
        (404, "<h1>Oh\n no</h1>", &["404 Not Found: \"<h1>Oh no</h1>\" to project 7"]),
        (501, "", &["501 Not Implemented"]),
    ] {
        let receiver = Receiver::start(Behaviour { status, body, ..Behaviour::default() }).await;
        let sent = runs(3);
        let (delivered, log) = deliver(&delivery_client(&receiver).retain_for_next(), sent.clone(), AMPLE).await;
        assert_eq!((delivered.delivered, delivered.lost, delivered.spooled), (0, 3, 0), "{status}");
        let [problem] = &delivered.problems[..] else { panic!("{:?}", delivered.problems) };
        assert!(parts.iter().all(|part| problem.contains(part)) && problem.ends_with("(3 envelopes)"), "{problem}");
        assert!(problem.starts_with(&format!("Sentry at {} answered", receiver.address)), "{problem}");
        assert_eq!(receiver.received().len(), 3, "{status} is not tried again");
        assert_eq!(logged(&log), sent);
    }
}

#[tokio::test]
async fn a_long_key_is_shown_in_part() {
    let receiver = Receiver::start(Behaviour::status(403)).await;
    let dsn = format!("http://0123456789abcdef:s3cret@{}/42", receiver.address).parse().expect("a DSN");
    let (delivered, _) = deliver(&DeliveryClient::new(dsn, receiver.tls()), runs(1), AMPLE).await;
    let problem = &delivered.problems[0];
    assert!(problem.contains("project 42 with key 01234567…: check the DSN"), "{problem}");
    assert!(!problem.contains("s3cret"), "{problem}");
}

#[tokio::test]
async fn a_redirect_is_a_loss_that_says_where_to() {
    let elsewhere = Receiver::start(Behaviour::default()).await;
    let location = format!("http://{}/api/7/envelope/?sentry_key=key", elsewhere.address);
    let receiver = Receiver::start(Behaviour::status(302).with("location", &location)).await;
    let (delivered, _) = deliver(&delivery_client(&receiver), runs(2), AMPLE).await;
    assert_eq!((delivered.lost, elsewhere.connections()), (2, 0));
    assert!(delivered.problems[0].contains("302 Found, a redirect to 127.0.0.1: results are"), "{delivered:?}");
}

#[tokio::test]
async fn an_error_of_sentrys_that_passes_loses_nothing() {
    for status in [500, 502, 503, 504] {
        let receiver =
            Receiver::start_with(move |turn| Behaviour::status(if turn.number < 30 { status } else { 200 })).await;
        let sent = runs(20);
        let (delivered, _) = deliver(&delivery_client(&receiver), sent.clone(), AMPLE).await;
        assert_eq!((delivered.delivered, delivered.problems.len()), (20, 0), "{delivered:?}");
        assert_eq!(receiver.taken(), ids(&sent));
    }
}

#[tokio::test]
async fn an_error_of_sentrys_that_stays_is_said_when_time_is_up() {
    let receiver = Receiver::start(Behaviour { status: 503, body: "", ..Behaviour::default() }).await;
    let (delivered, log) = deliver(&delivery_client(&receiver), runs(5), SHORT).await;
    assert_eq!((delivered.lost, logged(&log).len()), (5, 5));
    let sentence = format!("Sentry at {} answered 503 Service Unavailable (5 envelopes)", receiver.address);
    assert_eq!(delivered.problems, [sentence]);
    assert!(receiver.received().len() > 10, "it was tried again: {}", receiver.received().len());
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_tried_again() {
    let receiver = Receiver::start_with(|turn| match turn.number {
        0..40 => Behaviour::dropped(),
        _ => Behaviour::default(),
    })
    .await;
    let sent = runs(30);
    let (delivered, _) = deliver(&delivery_client(&receiver), sent.clone(), AMPLE).await;
    assert_eq!((delivered.delivered, receiver.taken()), (30, ids(&sent)), "{delivered:?}");

    let receiver = Receiver::start(Behaviour::dropped()).await;
    let (delivered, _) = deliver(&delivery_client(&receiver), sent, SHORT).await;
    assert_eq!(delivered.lost, 30);
    assert!(delivered.problems[0].contains("did not answer: the connection was closed"), "{delivered:?}");
}

#[tokio::test]
async fn what_answers_but_is_no_sentry_is_said() {
    let target = Target::http(|_| "220 mail.example.com ESMTP\r\n".to_owned()).await;
    let dsn = format!("http://key@{}/7", target.addr).parse().expect("a DSN");
    let delivery_client = DeliveryClient::new(dsn, receiver::client(rustls::RootCertStore::empty()));
    let (delivered, _) = deliver(&delivery_client, runs(2), SHORT).await;
    assert_eq!(delivered.lost, 2);
    assert!(delivered.problems[0].contains("the response is not HTTP"), "{delivered:?}");

    // A page where Sentry's JSON would be: somebody took it, and says so.
    let target = Target::http(|_| answer("200 OK", &[], "<html>")).await;
    let dsn = format!("http://key@{}/7", target.addr).parse().expect("a DSN");
    let delivery_client = DeliveryClient::new(dsn, receiver::client(rustls::RootCertStore::empty()));
    assert_eq!(deliver(&delivery_client, runs(2), SHORT).await.0.delivered, 2);
}

#[tokio::test]
async fn what_speaks_no_tls_is_not_reached() {
    let plain = Receiver::start(Behaviour::default()).await;
    let dsn = format!("https://key@localhost:{}/7", plain.address.port()).parse().expect("a DSN");
    let delivery_client = DeliveryClient::new(dsn, receiver::client(rustls::RootCertStore::empty())).retain_for_next();
    let (delivered, _) = deliver(&delivery_client, runs(2), SHORT).await;
    assert_eq!((delivered.lost, delivered.spooled, delivered.missing), (0, 2, 2));
    assert!(delivered.problems[0].contains("could not be reached: "), "{delivered:?}");
    assert_eq!(plain.received().len(), 0);
}

#[tokio::test]
async fn a_request_that_hangs_does_not_use_up_the_time() {
    let receiver = Receiver::start_with(|turn| match turn.number {
        0..10 => Behaviour::hanging(),
        _ => Behaviour::default(),
    })
    .await;
    let sent = runs(10);
    let (delivered, _) = deliver(&delivery_client(&receiver), sent.clone(), Duration::from_secs(3)).await;
    assert_eq!((delivered.delivered, receiver.taken()), (10, ids(&sent)), "{delivered:?}");
}

#[tokio::test]
async fn a_sentry_that_hangs_on_every_request_is_told_before_the_deadline() {
    for tls in [false, true] {
        let receiver = match tls {
            false => Receiver::start(Behaviour::hanging()).await,
            true => Receiver::start_tls(Behaviour::hanging()).await,
        };
        let (delivered, log) = deliver(&delivery_client(&receiver).retain_for_next(), runs(200), SHORT).await;
        assert_eq!((delivered.spooled, logged(&log).len()), (200, 200), "{delivered:?}");
        assert!(delivered.problems.iter().any(|problem| problem.contains("did not answer in time")), "{delivered:?}");
    }
}

#[tokio::test]
async fn connections_that_sentry_closed_meanwhile_are_replaced() {
    for protocols in [&[][..], &[&b"h2"[..]], &[&b"http/1.1"[..]]] {
        let receiver = Receiver::start_over(protocols, |_| Behaviour::default()).await;
        let (delivery_client, sent) = (delivery_client(&receiver), runs(100));
        assert_eq!(deliver(&delivery_client, sent.clone(), AMPLE).await.0.delivered, 100);
        receiver.hang_up();
        let (delivered, _) = deliver(&delivery_client, sent.clone(), AMPLE).await;
        assert_eq!((delivered.delivered, delivered.problems.len()), (100, 0), "{delivered:?}");
        assert_eq!(receiver.taken().len(), 200);
    }
}

#[tokio::test]
async fn a_kept_connection_that_only_seems_alive_is_left_at_once() {
    // Every connection takes the requests of one delivery and breaks under the next.
    let is_second = Arc::new(AtomicBool::new(false));
    let second = is_second.clone();
    let receiver = Receiver::start_with(move |turn| match second.load(Ordering::Relaxed) && turn.on_connection > 0 {
        true => Behaviour::dropped(),
        false => Behaviour::default(),
    })
    .await;
    let delivery_client = delivery_client(&receiver);
    assert_eq!(deliver(&delivery_client, runs(1), AMPLE).await.0.delivered, 1);
    is_second.store(true, Ordering::Relaxed);
    let (delivered, _) = deliver(&delivery_client, runs(1), AMPLE).await;
    assert_eq!((delivered.delivered, receiver.received().len()), (1, 3), "{delivered:?}");
}

#[tokio::test]
async fn a_thousand_results_arrive_through_a_sentry_that_fails_one_time_in_three() {
    let dice = Mutex::new(fastrand::Rng::with_seed(7));
    let receiver = Receiver::start_with(move |_| {
        let mut dice = dice.lock().expect("dice");
        match dice.u8(0..12) {
            0 => Behaviour::status(500),
            1 => Behaviour::status(503).with("retry-after", "0"),
            2 => Behaviour::status(429).with("retry-after", "0.01"),
            3 => Behaviour::dropped(),
            _ => Behaviour::default(),
        }
    })
    .await;
    let sent = runs(1000);
    let (delivered, _) = deliver(&delivery_client(&receiver), sent.clone(), Duration::from_secs(30)).await;
    println!("1,000 envelopes in {:?}, {} requests", delivered.duration, receiver.received().len());
    assert_eq!((delivered.delivered, delivered.lost), (1000, 0), "{delivered:?}");
    assert_eq!(receiver.taken(), ids(&sent), "all of them, each once");
}

#[tokio::test]
async fn what_is_too_large_is_cut_down_and_sent_again_once() {
    let spans: Vec<Value> = (0..900).map(|id| json!({"span_id": id, "description": "x".repeat(2000)})).collect();
    let transaction = json!({"type": "transaction", "contexts": {"trace": {}}, "spans": spans});
    let event = json!({"contexts": {"response": {"data": "x".repeat(2_000_000), "status_code": 500}}});
    let large = vec![
        Envelope::new(Kind::Transaction, Uuid::from_u128(1), Value::Null, &transaction),
        Envelope::new(Kind::Event, Uuid::from_u128(2), Value::Null, &event),
    ];
    let receiver = Receiver::start_with(|turn| {
        Behaviour::status(if turn.envelope.size() > 1024 * 1024 + 1024 { 413 } else { 200 })
    })
    .await;
    let (delivered, _) = deliver(&delivery_client(&receiver), large.clone(), AMPLE).await;
    assert_eq!((delivered.delivered, receiver.taken()), (2, ids(&large)), "{delivered:?}");
    assert_eq!(receiver.received().len(), 4);

    let receiver = Receiver::start(Behaviour::status(413)).await;
    let (delivered, log) = deliver(&delivery_client(&receiver), large.clone(), AMPLE).await;
    assert_eq!((delivered.lost, receiver.received().len()), (2, 4));
    assert!(
        delivered.problems[0].contains("413 Payload Too Large: \"no\", even after the envelope was reduced"),
        "{delivered:?}"
    );
    assert_eq!(logged(&log), large, "the log has it whole");
}

#[tokio::test]
async fn what_did_not_arrive_goes_first_the_next_time() {
    let is_well = Arc::new(AtomicBool::new(false));
    let well = is_well.clone();
    let receiver =
        Receiver::start_with(move |_| Behaviour::status(if well.load(Ordering::Relaxed) { 200 } else { 500 })).await;
    let delivery_client = delivery_client(&receiver).retain_for_next();
    let all = runs(6);
    let (first, _) = deliver(&delivery_client, all[..2].to_vec(), SHORT).await;
    assert_eq!((first.envelopes, first.spooled, first.lost, first.missing, first.carried), (2, 2, 0, 2, 0));
    // Kept on, but neither logged nor told again.
    let (second, log) = deliver(&delivery_client, all[2..4].to_vec(), SHORT).await;
    assert_eq!((second.envelopes, second.spooled, second.missing, second.carried), (4, 4, 2, 2));
    assert_eq!(logged(&log), all[2..4]);
    is_well.store(true, Ordering::Relaxed);
    let (third, _) = deliver(&delivery_client, all[4..].to_vec(), AMPLE).await;
    assert_eq!((third.envelopes, third.delivered, third.spooled, third.missing), (6, 6, 0, 0));
    assert_eq!(receiver.taken(), ids(&all));
    assert_eq!(deliver(&delivery_client, Vec::new(), AMPLE).await.0.envelopes, 0);
}

#[tokio::test]
async fn what_there_is_no_room_for_is_lost() {
    let closed = Port::reserve();
    let dsn = format!("http://key@{}/7", closed.addr).parse().expect("a DSN");
    let delivery_client = DeliveryClient::new(dsn, receiver::client(rustls::RootCertStore::empty())).retain_for_next();
    let body = json!({"message": "x".repeat(1024 * 1024)});
    let large = |id| Envelope::new(Kind::Event, Uuid::from_u128(id), Value::Null, &body);
    let (first, _) = deliver(&delivery_client, (0..3).map(large).collect(), Duration::from_millis(300)).await;
    assert_eq!((first.lost, first.spooled), (0, 3));
    let (second, log) = deliver(&delivery_client, (3..5).map(large).collect(), Duration::from_millis(300)).await;
    assert_eq!((second.envelopes, second.lost, second.spooled, second.missing), (5, 2, 3, 2));
    assert_eq!(logged(&log).len(), 2);
}

#[tokio::test]
async fn the_patient_log_only_what_they_give_up_and_each_once() {
    let closed = Port::reserve();
    let dsn = format!("http://key@{}/7", closed.addr).parse().expect("a DSN");
    let delivery_client =
        DeliveryClient::new(dsn, receiver::client(rustls::RootCertStore::empty())).retain_until_exit();
    let body = json!({"message": "x".repeat(1024 * 1024)});
    let large = |id| Envelope::new(Kind::Event, Uuid::from_u128(id), Value::Null, &body);
    let mut log = Vec::new();
    let mut lost = Vec::new();
    for ids in [0..2, 2..3, 3..5] {
        let until = tokio::time::Instant::now() + Duration::from_millis(300);
        let delivered = delivery_client.deliver(ids.map(large).collect(), until, &mut log).await;
        lost.push((delivered.lost, delivered.spooled, log.iter().filter(|byte| **byte == b'\n').count()));
    }
    assert_eq!(lost, [(0, 2, 0), (0, 3, 0), (2, 3, 2)], "there is room for three");
    assert_eq!((delivery_client.give_up(&mut log), delivery_client.waiting()), (3, 0));
    assert_eq!(delivery_client.give_up(&mut log), 0);
    let logged = logged(&String::from_utf8(log).expect("text"));
    assert_eq!(logged, (0..5).map(large).collect::<Vec<_>>(), "from the oldest to the newest");
}

#[tokio::test]
async fn the_transaction_and_the_event_of_a_run_both_arrive() {
    let receiver = Receiver::start(Behaviour::default()).await;
    let sent = failed_run();
    assert_eq!(deliver(&delivery_client(&receiver), sent.clone(), AMPLE).await.0.delivered, 2);
    assert_eq!(receiver.taken(), ids(&sent));
}
