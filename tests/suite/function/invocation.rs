//! The function as AWS runs it: the real `bootstrap` under AWS's own emulator of the Lambda runtime.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::answer::{error, results, strings};
use crate::support::kent::Kent;
use crate::support::moto::{Moto, REGION};
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::rie::{Function, bootstrap};
use crate::support::sample_target::{file, group, of_group, sample_target};
use crate::support::target::{Target, answer};
use base64::Engine as _;
use sentrynet::sentry::{Envelope, Kind};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, Time};

/// The minute that has begun, as a rule would name it; the next one, where this one is as good as over.
async fn minute() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    if now.second() >= 55 {
        tokio::time::sleep(Duration::from_millis(60_050 - u64::from(now.second()) * 1000)).await;
    }
    let now = OffsetDateTime::now_utc();
    now.replace_time(Time::from_hms(now.hour(), now.minute(), 0).expect("a minute"))
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).expect("a time")
}

#[tokio::test]
async fn by_hand_every_probe_runs_now_and_sentry_gets_what_the_answer_says() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let config = file(&of_group(&group(&sample)));
    let function = Function::with_file(config.path(), Some(kent.dsn()), []).await;
    let answer = function.invoke(&json!({"group": "demo"})).await;

    let runs = results(&answer);
    assert_eq!((&answer["group"], &answer["location"]), (&json!("demo"), &json!(REGION)));
    assert_eq!(strings(runs, "title"), ["Home", "Home", "Till"]);
    assert_eq!(strings(runs, "status"), ["ok", "ok", "failed"], "a failed probe is a result");
    assert_eq!((&runs[2]["kind"], &runs[2]["http_status"]), (&json!("http_status"), &json!(503)));
    assert_eq!(runs[2]["address"], sample.addr.to_string());
    assert_eq!(strings(runs[0]["phases"].as_array().expect("phases"), "op")[0], "net.tcp");
    assert_eq!(answer["delivery"]["delivered"], 4);

    let transactions = kent.bodies("transaction").await;
    let traces: BTreeSet<&str> =
        transactions.iter().filter_map(|body| body["contexts"]["trace"]["trace_id"].as_str()).collect();
    assert_eq!(traces, runs.iter().filter_map(|run| run["trace_id"].as_str()).collect());
    let events = kent.bodies("event").await;
    assert_eq!(strings(&events, "event_id"), strings(&runs[2..], "event_id"));
    assert_eq!(events[0]["exception"]["values"][0]["value"], runs[2]["error"]);
    assert_eq!(events[0]["tags"]["page"], "till");
    for body in transactions.iter().chain(&events) {
        assert_eq!((&body["tags"]["location"], &body["tags"]["target"]), (&json!(REGION), &json!("shop")));
        assert_eq!(body["tags"]["probe"], "probes.http");
    }
    let log = function.own_log();
    let done = log.iter().find(|line| line["message"] == "done").expect("a line that it is done");
    assert_eq!((&done["level"], &done["runs"], &done["failed"]), (&json!("INFO"), &json!(3), &json!(1)));
}

