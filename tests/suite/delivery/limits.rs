//! What Sentry says about how much it takes is honoured: nothing is sent that it would refuse, nothing is lost that
//! there is time to wait for.

use std::time::{Duration, SystemTime};

use crate::support::clock::Stopwatch;
use crate::support::envelopes::{AMPLE, deliver, delivery_client, failed_run, ids, logged, runs};
use crate::support::receiver::{Behaviour, Receiver};
use sentrynet::sentry::Kind;
use tokio::time::Instant;

const LIMITS: &str = "x-sentry-rate-limits";

/// Answers the first request so, all others well.
async fn once(first: Behaviour) -> Receiver {
    Receiver::start_with(move |turn| if turn.number == 0 { first.clone() } else { Behaviour::default() }).await
}

#[tokio::test]
async fn what_there_is_time_to_wait_for_is_waited_for() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(4));
    for first in [
        Behaviour::status(429).with("retry-after", "1"),
        Behaviour::status(429).with("retry-after", &date),
        Behaviour::status(429).with(LIMITS, "1.0::organization:quota").with("retry-after", "600"),
        Behaviour::status(429).with(LIMITS, "600:session:key, what?, 1:error;transaction:organization:quota"),
        Behaviour::status(503).with("retry-after", "1"),
    ] {
        let receiver = once(first.clone()).await;
        let started = Instant::now();
        let sent = runs(1);
        let (delivered, _) = deliver(&delivery_client(&receiver), sent.clone(), AMPLE).await;
        assert_eq!((delivered.delivered, receiver.taken()), (1, ids(&sent)), "{first:?}: {delivered:?}");
        assert_eq!(receiver.received().len(), 2, "{first:?}");
        assert!(started.elapsed() >= Duration::from_secs(1), "{first:?} is not waited for");
    }
}

#[tokio::test]
async fn what_is_limited_beyond_the_deadline_is_not_sent_at_all() {
    for first in [
        Behaviour::status(429),
        Behaviour::status(429).with("retry-after", "60"),
        Behaviour::status(429).with("retry-after", "99999999999999999999"),
        Behaviour::status(429).with(LIMITS, "60:transaction:key:quota"),
        Behaviour::status(429).with(LIMITS, "60::key"),
    ] {
        let receiver = Receiver::start(first.clone()).await;
        let delivery_client = delivery_client(&receiver).retain_for_next();
        let watch = Stopwatch::start();
        let (delivered, log) = deliver(&delivery_client, runs(1), AMPLE).await;
        assert_eq!((delivered.spooled, logged(&log).len()), (1, 1), "{first:?}: {delivered:?}");
        let problem = &delivered.problems[0];
        assert!(problem.contains("answered 429 Too Many Requests: \"no\"; it rejects "), "{problem}");
        // What follows is kept without asking again, also in the next delivery.
        let (delivered, _) = deliver(&delivery_client, runs(100)[50..].to_vec(), AMPLE).await;
        assert_eq!((delivered.spooled, delivered.carried, receiver.received().len()), (51, 1, 1), "{first:?}");
        assert!(watch.elapsed() < Duration::from_secs(5), "there is nothing to wait for");
        let problem = &delivered.problems[0];
        assert!(
            problem.starts_with("not sent: Sentry at ") && problem.contains("longer than the time left"),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn a_limit_is_for_its_category_alone() {
    for (limited, word) in [(Kind::Transaction, "transaction"), (Kind::Event, "error")] {
        let receiver = Receiver::start_with(move |turn| match turn.envelope.kind() == limited {
            true => Behaviour::status(429).with(LIMITS, &format!("60:{word}:organization:usage_exceeded")),
            false => Behaviour::default(),
        })
        .await;
        let (delivered, log) = deliver(&delivery_client(&receiver), failed_run(), AMPLE).await;
        assert_eq!((delivered.delivered, delivered.lost), (1, 1), "{delivered:?}");
        assert_eq!(logged(&log)[0].kind(), limited);
        assert!(delivered.problems[0].contains("for 60 s"), "{delivered:?}");
    }
}

#[tokio::test]
async fn a_limit_that_comes_with_a_200_is_for_what_follows() {
    let receiver = once(Behaviour::default().with(LIMITS, "60:transaction:key")).await;
    let delivery_client = delivery_client(&receiver);
    assert_eq!(deliver(&delivery_client, runs(1), AMPLE).await.0.delivered, 1);
    let (delivered, _) = deliver(&delivery_client, failed_run(), AMPLE).await;
    assert_eq!((delivered.delivered, delivered.lost, receiver.received().len()), (1, 1, 2));
    assert!(delivered.problems[0].contains("rejects transactions for"), "{delivered:?}");
}

#[tokio::test]
async fn a_limit_of_what_is_not_sent_limits_nothing() {
    let receiver = once(Behaviour::status(429).with(LIMITS, "60:session;attachment:key:quota")).await;
    assert_eq!(deliver(&delivery_client(&receiver), runs(3), AMPLE).await.0.delivered, 3);
}

#[tokio::test]
async fn limited_transactions_do_not_hold_up_events() {
    // More transactions than there can be requests at once wait; the events go past them.
    let receiver = Receiver::start_with(move |turn| match (turn.envelope.kind(), turn.number) {
        (Kind::Transaction, 0..64) => Behaviour::status(429).with(LIMITS, "2:transaction:key"),
        _ => Behaviour::default(),
    })
    .await;
    let mut sent = runs(200);
    sent.push(failed_run().pop().expect("an event"));
    let (delivered, _) = deliver(&delivery_client(&receiver), sent.clone(), AMPLE).await;
    assert_eq!((delivered.delivered, receiver.taken()), (201, ids(&sent)), "{delivered:?}");
    let received = receiver.received();
    let taken: Vec<Kind> =
        received.iter().filter(|request| request.status == Some(200)).map(|request| request.envelope.kind()).collect();
    assert_eq!(taken[0], Kind::Event);
}
