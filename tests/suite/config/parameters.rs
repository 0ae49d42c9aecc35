//! SSM Parameter Store, through moto.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::clock::Stopwatch;
use crate::support::moto::{Moto, REGION, settings};
use crate::support::port::Port;
use crate::support::proxy::Proxy;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use sentrynet::clock::SuspendAwareInstant;
use sentrynet::parameters::{ConfigCache, LoadError, Loaded, ParameterStore, Prefix, SsmError};
use serde_json::json;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The store behind `endpoint`.
async fn store(endpoint: &str) -> ParameterStore {
    ParameterStore::new(&settings(endpoint).await).expect("a store")
}

#[tokio::test]
async fn parameters_come_in_one_call_and_decrypted() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/sentry", "environment: test").await;
    moto.put_secret("/sentrynet/dsn", "https://key@sentry.invalid/1").await;
    moto.put("/sentrynet/groups/demo", "first").await;
    moto.put("/sentrynet/groups/demo", "second").await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let store = store(&proxy.url()).await;

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
    let calls = proxy.calls();
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
    let proxy = Proxy::of(moto.endpoint()).await;
    let store = store(&proxy.url()).await;

    let parameters = store.fetch(&all.iter().cloned().collect()).await.expect("parameters");

    assert_eq!(parameters.missing, names(&[]));
    assert_eq!(parameters.found.len(), 23);
    assert!(parameters.found.iter().all(|(name, found)| found.value.expose() == format!("value of {name}")));
    let mut sizes: Vec<_> =
        proxy.calls().iter().filter_map(|call| Some(call.body["Names"].as_array()?.len())).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [3, 10, 10]);

    store.fetch(&names(&[])).await.expect("nothing");
    assert_eq!(proxy.calls().len(), 0);
}

#[tokio::test]
async fn secrets_that_cannot_be_had_say_why() {
    let moto = Moto::start().await;
    moto.put_secret("/shop/password", "hunter2!").await;
    let store = store(&moto.endpoint()).await;

    let secrets = store.secrets(&names(&["/shop/password", "/shop/pasword"])).await;

    assert_eq!(secrets["/shop/password"].as_ref().map(|secret| secret.expose()), Ok("hunter2!"));
    assert_eq!(secrets["/shop/pasword"].as_ref().map(|_| ()), Err(&format!("there is no such parameter in {REGION}")));
}

#[tokio::test]
async fn what_aws_refuses_is_said_with_what_to_do() {
    // Nothing is behind the proxy: it answers everything itself.
    let proxy = Proxy::of("http://127.0.0.1:9".to_owned()).await;
    let store = store(&proxy.url()).await;
    for (status, code, parts) in [
        (400, "AccessDeniedException", ["/p/sentry", "ssm:GetParameters", "kms:Decrypt", REGION, "because"]),
        (400, "ThrottlingException", ["/p/sentry", "throttled", "fewer calls", REGION, "because"]),
        (400, "UnrecognizedClientException", ["credentials", "renew", "Unrecognized", REGION, "because"]),
        (400, "ExpiredTokenException", ["credentials", "renew", "Expired", REGION, "because"]),
        (500, "InternalServerError", ["/p/sentry", "refused to read", "InternalServerError", REGION, "because"]),
    ] {
        proxy.answer_next(status, json!({"__type": code, "message": "because"}));
        let error = store.fetch(&names(&["/p/sentry"])).await.expect_err(code).to_string();
        for part in parts {
            assert!(error.contains(part), "{code}: no {part:?} in {error:?}");
        }
    }
    assert_eq!(proxy.calls().len(), 5);
}

