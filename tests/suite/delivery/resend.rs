//! `sentrynet resend`: what a log holds arrives after all.

use crate::support::cli::{Ran, Workspace};
use crate::support::envelopes::ids;
use crate::support::outcomes::ok;
use crate::support::receiver::{Behaviour, Receiver};
use sentrynet::secrets::Redactor;
use sentrynet::sentry::{Envelope, Settings, envelopes};
use serde_json::json;
use time::{Duration, OffsetDateTime};

/// Runs of so many days ago, each with its own ids.
fn runs(count: u32, days: i64) -> Vec<Envelope> {
    let run = |burst| {
        let mut outcome = ok();
        outcome.started = OffsetDateTime::now_utc() - Duration::days(days);
        (outcome.identity.tick, outcome.identity.burst) = (outcome.started, burst);
        envelopes(&outcome, &Settings::default(), &Redactor::default())
    };
    (0..count).flat_map(run).collect()
}

async fn resend(workspace: Workspace, arguments: &'static [&'static str], log: String) -> Ran {
    let run = move || {
        let output = workspace.command(arguments).write_stdin(log).output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran { code: output.status.code().expect("an exit code"), out: text(output.stdout), err: text(output.stderr) }
    };
    tokio::task::spawn_blocking(run).await.expect("a result")
}

#[tokio::test]
async fn every_envelope_of_a_log_is_delivered_once_however_it_was_wrapped() {
    let receiver = Receiver::start(Behaviour::default()).await;
    let sent = runs(4, 0);
    let lines: Vec<String> = sent.iter().map(Envelope::log_line).collect();
    let log = [
        "START RequestId: 7 Version: $LATEST".to_owned(),
        lines[0].clone(),
        format!("2026-11-20T10:00:00Z\t7\tERROR\t{}", lines[1]),
        json!({"timestamp": "2026-11-20T10:00:00Z", "level": "ERROR", "message": lines[2]}).to_string(),
        r#"{"level":"INFO","message":"done"}"#.to_owned(),
        format!("      \"message\": {},", json!(format!("{}\n", lines[3]))),
        lines[0].clone(),
    ];
    let workspace = Workspace::empty().variable("SENTRY_DSN", &receiver.dsn().to_string());
    let ran = resend(workspace, &["resend"], log.join("\n")).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.out, "4 envelopes found, 4 delivered, 0 lost\n  1 duplicates: sent only once\n");
    assert_eq!(receiver.taken(), ids(&sent));
    assert!(receiver.received().iter().all(|request| sent.contains(&request.envelope)));
}

#[tokio::test]
async fn what_a_run_could_not_deliver_can_be_sent_again_from_its_log() {
    let receiver = Receiver::start_with(|turn| Behaviour::status(if turn.number < 2 { 400 } else { 200 })).await;
    let config = format!(
        "sentry: {{dsn: '{}'}}\ngroups: [{{name: one, probes: [{{probe: probes.http, url: 'http://127.0.0.1:1/'}}]}}]",
        receiver.dsn()
    );
    let ran = resend(Workspace::with(&config), &["run"], String::new()).await;
    assert_eq!((ran.code, receiver.taken().len()), (3, 0), "{ran:?}");
    // The configuration names the DSN.
    let ran = resend(Workspace::with(&config), &["resend"], ran.err).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "2 envelopes found, 2 delivered, 0 lost\n"), "{ran:?}");
    assert_eq!(receiver.taken().len(), 2);
}

#[tokio::test]
async fn what_does_not_arrive_is_said() {
    let refusing = Receiver::start(Behaviour::status(403)).await;
    let mut log: String = runs(2, 0).iter().map(|envelope| envelope.log_line() + "\n").collect();
    log += &runs(1, 31)[0].log_line();
    let cut = runs(1, 0)[0].log_line();
    log += &format!("\n{}\n", &cut[..200]);
    let workspace = Workspace::empty().variable("SENTRY_DSN", &refusing.dsn().to_string());
    let ran = resend(workspace, &["resend"], log).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    for part in [
        "3 envelopes found, 0 delivered, 3 lost\n",
        "  1 not sent: older than the 30 days that Sentry accepts\n",
        "  1 unreadable: the log has truncated or changed the line\n",
        "answered 403 Forbidden",
    ] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    assert_eq!(refusing.received().len(), 2);
}

#[tokio::test]
async fn a_log_without_envelopes_is_fine_and_a_dsn_has_to_be_there() {
    let nothing = || "REPORT RequestId: 7\n\u{0}\n".to_owned();
    let ran = resend(Workspace::empty(), &["resend", "--dsn", "http://key@127.0.0.1:1/1"], nothing()).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "0 envelopes found, 0 delivered, 0 lost\n"), "{ran:?}");
    let ran = resend(Workspace::empty(), &["resend"], nothing()).await;
    assert!(ran.code == 2 && ran.err.contains("there is no DSN: give --dsn"), "{ran:?}");
    let ran = resend(Workspace::empty(), &["resend", "--dsn", "sentry.io"], nothing()).await;
    assert!(ran.code == 2 && ran.err.contains("https://KEY@HOST/PROJECT"), "{ran:?}");
    let ran = resend(Workspace::with("groups: ["), &["resend"], nothing()).await;
    assert!(ran.code == 2 && ran.err.contains("error: this `[` has no `]`"), "{ran:?}");
}
