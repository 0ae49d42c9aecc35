//! Connections to Sentry are kept from one invocation to the next, whatever a freeze of the sandbox does to them.

use crate::support::answer::results;
use crate::support::envelopes::{AMPLE, deliver, delivery_client, ids, runs};
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::rie::Function;
use crate::support::sample_target::{file, group, of_group, sample_target};
use sentrynet::net::{Network, Resolver};
use sentrynet::parameters::ConfigSource;
use sentrynet::runner;
use sentrynet::runner::{Overrides, Runner};
use sentrynet::telemetry::Telemetry;
use serde_json::json;

/// Everything that came of an invocation of the sample's group arrives, and nothing of it twice.
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
async fn warm_invocations_use_the_connection_of_the_first() {
    let (sample, sentry) = (sample_target().await, Receiver::start(Behaviour::default()).await);
    let config = file(&of_group(&group(&sample).replace("burst: 2", "burst: 1")));
    let function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), []).await;
    for invocation in 1..=3 {
        let answer = function.invoke(&json!({"group": "demo", "probe": "Home"})).await;
        assert_eq!(answer["delivery"]["delivered"], 1, "{answer:#}");
        assert_eq!((sentry.taken().len(), sentry.connections()), (invocation, 1));
        function.freeze();
        function.thaw();
    }
}

#[tokio::test]
async fn warm_invocations_use_the_connection_of_the_first_over_tls_too() {
    let sample = sample_target().await;
    let config = file(&of_group(&group(&sample).replace("burst: 2", "burst: 1")));
    for protocols in [&[&b"h2"[..]], &[&b"http/1.1"[..]]] {
        let sentry = Receiver::start_tls_with(protocols, |_| Behaviour::default()).await;
        // The real function trusts public authorities only.
        let overrides = Overrides { dsn: Some(sentry.dsn().to_string()), ..Overrides::default() };
        let runner =
            Runner::new(Network::new(Resolver::system()), overrides, Telemetry::default()).with_tls(sentry.tls());
        let function = runner::Function::new(runner, ConfigSource::File(config.path().to_owned()));
        let deliver = async |payload| {
            let finished = function.handle(payload, None).await.expect("a summary");
            (finished.summary.delivery.delivered, sentry.connections())
        };
        let (delivered, warm) = deliver(json!({"group": "demo"})).await;
        assert_eq!(delivered, 3);
        assert_eq!(deliver(json!({"group": "demo", "probe": "Home"})).await, (1, warm));
        assert!(warm == 1 || protocols[0] != b"h2", "{warm} connections over HTTP/2");
    }
}

#[tokio::test]
async fn whatever_becomes_of_connections_while_the_function_is_frozen_everything_arrives_once() {
    let (sample, mut sentry) = (sample_target().await, Receiver::start(Behaviour::default()).await);
    let config = file(&of_group(&group(&sample).replace("burst: 2", "burst: 20")));
    let function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), []).await;
    deliver_all(&function, &sentry, 21).await;
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
        let sentry = Receiver::start_over(protocols, |_| Behaviour::default()).await;
        let (delivery_client, sent) = (delivery_client(&sentry), runs(20));
        assert_eq!(deliver(&delivery_client, sent.clone(), AMPLE).await.0.delivered, 20);
        sentry.vanish();
        let (delivered, _) = deliver(&delivery_client, sent.clone(), AMPLE).await;
        assert_eq!((delivered.delivered, delivered.problems.len()), (20, 0), "{delivered:?}");
        assert_eq!(sentry.taken(), ids(&[sent.clone(), sent].concat()), "twice in all: once each delivery");
        // Without a word from the system, a request on a kept connection has two thirds of the time.
        assert!(delivered.duration < AMPLE / 4, "{delivered:?}");
    }
}