#[tokio::test]
async fn a_silent_network_missing_credentials_and_a_missing_region_have_sentences_of_their_own() {
    let closed = Port::reserve();
    let store = store(&format!("http://{}", closed.addr)).await;
    let error = store.fetch(&names(&["/p/sentry"])).await.expect_err("nobody listens");
    assert!(matches!(error, SsmError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");

    let nobody = provide_credentials_fn(|| async { Err(CredentialsError::not_loaded("nothing is set")) });
    let nobody = SharedCredentialsProvider::new(nobody);
    let nobody = settings("http://127.0.0.1:9").await.into_builder().credentials_provider(nobody).build();
    let error = ParameterStore::new(&nobody).expect("a store").fetch(&names(&["/p/sentry"])).await.expect_err("nobody");
    assert!(matches!(error, SsmError::NoCredentials { .. }), "{error:?}");

    let nowhere = settings("http://127.0.0.1:9").await.into_builder().region(None).build();
    assert_eq!(ParameterStore::new(&nowhere).map(|_| ()), Err(SsmError::NoRegion));
}

/// A group of one probe.
fn one_probe(url: &str) -> String {
    format!("name: demo\nprobes:\n  - probe: probes.http\n    url: {url}\n    tags: {{page: home}}\n")
}

/// The same with a secret in its request.
fn with_secret(url: &str) -> String {
    format!("{}    auth: {{bearer: {{ssm: /shop/token}}}}\n", one_probe(url))
}

fn only_title(loaded: &Loaded) -> &str {
    let [group] = loaded.config.groups.as_slice() else { panic!("{} groups", loaded.config.groups.len()) };
    &group.probes[0].title
}

fn asked(proxy: &Proxy) -> Vec<BTreeSet<String>> {
    proxy.calls().iter().map(|call| serde_json::from_value(call.body["Names"].clone()).expect("names")).collect()
}

const PARAMETERS: [&str; 3] = ["/sentrynet/sentry", "/sentrynet/dsn", "/sentrynet/groups/demo"];

async fn source(proxy: &Proxy) -> ConfigCache {
    ConfigCache::new(crate::support::client(), &Prefix::new("/sentrynet/")).with_store(store(&proxy.url()).await)
}

#[tokio::test]
async fn a_configuration_is_asked_for_once_a_minute_in_one_call() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/sentry", "sentry: {dsn: 'https://key@old.invalid/1', environment: test}\ntags: {team: web}")
        .await;
    moto.put_secret("/sentrynet/dsn", "https://key@new.invalid/1\n").await;
    moto.put("/sentrynet/groups/demo", &one_probe("https://a.invalid/")).await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let mut source = source(&proxy).await;
    let start = SuspendAwareInstant::now();

    let first = source.group("demo", start, None).await.expect("a configuration");
    assert_eq!(only_title(&first), "GET https://a.invalid");
    assert_eq!(first.config.groups[0].probes[0].tags["team"], "web");
    assert_eq!(first.config.sentry.environment.as_deref(), Some("test"));
    assert_eq!(first.config.sentry.dsn.as_ref().map(|dsn| dsn.expose()), Some("https://key@new.invalid/1"));
    assert_eq!(first.broken, None);
    assert_eq!(asked(&proxy), [names(&PARAMETERS)]);

    moto.put("/sentrynet/groups/demo", &one_probe("https://b.invalid/")).await;
    let within = source.group("demo", start + Duration::from_secs(59), None).await.expect("the same");
    assert_eq!(only_title(&within), "GET https://a.invalid");
    assert_eq!(asked(&proxy), []);

    let after = source.group("demo", start + Duration::from_secs(60), None).await.expect("a newer one");
    assert_eq!(only_title(&after), "GET https://b.invalid");
    assert_eq!(asked(&proxy), [names(&PARAMETERS)]);

    let same = source.group("demo", start + Duration::from_secs(120), None).await.expect("the same again");
    assert!(Arc::ptr_eq(&after.config, &same.config), "what has not changed is not read again");
    assert_eq!(asked(&proxy).len(), 1);
}

#[tokio::test]
async fn settings_and_dsn_are_not_needed() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/groups/demo", &one_probe("https://a.invalid/")).await;
    let loaded = source(&Proxy::of(moto.endpoint()).await).await.group("demo", SuspendAwareInstant::now(), None).await;
    assert!(loaded.expect("a configuration").config.sentry.dsn.is_none());
}

#[tokio::test]
async fn secrets_come_in_the_same_call_once_they_are_known() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/groups/demo", &with_secret("https://a.invalid/")).await;
    moto.put_secret("/shop/token", "hunter2!").await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let mut source = source(&proxy).await;
    let start = SuspendAwareInstant::now();
    let token = |loaded: &Loaded| loaded.config.redactor.text("hunter2! hunter3!");

    let first = source.group("demo", start, None).await.expect("a configuration");
    assert_eq!(token(&first), "[Filtered] hunter3!");
    assert_eq!(asked(&proxy), [names(&PARAMETERS), names(&["/shop/token"])]);

    moto.put_secret("/shop/token", "hunter3!").await;
    let rotated = source.group("demo", start + Duration::from_secs(60), None).await.expect("a configuration");
    assert_eq!(token(&rotated), "hunter2! [Filtered]");
    let mut all = names(&PARAMETERS);
    all.insert("/shop/token".to_owned());
    assert_eq!(asked(&proxy), [all]);

    moto.delete("/shop/token").await;
    let gone = source.group("demo", start + Duration::from_secs(120), None).await.expect("the last good configuration");
    assert_eq!(token(&gone), "hunter2! [Filtered]");
    let broken = gone.broken.expect("a break").to_string();
    assert!(broken.contains("/shop/token") && broken.contains(REGION), "{broken}");
    assert!(!broken.contains("hunter"), "{broken}");
}

