//! What the process itself adds to the times of a run: injected by the tests, told by the product.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use crate::support::cli::Workspace;
use crate::support::engine::run_all;
use crate::support::prepare::{config, context};
use crate::support::process::send;
use crate::support::target::{Target, answer, read_request};
use rustix::process::Signal;
use sentrynet::event_loop;
use sentrynet::net::Resolver;
use sentrynet::outcome::Status;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;

/// How long the process is held up.
const STALL: Duration = Duration::from_millis(30);

/// The timer by which a sleeping process notices is due every 5 ms, and may be late by as much as a timer usually is.
const NOTICED: Duration = Duration::from_millis(23);

fn probe_of(url: &str) -> String {
    format!("groups:\n- name: g\n  probes:\n  - {{probe: probes.http, title: Home, url: '{url}'}}\n")
}

#[test]
fn a_busy_loop_on_the_runtimes_thread_is_told_as_a_stall() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("a bound port"));
    let (asked, mut is_asked) = tokio::sync::mpsc::unbounded_channel();
    let (busy, is_busy) = std::sync::mpsc::channel();
    // A thread of its own: it answers while the runtime's is busy.
    let target = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = [0; 4096];
        let length = stream.read(&mut request).expect("a request");
        assert!(length > 0);
        asked.send(()).expect("somebody who waits");
        is_busy.recv().expect("a busy loop");
        stream.write_all(answer("200 OK", &["connection: close"], "").as_bytes()).expect("a client");
    });
    let config = config(&probe_of(&url));
    let outcome = event_loop::runtime().expect("a runtime").block_on(async move {
        tokio::spawn(async move {
            is_asked.recv().await.expect("a request");
            busy.send(()).expect("a target");
            // As a long computation would do.
            std::thread::sleep(STALL);
        });
        run_all(&config, &context(Resolver::system())).await.remove(0)
    });
    target.join().expect("no panic");
    assert_eq!(outcome.status, Status::Ok);
    assert!(outcome.stall >= STALL && outcome.stall <= outcome.duration, "{outcome:#?}");
    assert!(outcome.is_falsified());
    assert_eq!(outcome.attributes["sentrynet.falsified"], true);
    let told = outcome.attributes["sentrynet.stall_ms"].as_f64().expect("milliseconds");
    assert!((told - outcome.stall.as_secs_f64() * 1e3).abs() < 0.1, "{told}");
}

#[tokio::test]
async fn a_process_that_is_stopped_while_it_waits_tells_it() {
    let (known, process) = watch::channel(None::<u32>);
    let target = Target::start(move |mut stream| {
        let mut process = process.clone();
        async move {
            read_request(&mut stream).await;
            let id = process.wait_for(Option::is_some).await.expect("a process").expect("a process");
            send(Signal::STOP, id);
            tokio::time::sleep(STALL).await;
            // It is there before the process goes on.
            stream.write_all(answer("200 OK", &[], "").as_bytes()).await.expect("a client");
            send(Signal::CONT, id);
        }
    })
    .await;
    let workspace = Workspace::with(&probe_of(&target.url("/")));
    let program = tokio::process::Command::new(env!("CARGO_BIN_EXE_sentrynet"))
        .args(["run", "--json"])
        .current_dir(workspace.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program");
    known.send(program.id()).expect("a target");
    let output = program.wait_with_output().await.expect("an end");
    let summary: Value = serde_json::from_slice(&output.stdout).expect("a summary");
    let result = &summary["results"][0];
    assert_eq!(result["status"], "ok", "{summary:#}");
    let stall = result["stall_ms"].as_f64().expect("milliseconds");
    assert!(stall >= NOTICED.as_secs_f64() * 1e3, "{summary:#}");
    assert!(stall <= result["duration_ms"].as_f64().expect("milliseconds"), "{summary:#}");
}