#[tokio::test]
async fn a_payload_chooses_probes_by_title_and_by_tags() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let config = file(&of_group(&group(&sample)));
    let function = Function::with_file(config.path(), Some(kent.dsn()), []).await;
    for (chosen, titles) in [
        (json!({"group": "demo", "probe": "Till"}), vec!["Till"]),
        (json!({"group": "demo", "tags": {"page": "home"}}), vec!["Home", "Home"]),
        (json!({"group": "demo", "tags": {"floor": 1, "target": "shop"}}), vec!["Till"]),
        (json!({"group": "demo", "probe": "Home", "tags": {"target": "shop"}}), vec!["Home", "Home"]),
    ] {
        let answer = function.invoke(&chosen).await;
        assert_eq!(strings(results(&answer), "title"), titles, "{chosen}");
    }
    for (chosen, part) in [
        (json!({"group": "demo", "probe": "Tilt"}), "did you mean \"Till\"?"),
        (json!({"group": "demo", "tags": {"page": "roof"}}), "page=home"),
        (json!({"group": "demo", "every": 7}), "60s, 300s"),
    ] {
        let message = error(&function.invoke(&chosen).await, "PayloadError");
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn a_rule_fires_what_is_due_and_the_same_firing_makes_the_same_ids() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let config = file(&of_group(&group(&sample)));
    let function = Function::with_file(config.path(), Some(kent.dsn()), []).await;
    let time = rfc3339(minute().await);
    let firing = json!({"group": "demo", "every": 60, "time": time, "window": 60});
    let (first, second) = (function.invoke(&firing).await, function.invoke(&firing).await);
    assert_eq!(first["time"], time);
    let runs = results(&first);
    assert_eq!(strings(runs, "title"), ["Home", "Home"], "the other probe has another period");
    assert_eq!(strings(runs, "tick"), [time.as_str(); 2]);
    assert_eq!((&runs[0]["burst"], &runs[1]["burst"]), (&json!(0), &json!(1)));
    for ids in ["trace_id", "event_id"] {
        assert_eq!(strings(runs, ids), strings(results(&second), ids));
        assert_ne!(runs[0][ids], runs[1][ids]);
    }
    let received = strings(&kent.bodies("transaction").await, "event_id");
    assert_eq!(received.iter().collect::<BTreeSet<_>>(), strings(runs, "event_id").iter().collect());
    assert_eq!(received.len(), 4, "both were delivered; it is Sentry that keeps one");
}

#[tokio::test]
async fn a_late_firing_runs_what_is_fresh_and_tells_what_is_stale() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let config = file(&of_group(&group(&sample).replace("burst: 2", "burst: 1")));
    let function = Function::with_file(config.path(), Some(kent.dsn()), []).await;
    let now = minute().await;
    let firing = |minutes: i64, window: u64| {
        let time = rfc3339(now - time::Duration::minutes(minutes));
        json!({"group": "demo", "every": 60, "time": time, "window": window})
    };
    let answer = function.invoke(&firing(7, 60)).await;
    let [run] = results(&answer) else { panic!("{answer:#}") };
    assert_eq!((&run["status"], &answer["skipped"]), (&json!("skipped"), &json!(1)));
    assert!(run["error"].as_str().is_some_and(|why| why.starts_with("stale: 7 min")), "{run:#}");
    assert_eq!(answer["delivery"]["envelopes"], 0);
    let answer = function.invoke(&firing(2, 180)).await;
    assert_eq!(strings(results(&answer), "status"), ["skipped", "skipped", "ok"]);
}

#[tokio::test]
async fn parameters_of_ssm_are_the_configuration() {
    let (sample, kent, moto) = (sample_target().await, Kent::start().await, Moto::start().await);
    moto.put("/watch/sentry", "sentry: {environment: staging}\ntags: {team: web}").await;
    moto.put_secret("/watch/dsn", &kent.dsn()).await;
    moto.put("/watch/groups/demo", &group(&sample)).await;
    let mut environment = moto.environment();
    environment.push(("SENTRYNET_PREFIX", "/watch/".to_owned()));
    environment.push(("SENTRY_RELEASE", "shop@7".to_owned()));
    let function = Function::start(bootstrap(), environment).await;

    let answer = function.invoke(&json!({"group": "demo"})).await;
    assert_eq!(strings(results(&answer), "status"), ["ok", "ok", "failed"]);
    for body in kent.bodies("transaction").await {
        assert_eq!((&body["environment"], &body["release"]), (&json!("staging"), &json!("shop@7")));
        assert_eq!((&body["tags"]["team"], &body["tags"]["location"]), (&json!("web"), &json!(REGION)));
    }
    let message = error(&function.invoke(&json!({"group": "dmeo"})).await, "ConfigurationError");
    assert!(message.contains("/watch/groups/dmeo") && message.contains(REGION), "{message}");
    function.own_log();
}