#[tokio::test]
async fn a_broken_newer_value_leaves_the_last_good_one_and_is_reported_until_it_is_mended() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/groups/demo", &one_probe("https://a.invalid/")).await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let mut source = source(&proxy).await;
    let start = SuspendAwareInstant::now();
    let good = source.group("demo", start, None).await.expect("a configuration");

    for (minute, broken) in [(1, "probes: [{probe: probes.http, ulr: 'https://b.invalid/'}]"), (2, "probes: [")] {
        moto.put("/sentrynet/groups/demo", broken).await;
        // Unchanged, it is as broken a minute later; and within the minute, too.
        for seconds in [minute * 180, minute * 180 + 30, minute * 180 + 60] {
            let loaded =
                source.group("demo", start + Duration::from_secs(seconds), None).await.expect("the last good one");
            assert!(Arc::ptr_eq(&good.config, &loaded.config));
            let Some(LoadError::Broken(problems)) = loaded.broken else { panic!("{:?}", loaded.broken) };
            assert!(problems.to_string().contains("/sentrynet/groups/demo"), "{problems}");
        }
    }

    moto.put("/sentrynet/groups/demo", &one_probe("https://c.invalid/")).await;
    let mended = source.group("demo", start + Duration::from_secs(900), None).await.expect("a configuration");
    assert_eq!((only_title(&mended), mended.broken.is_none()), ("GET https://c.invalid", true));

    // With nothing good to fall back on, a broken value is an error.
    moto.put("/sentrynet/groups/demo", "probes: [").await;
    let cold = self::source(&proxy).await.group("demo", start, None).await;
    assert!(matches!(cold, Err(LoadError::Broken(_))), "{cold:?}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_leaves_the_last_good_configuration() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/groups/demo", &one_probe("https://a.invalid/")).await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let mut source = source(&proxy).await;
    let start = SuspendAwareInstant::now();
    let denied = || proxy.answer_next(400, json!({"__type": "AccessDeniedException", "message": "because"}));

    denied();
    let cold = source.group("demo", start, None).await;
    assert!(matches!(cold, Err(LoadError::Ssm(SsmError::Denied { .. }))), "{cold:?}");
    source.group("demo", start, None).await.expect("a failure is not kept");

    denied();
    let later = source.group("demo", start + Duration::from_secs(60), None).await.expect("the last good configuration");
    assert!(matches!(later.broken, Some(LoadError::Ssm(SsmError::Denied { .. }))), "{:?}", later.broken);
    let again = source.group("demo", start + Duration::from_secs(120), None).await.expect("a configuration");
    assert_eq!(again.broken, None);

    proxy.answer_next(400, json!({"__type": "ThrottlingException", "message": "because"}));
    let busy = source.group("demo", start + Duration::from_secs(180), None).await.expect("the last good configuration");
    assert!(matches!(busy.broken, Some(LoadError::Ssm(SsmError::Throttled { .. }))), "{:?}", busy.broken);
    // Asked again within the minute, it says the same; after a freeze of a minute it asks again.
    let asked = start + Duration::from_secs(181);
    let same = source.group("demo", asked, None).await.expect("the last good configuration");
    assert_eq!(same.broken, busy.broken);
    let thawed = asked.after_suspension(Duration::from_secs(60));
    assert_eq!(source.group("demo", thawed, None).await.expect("a configuration").broken, None);

    // With something good at hand, little of the time left is spent on waiting.
    proxy.ignore_next();
    let (watch, left) = (Stopwatch::start(), Duration::from_secs(2));
    let hanging = source.group("demo", start + Duration::from_secs(360), Some(Instant::now() + left)).await;
    assert!(watch.elapsed() < left, "{:?}", watch.elapsed());
    let broken = hanging.expect("the last good configuration").broken;
    assert!(matches!(broken, Some(LoadError::Ssm(SsmError::Late { .. }))), "{broken:?}");
}

#[tokio::test]
async fn a_group_that_is_not_there_is_an_error_that_names_its_parameter() {
    let moto = Moto::start().await;
    moto.put("/sentrynet/groups/demo", &one_probe("https://a.invalid/")).await;
    let mut source = source(&Proxy::of(moto.endpoint()).await).await;
    let start = SuspendAwareInstant::now();

    let unknown = source.group("dmeo", start, None).await.expect_err("no such group");
    assert_eq!(unknown.to_string(), format!("there is no SSM parameter /sentrynet/groups/dmeo in {REGION}"));
    let impossible = source.group("no such\ngroup", start, None).await.expect_err("no such group");
    assert!(impossible.to_string().contains("/sentrynet/groups/no such"), "{impossible}");

    source.group("demo", start, None).await.expect("a configuration");
    moto.delete("/sentrynet/groups/demo").await;
    let deleted = source.group("demo", start + Duration::from_secs(60), None).await.expect_err("taken away");
    assert!(matches!(deleted, LoadError::Ssm(SsmError::Missing { .. })), "{deleted:?}");
}
