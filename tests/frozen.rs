//! What a freeze of the sandbox between two invocations does to the connections that are kept meanwhile.
#![cfg(feature = "cli")]

mod support;

use serde_json::json;
use support::answer::results;
use support::mail::{AMPLE, courier, deliver, ids, runs};
use support::receiver::{Behaviour, Receiver};
use support::rie::Function;
use support::shop::{file, group, of_group, shop};

/// Everything that came of an invocation of the shop's group arrives, and nothing of it twice.
async fn deliver_all(function: &Function, sentry: &Receiver, runs: u64) {
    let before = sentry.taken().len();
    let answer = function.invoke(&json!({"group": "demo"})).await;
    assert_eq!(results(&answer).len() as u64, runs);
    let delivery = &answer["delivery"];
    // The till fails each time.
    let envelopes = json!(runs + 1);
    assert_eq!((&delivery["envelopes"], &delivery["delivered"]), (&envelopes, &envelopes), "{answer:#}");
    let taken = sentry.taken();
    assert_eq!(json!(taken.len() - before), envelopes);
    assert!(taken.windows(2).all(|pair| pair[0] != pair[1]), "each once: {taken:?}");
}

#[tokio::test]
async fn whatever_becomes_of_connections_while_the_function_is_frozen_everything_arrives_once() {
    let (shop, mut sentry) = (shop().await, Receiver::start(Behaviour::default()).await);
    let config = file(&of_group(&group(&shop).replace("burst: 2", "burst: 20")));
    let function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), []).await;
    deliver_all(&function, &sentry, 21).await;
    let warm = sentry.connections();
    function.freeze();
    function.thaw();
    deliver_all(&function, &sentry, 21).await;
    assert_eq!(sentry.connections(), warm, "those that are still there are used");

    function.freeze();
    sentry.hang_up();
    function.thaw();
    deliver_all(&function, &sentry, 21).await;

    function.freeze();
    sentry.restart().await;
    function.thaw();
    deliver_all(&function, &sentry, 21).await;

    function.freeze();
    sentry.vanish();
    function.thaw();
    deliver_all(&function, &sentry, 21).await;
    let log = function.own_log();
    assert!(log.iter().all(|line| line["sentrynet"] != "envelope" && line["level"] == "INFO"), "{log:#?}");
}

#[tokio::test]
async fn kept_connections_whose_way_is_gone_are_left_long_before_time_is_up() {
    for protocols in [&[][..], &[&b"h2"[..]], &[&b"http/1.1"[..]]] {
        let sentry = match protocols {
            [] => Receiver::start(Behaviour::default()).await,
            _ => Receiver::start_tls_with(protocols, |_| Behaviour::default()).await,
        };
        let (courier, sent) = (courier(&sentry), runs(20));
        assert_eq!(deliver(&courier, sent.clone(), AMPLE).await.0.delivered, 20);
        sentry.vanish();
        let (delivered, _) = deliver(&courier, sent.clone(), AMPLE).await;
        assert_eq!((delivered.delivered, delivered.problems.len()), (20, 0), "{delivered:?}");
        assert_eq!(sentry.taken(), ids(&[sent.clone(), sent].concat()), "twice in all: once each delivery");
        // Without a word from the system, a request on a kept connection has half of the time.
        assert!(delivered.duration < AMPLE / 4, "{delivered:?}");
    }
}
