//! What fails an invocation of the real function, and how people learn of it.

use std::path::Path;
use std::time::Duration;

use crate::support::alone;
use crate::support::answer::{error, results, strings};
use crate::support::kent::Kent;
use crate::support::moto::{Moto, REGION, settings};
use crate::support::proxy::Proxy;
use crate::support::rie::{Function, bootstrap};
use crate::support::sample_target::{file, group, of_group, sample_target};
use crate::support::target::Target;
use sentrynet::clock::SuspendAwareInstant;
use sentrynet::net::{Network, Resolver};
use sentrynet::parameters::{ConfigCache, ConfigSource, ParameterStore, Prefix};
use sentrynet::runner::{Overrides, Runner};
use sentrynet::telemetry::{Mode, Telemetry};
use serde_json::json;

#[tokio::test]
async fn what_cannot_be_served_is_a_function_error_that_says_why() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let good = of_group(&group(&sample));
    let config = file(&good);
    let function = Function::with_file(config.path(), Some(kent.dsn()), []).await;
    for (payload, part) in [
        (json!([1]), "must be a JSON object"),
        (json!("demo"), "must be a JSON object"),
        (json!({}), "has no \"group\""),
        (json!({"grup": "demo"}), "did you mean \"group\"?"),
        (json!({"group": 7}), "the name of a group, not 7"),
        (json!({"group": "demo", "every": "60"}), "a number of seconds"),
        (json!({"group": "demo", "time": "2026-11-20T10:00:00Z"}), "requires \"every\""),
        (json!({"group": "dmeo"}), "did you mean \"demo\"?"),
        (json!({"group": "else"}), "available: \"demo\""),
    ] {
        let message = error(&function.invoke(&payload).await, "PayloadError");
        assert!(message.contains(part), "{payload}: {message}");
    }
    for (text, part) in
        [("groups: [", "this `[` has no `]`"), (&*good.replace("url:", "ulr:"), "did you mean `url`?"), ("", "empty")]
    {
        std::fs::write(config.path(), text).expect("the file");
        let message = error(&function.invoke(&json!({"group": "demo"})).await, "ConfigurationError");
        assert!(message.contains(part), "{text:?}: {message}");
    }
    // What people have to mend is an event at Sentry, too.
    let told = strings(&kent.bodies("event").await, "message");
    assert_eq!(told.len(), 12, "{told:#?}");
    assert!(told.iter().all(|message| message.starts_with("the invocation failed: ")), "{told:#?}");
    // It needs no new start to get well.
    std::fs::write(config.path(), good).expect("the file");
    results(&function.invoke(&json!({"group": "demo"})).await);
    function.own_log();
}

#[tokio::test]
async fn without_a_usable_dsn_nothing_runs() {
    let sample = sample_target().await;
    let config = file(&of_group(&group(&sample)));
    let invoke = async |path: &Path, dsn: Option<&str>| {
        let function = Function::with_file(path, dsn.map(ToOwned::to_owned), []).await;
        error(&function.invoke(&json!({"group": "demo"})).await, "ConfigurationError")
    };
    let message = invoke(config.path(), None).await;
    assert_eq!(message, "no DSN is configured: set SENTRY_DSN, or sentry.dsn in the configuration");
    let message = invoke(config.path(), Some("sentry.io")).await;
    assert!(message.contains("https://KEY@HOST/PROJECT"), "{message}");
    let message = invoke(Path::new("/nowhere/sentrynet.yaml"), None).await;
    assert!(message.contains("/nowhere/sentrynet.yaml"), "{message}");
    assert_eq!(sample.connections(), 0);
}

