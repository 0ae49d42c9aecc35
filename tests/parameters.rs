//! SSM Parameter Store, through moto.

mod support;

use std::collections::BTreeSet;

use aws_sdk_ssm::config::retry::RetryConfig;
use sentrynet::config::ssm::{ParameterStore, SsmError};
use serde_json::json;
use support::front::Front;
use support::moto::{Moto, REGION, settings};

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The store behind `endpoint`; failures are not tried again, so that each call can be seen.
async fn store(endpoint: &str) -> ParameterStore {
    let settings = settings(endpoint).await.into_builder().retry_config(RetryConfig::disabled()).build();
    ParameterStore::new(&settings).expect("a store")
}

#[tokio::test]
async fn parameters_come_in_one_call_and_decrypted() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/sentry", "environment: test").await;
    moto.put_secret("/sentrynet/dsn", "https://key@sentry.invalid/1").await;
    moto.put("/sentrynet/groups/demo", "first").await;
    moto.put("/sentrynet/groups/demo", "second").await;
    let front = Front::of(moto.endpoint()).await;
    let store = store(&front.url()).await;

    let wanted =
        ["/sentrynet/sentry", "/sentrynet/dsn", "/sentrynet/groups/demo", "/sentrynet/groups/none", "/no such"];
    let parameters = store.fetch(&names(&wanted)).await.expect("parameters");

    let found: Vec<_> =
        parameters.found.iter().map(|(name, found)| (name.as_str(), found.value.expose(), found.version)).collect();
    assert_eq!(
        found,
        [
            ("/sentrynet/dsn", "https://key@sentry.invalid/1", 1),
            ("/sentrynet/groups/demo", "second", 2),
            ("/sentrynet/sentry", "environment: test", 1),
        ]
    );
    assert_eq!(parameters.missing, names(&["/no such", "/sentrynet/groups/none"]));
    assert!(!format!("{parameters:?}").contains("key@"), "no value is printed");
    let calls = front.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].target.as_deref(), Some("AmazonSSM.GetParameters"));
    assert_eq!(calls[0].body["WithDecryption"], true);
    assert_eq!(calls[0].body["Names"].as_array().map(Vec::len), Some(4), "the impossible name is not asked for");
}

#[tokio::test]
async fn more_than_ten_names_come_in_as_few_calls_as_can_be() {
    let moto = Moto::start().await;
    let all: Vec<String> = (0..23).map(|n| format!("/many/{n:02}")).collect();
    for name in &all {
        moto.put(name, &format!("value of {name}")).await;
    }
    let front = Front::of(moto.endpoint()).await;
    let store = store(&front.url()).await;

    let parameters = store.fetch(&all.iter().cloned().collect()).await.expect("parameters");

    assert_eq!(parameters.missing, names(&[]));
    assert_eq!(parameters.found.len(), 23);
    assert!(parameters.found.iter().all(|(name, found)| found.value.expose() == format!("value of {name}")));
    let mut sizes: Vec<_> =
        front.calls().iter().filter_map(|call| Some(call.body["Names"].as_array()?.len())).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [3, 10, 10]);

    store.fetch(&names(&[])).await.expect("nothing");
    assert_eq!(front.calls().len(), 0);
}

#[tokio::test]
async fn secrets_that_cannot_be_had_say_why() {
    let moto = Moto::start().await;
    moto.put_secret("/shop/password", "hunter2!").await;
    let store = store(&moto.endpoint()).await;

    let secrets = store.secrets(&names(&["/shop/password", "/shop/pasword"])).await;

    assert_eq!(secrets["/shop/password"].as_ref().map(|secret| secret.expose()), Ok("hunter2!"));
    assert_eq!(
        secrets["/shop/pasword"].as_ref().map(|_| ()),
        Err(&format!("there is none of this name in {REGION}"))
    );
}

#[tokio::test]
async fn what_aws_refuses_is_said_with_what_to_do() {
    // Nothing is behind the front: it answers everything itself.
    let front = Front::of("http://127.0.0.1:9".to_owned()).await;
    let store = store(&front.url()).await;
    for (status, code, parts) in [
        (400, "AccessDeniedException", ["/p/sentry", "ssm:GetParameters", "kms:Decrypt", REGION, "because"]),
        (400, "ThrottlingException", ["/p/sentry", "throttling", "fewer calls", REGION, "because"]),
        (400, "UnrecognizedClientException", ["credentials", "renew", "Unrecognized", REGION, "because"]),
        (400, "ExpiredTokenException", ["credentials", "renew", "Expired", REGION, "because"]),
        (500, "InternalServerError", ["/p/sentry", "did not give", "InternalServerError", REGION, "because"]),
    ] {
        front.answer_next(status, json!({"__type": code, "message": "because"}));
        let error = store.fetch(&names(&["/p/sentry"])).await.expect_err(code).to_string();
        for part in parts {
            assert!(error.contains(part), "{code}: no {part:?} in {error:?}");
        }
    }
    assert_eq!(front.calls().len(), 5);
}

#[tokio::test]
async fn a_silent_network_and_a_missing_region_have_sentences_of_their_own() {
    let port = support::process::free_port();
    let store = store(&format!("http://127.0.0.1:{port}")).await;
    let error = store.fetch(&names(&["/p/sentry"])).await.expect_err("nobody listens");
    assert!(matches!(error, SsmError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");

    let nowhere = settings("http://127.0.0.1:9").await.into_builder().region(None).build();
    assert_eq!(ParameterStore::new(&nowhere).map(|_| ()), Err(SsmError::NoRegion));
}
