//! The end of the sandbox: what Lambda's SIGTERM makes of the real function.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::answer::error;
use crate::support::process::send;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::rie::{Function, bootstrap};
use crate::support::sample_target::{file, group, of_group, sample_target};
use crate::support::target::{Target, read_request};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};

/// Waits until `condition` holds.
async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), wait).await.expect("what is waited for");
}

/// Ends the sandbox; the function has to be gone before it is killed. The envelopes in its log.
async fn end(function: &mut Function) -> Vec<Value> {
    function.end().await;
    assert!(!function.log().contains("Killing it"), "{}", function.log());
    let log = function.own_log();
    assert_eq!(log.last().map(|line| &line["message"]), Some(&json!("shut down")), "{log:#?}");
    log.into_iter().filter(|line| line["sentrynet"] == "envelope").collect()
}

#[tokio::test]
async fn what_waits_for_the_next_invocation_is_delivered() {
    let sample = sample_target().await;
    let is_well = Arc::new(AtomicBool::new(false));
    let well = is_well.clone();
    let sentry = Receiver::start_with(move |_| match well.load(Ordering::Relaxed) {
        true => Behaviour::default(),
        false => Behaviour::status(503).with("retry-after", "3600"),
    })
    .await;
    let config = file(&of_group(&group(&sample)));
    let mut function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), []).await;
    let message = error(&function.invoke(&json!({"group": "demo"})).await, "DeliveryError");
    assert!(message.ends_with("; 4 wait for the next invocation"), "{message}");
    // An error of its own waits, too.
    error(&function.invoke(&json!({"group": "dmeo"})).await, "PayloadError");
    assert_eq!(sentry.taken().len(), 0);

    is_well.store(true, Ordering::Relaxed);
    assert_eq!(end(&mut function).await.len(), 5, "in the log once, when they did not arrive");
    assert_eq!(sentry.taken().len(), 5);
    assert!(sentry.received().iter().any(|request| {
        request.status == Some(200) && String::from_utf8_lossy(&request.bytes).contains("the invocation failed: ")
    }));
}

#[tokio::test]
async fn a_sentry_that_is_still_not_there_does_not_hold_up_the_end() {
    let sample = sample_target().await;
    let is_silent = Arc::new(AtomicBool::new(false));
    let silent = is_silent.clone();
    let sentry = Receiver::start_with(move |_| match silent.load(Ordering::Relaxed) {
        true => Behaviour::hanging(),
        false => Behaviour::status(503).with("retry-after", "3600"),
    })
    .await;
    let config = file(&of_group(&group(&sample)));
    let mut function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), []).await;
    error(&function.invoke(&json!({"group": "demo"})).await, "DeliveryError");
    is_silent.store(true, Ordering::Relaxed);
    assert_eq!(end(&mut function).await.len(), 4, "not told again");
}

#[tokio::test]
async fn an_invocation_that_is_running_delivers_what_has_finished() {
    let (sample, sentry) = (sample_target().await, Receiver::start(Behaviour::default()).await);
    let hanging = Target::hanging().await;
    let more = format!("  - {{probe: probes.http, title: Hangs, url: '{}', burst: 2, timeout: 60s}}", hanging.url("/"));
    let config = file(&of_group(&(group(&sample) + &more)));
    let mut function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), []).await;
    let invoking = function.invoking(&json!({"group": "demo"}));
    // A run leaves its connection when it has ended.
    until(|| hanging.connections() > 0 && sample.finished() > 2).await;
    assert_eq!(end(&mut function).await, Vec::<Value>::new());
    assert_eq!(sentry.taken().len(), 4, "of the sample's three runs");
    invoking.abort();
    let log = function.own_log();
    let done = log.iter().find(|line| line["message"] == "done").expect("an invocation that ends");
    let counts = ["runs", "failed", "skipped", "lost"].map(|name| done[name].as_u64());
    assert_eq!(counts, [Some(5), Some(1), Some(2), Some(0)], "{done:#}");
}

#[tokio::test]
async fn a_delivery_that_is_running_ends_in_the_log() {
    let (sample, sentry) = (sample_target().await, Receiver::start(Behaviour::hanging()).await);
    let config = file(&of_group(&group(&sample)));
    let mut function = Function::with_file(config.path(), Some(sentry.dsn().to_string()), []).await;
    let invoking = function.invoking(&json!({"group": "demo"}));
    until(|| sentry.connections() > 0).await;
    assert_eq!(end(&mut function).await.len(), 4);
    assert!(function.log().contains("SentryNet was shut down before Sentry at "), "{}", function.log());
    invoking.abort();
}

/// What a function asks of the Runtime API before it serves anything, where registering an extension is answered so;
/// `None`: never. Then it is ended.
async fn start(registered: Option<&'static str>) -> (Vec<String>, std::process::Output) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let asked = lines.clone();
    let api = Target::start(move |mut stream| {
        let asked = asked.clone();
        async move {
            while let Some(request) = read_request(&mut stream).await {
                asked.lock().expect("lines").push(format!("{} {}", request.line(), request.text()));
                match registered.filter(|_| request.line().starts_with("POST ")) {
                    Some(text) => stream.write_all(text.as_bytes()).await.expect("a client"),
                    None => std::future::pending().await,
                }
            }
        }
    })
    .await;
    let function = Command::new(bootstrap())
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.addr.to_string())
        .envs(["NAME", "VERSION", "MEMORY_SIZE"].map(|name| (format!("AWS_LAMBDA_FUNCTION_{name}"), "128")))
        .envs(["GROUP_NAME", "STREAM_NAME"].map(|name| (format!("AWS_LAMBDA_LOG_{name}"), "test")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the function");
    let polls = |line: &String| line.starts_with("GET /2018-06-01/runtime/invocation/next");
    until(|| lines.lock().expect("lines").iter().any(polls)).await;
    send(Signal::TERM, function.id());
    let output = tokio::task::spawn_blocking(|| function.wait_with_output()).await.expect("a thread");
    let lines = lines.lock().expect("lines").clone();
    (lines, output.expect("an end"))
}

#[tokio::test]
async fn the_function_asks_for_the_signal_before_it_serves_and_ends_well() {
    let identified = "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 7\r\ncontent-length: 2\r\n\r\n{}";
    let (lines, output) = start(Some(identified)).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(lines[0], "POST /2020-01-01/extension/register {\"events\":[]}");
    assert!(lines.iter().any(|line| line.starts_with("GET /2020-01-01/extension/event/next")), "{lines:?}");
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(log.lines().count() == 1 && log.contains("shut down"), "{log}");
}

#[tokio::test]
async fn where_nobody_knows_extensions_the_function_serves_all_the_same() {
    let refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\n{}";
    for (registered, why) in [(Some(refusal), "the extension was refused"), (None, "no answer to the extension")] {
        let (lines, output) = start(registered).await;
        assert_eq!(output.status.code(), Some(0), "{lines:?}");
        let log = String::from_utf8_lossy(&output.stdout);
        assert!(log.contains("\"WARN\"") && log.contains(why), "{log}");
    }
}