#[tokio::test]
async fn results_that_sentry_refuses_fail_the_invocation_and_are_in_the_log_in_full() {
    let sample = sample_target().await;
    let refusing = Target::http(|_| answer("403 Forbidden", &[], r#"{"detail":"no such project"}"#)).await;
    let config = file(&of_group(&group(&sample)));
    let dsn = refusing.url("/1").replacen("http://", "http://key@", 1);
    let function = Function::with_file(config.path(), Some(dsn), []).await;
    let message = error(&function.invoke(&json!({"group": "demo"})).await, "DeliveryError");
    assert!(message.starts_with("4 of 4 envelopes") && message.contains("\"no such project\""), "{message}");

    let log = function.own_log();
    let lines = log.iter().filter(|line| line["sentrynet"] == "envelope");
    let kinds: Vec<Kind> = lines
        .map(|line| Envelope::parse(line["envelope"].as_str().expect("text").as_bytes()).expect("an envelope"))
        .inspect(|envelope| assert_eq!(envelope.items().expect("whole items").len(), 1))
        .map(|envelope| envelope.kind())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Transaction).count(), 3, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Event).count(), 1, "{kinds:?}");
}

#[tokio::test]
async fn results_that_sentry_cannot_take_now_go_with_the_next_invocation() {
    let sample = sample_target().await;
    let is_well = Arc::new(AtomicBool::new(false));
    let well = is_well.clone();
    let sentry =
        Receiver::start_with(move |_| Behaviour::status(if well.load(Ordering::Relaxed) { 200 } else { 503 })).await;
    let config = file(&of_group(&group(&sample)));
    let timeout = ("AWS_LAMBDA_FUNCTION_TIMEOUT", "3".to_owned());
    let function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), [timeout]).await;
    let message = error(&function.invoke(&json!({"group": "demo"})).await, "DeliveryError");
    assert!(function.took() < Duration::from_secs(3), "{:?}", function.took());
    assert!(
        message.starts_with("4 of 4 envelopes") && message.ends_with("; 4 wait for the next invocation"),
        "{message}"
    );
    assert_eq!(sentry.taken().len(), 0);

    is_well.store(true, Ordering::Relaxed);
    let answer = function.invoke(&json!({"group": "demo", "probe": "Till"})).await;
    let delivery = &answer["delivery"];
    assert_eq!((&delivery["envelopes"], &delivery["delivered"]), (&json!(6), &json!(6)), "{answer:#}");
    assert_eq!(sentry.taken().len(), 6);
    let log = function.own_log();
    assert_eq!(log.iter().filter(|line| line["sentrynet"] == "envelope").count(), 4, "each once");
}

#[tokio::test]
async fn a_target_that_hangs_does_not_outlive_the_deadline() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let hanging = Target::hanging().await;
    let more = format!("  - {{probe: probes.http, title: Hangs, url: '{}', burst: 2, timeout: 60s}}", hanging.url("/"));
    let config = file(&of_group(&(group(&sample) + &more)));
    let timeout = ("AWS_LAMBDA_FUNCTION_TIMEOUT", "4".to_owned());
    let function = Function::with_file(config.path(), Some(kent.dsn()), [timeout]).await;
    let answer = function.invoke(&json!({"group": "demo"})).await;
    assert!(function.took() < Duration::from_secs(4), "{:?}", function.took());

    let runs = results(&answer);
    assert_eq!(strings(runs, "status"), ["ok", "ok", "failed", "failed", "skipped"]);
    assert_eq!(strings(runs, "kind"), ["-", "-", "http_status", "deadline", "-"]);
    assert_eq!(runs[4]["error"], "no time left in the invocation");
    assert_eq!((&answer["delivery"]["delivered"], &answer["delivery"]["lost"]), (&json!(6), &json!(0)));
    assert_eq!(kent.items().await.len(), 6);
}