#[tokio::test]
async fn a_newer_configuration_that_cannot_be_had_leaves_the_last_good_one_and_is_an_event() {
    const NAME: &str =
        "function::errors::a_newer_configuration_that_cannot_be_had_leaves_the_last_good_one_and_is_an_event";
    if alone::was_run_alone(NAME) {
        return;
    }
    let (sample, kent, mut moto) = (sample_target().await, Kent::start().await, Moto::start().await);
    let telemetry = Telemetry::init(Mode::Terminal);
    let refused = |code: &str| json!({"__type": code, "message": "because"});
    for (before, (trouble, parts)) in [
        ("denied", ["not allowed to read", "/sentrynet/groups/demo", "ssm:GetParameters"]),
        ("throttled", ["throttled", "/sentrynet/groups/demo", "because"]),
        ("broken", ["/sentrynet/groups/demo", "did you mean `url`?", "ulr"]),
        ("down", ["cannot reach", "/sentrynet/groups/demo", "AWS_ENDPOINT_URL"]),
    ]
    .into_iter()
    .enumerate()
    {
        moto.put("/sentrynet/groups/demo", &group(&sample)).await;
        let proxy = Proxy::of(moto.endpoint()).await;
        let url = if trouble == "down" { moto.endpoint() } else { proxy.url() };
        let store = ParameterStore::new(&settings(&url).await).expect("a store");
        let mut source = ConfigCache::new(crate::support::client(), &Prefix::new("/sentrynet")).with_store(store);
        // What was read a minute ago is read anew.
        source
            .group("demo", SuspendAwareInstant::now() - Duration::from_secs(60), None)
            .await
            .expect("a good configuration");
        match trouble {
            "denied" => proxy.answer_next(400, refused("AccessDeniedException")),
            "throttled" => proxy.answer_next(400, refused("ThrottlingException")),
            "broken" => {
                let broken = "name: demo\nprobes: [{probe: probes.http, ulr: 'http://127.0.0.1/'}]";
                moto.put("/sentrynet/groups/demo", broken).await;
            }
            _ => moto.stop(),
        }
        let overrides = Overrides { dsn: Some(kent.dsn()), ..Overrides::default() };
        let runner = Runner::new(Network::new(Resolver::system()), overrides, telemetry.clone());
        let source = ConfigSource::Ssm { prefix: Prefix::new("/sentrynet"), cache: Some(source).into() };
        let function = sentrynet::runner::Function::new(runner, source);
        let finished = function.handle(json!({"group": "demo"}), None).await.expect("a summary");
        assert_eq!((finished.summary.runs, finished.summary.ok), (3, 2), "{trouble}");
        let told: Vec<String> = strings(&kent.bodies("event").await, "message");
        let told: Vec<&String> = told.iter().filter(|message| *message != "-").collect();
        assert_eq!(told.len(), before + 1, "{trouble}: {told:?}");
        for part in ["the last valid one still runs"].iter().chain(&parts) {
            assert!(told[before].contains(part), "{trouble}: no {part:?} in {told:?}");
        }
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_told_before_the_deadline() {
    let kent = Kent::start().await;
    let hanging = Target::hanging().await;
    let more = [
        ("AWS_ENDPOINT_URL", hanging.url("")),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "testing".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "testing".to_owned()),
        ("SENTRY_DSN", kent.dsn()),
        ("AWS_LAMBDA_FUNCTION_TIMEOUT", "4".to_owned()),
    ];
    let function = Function::start(bootstrap(), more).await;
    let message = error(&function.invoke(&json!({"group": "demo"})).await, "ConfigurationError");
    assert!(function.took() < Duration::from_secs(4), "{:?}", function.took());
    assert!(message.contains("did not return /sentrynet/groups/demo within"), "{message}");
    let told = strings(&kent.bodies("event").await, "message");
    assert_eq!(told, [format!("the invocation failed: {message}")]);
}

#[tokio::test]
async fn what_fails_an_invocation_is_told_to_the_dsn_of_the_configuration() {
    let (sample, kent, moto) = (sample_target().await, Kent::start().await, Moto::start().await);
    moto.put_secret("/sentrynet/dsn", &kent.dsn()).await;
    moto.put("/sentrynet/groups/demo", &group(&sample)).await;
    let function = Function::start(bootstrap(), moto.environment()).await;
    results(&function.invoke(&json!({"group": "demo", "probe": "Home"})).await);
    error(&function.invoke(&json!({"group": "demo", "probe": "Hom"})).await, "PayloadError");
    error(&function.invoke(&json!({"group": "dmeo"})).await, "ConfigurationError");
    // One that never had a good configuration knows no more of Sentry than the parameter.
    moto.put("/sentrynet/groups/demo", "probes: [").await;
    let cold = Function::start(bootstrap(), moto.environment()).await;
    error(&cold.invoke(&json!({"group": "demo"})).await, "ConfigurationError");
    let events = kent.bodies("event").await;
    let told = strings(&events, "message");
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("did you mean \"Home\"?") && told[1].contains("/sentrynet/groups/dmeo"), "{told:?}");
    assert!(told[2].contains("/sentrynet/groups/demo:1:9: this `[` has no `]`"), "{told:?}");
    // What the invocations before had to say does not belong to them.
    assert!(events.iter().all(|event| !event["breadcrumbs"].to_string().contains("done")), "{events:#?}");
}