#[tokio::test]
async fn a_sentry_that_was_slow_is_given_more_time_the_next_time() {
    let slow = Behaviour { delay: Duration::from_millis(2300), ..Behaviour::default() };
    let (sample, sentry) = (sample_target().await, Receiver::start(slow).await);
    let hanging = Target::hanging().await;
    let more = format!("  - {{probe: probes.http, title: Hangs, url: '{}', timeout: 60s}}", hanging.url("/"));
    let config = file(&of_group(&(group(&sample) + &more)));
    let timeout = ("AWS_LAMBDA_FUNCTION_TIMEOUT", "12".to_owned());
    let function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), [timeout]).await;
    results(&function.invoke(&json!({"group": "demo", "probe": "Home"})).await);

    // What is kept unseen would not be enough: 2.4 s, and some of it is for the answer.
    let answer = function.invoke(&json!({"group": "demo"})).await;
    assert!(function.took() < Duration::from_secs(12), "{:?}", function.took());
    assert_eq!(strings(results(&answer), "kind"), ["-", "-", "http_status", "deadline"]);
    assert_eq!((&answer["delivery"]["envelopes"], &answer["delivery"]["delivered"]), (&json!(6), &json!(6)));
    assert_eq!(sentry.taken().len(), 8);
}

/// Says back what it was asked with: in a header, in the body, and in a redirect.
async fn echo() -> Target {
    Target::http(|request| {
        let token = request.header("x-token").unwrap_or("none");
        let said = format!("{}{}", request.head, request.text());
        let location = format!("location: /landed?token={token}&form={}", form(token));
        match request.line() {
            "GET /away" => answer("302 Found", &[&location], ""),
            _ => answer("500 Oops", &[&format!("x-echo: {token}")], &said),
        }
    })
    .await
}

fn form(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn secrets_stay_in_the_request_whatever_the_target_says_back() {
    let (echo, kent, moto) = (echo().await, Kent::start().await, Moto::start().await);
    let (token, password) = ("t0k/en+se=cr", "pass w\"rd/\u{e4}");
    let yaml = format!(
        "name: demo
probes:
  - probe: probes.http
    url: {}
    headers: {{x-token: {{ssm: /shop/token}}}}
    auth: {{basic: {{username: bob, password: {{env: SHOP_PASSWORD}}}}}}
    body: {{token: {{ssm: /shop/token}}, again: {{env: SHOP_PASSWORD}}}}
  - probe: probes.http
    url: {}
    headers: {{x-token: {{ssm: /shop/token}}}}
    auth: {{bearer: {{ssm: /shop/token}}}}
  - {{probe: probes.http, title: With user information, tags: {{token: {{ssm: /shop/token}}}}, url: '{}'}}
",
        echo.url("/echo"),
        echo.url("/away"),
        echo.url("/echo").replace("http://", "http://bob:h%40us%2Fter@"),
    );
    moto.put("/sentrynet/groups/demo", &yaml).await;
    moto.put_secret("/sentrynet/dsn", &kent.dsn()).await;
    moto.put_secret("/shop/token", token).await;
    let mut environment = moto.environment();
    environment.push(("SHOP_PASSWORD", password.to_owned()));
    environment.push(("AWS_LAMBDA_LOG_LEVEL", "DEBUG".to_owned()));
    let function = Function::start(bootstrap(), environment).await;
    let answer = function.invoke(&json!({"group": "demo"})).await;
    assert_eq!(strings(results(&answer), "kind"), ["http_status"; 3]);

    let refusal = function.invoke(&json!({"group": "demo", "tags": {"token": "guessed"}})).await;
    assert!(error(&refusal, "PayloadError").contains("token=[Filtered]"), "{refusal}");

    let kept = kent.items().await;
    assert_eq!(kept.len(), 7);
    let events = Value::from(kent.bodies("event").await).to_string();
    // They did come back: this is what was made of them.
    assert!(events.contains("x-token: [Filtered]") && events.contains("[\"x-echo\",\"[Filtered]\"]"), "{events}");
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD_NO_PAD.encode(text);
    let json = |text: &str| json!(text).to_string().trim_matches('"').to_owned();
    for (name, text) in [
        ("Sentry", Value::from(kept).to_string()),
        ("the log", function.log()),
        ("the answer", format!("{answer}{refusal}")),
    ] {
        for secret in [token, password, "h@us/ter"] {
            let spellings = [secret.to_owned(), form(secret), json(secret), json(&json(secret)), base64(secret)];
            for spelling in spellings.iter().chain([&base64(&format!("bob:{secret}"))]) {
                assert!(!text.contains(spelling), "{spelling} is in what {name} got:\n{text}");
            }
        }
    }
    function.own_log();
}
