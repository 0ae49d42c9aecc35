//! Sentry's own normaliser, as the judge of what is sent.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sentrynet::report::Envelope;
use serde_json::{Value, json};

/// What Sentry makes of one payload.
pub struct Verdict {
    /// The case.
    pub name: String,
    /// The payload as it was sent.
    pub sent: Value,
    /// What the normaliser objects to.
    pub problems: String,
    /// What Sentry's servers would cut off.
    pub trimmed: String,
    /// What Sentry would keep.
    pub event: Value,
}

/// Judges every item of these envelopes, each under its name.
pub fn judge(cases: &[(String, Envelope)]) -> Vec<Verdict> {
    let items = |envelope: &Envelope| envelope.items().expect("items");
    let named = cases.iter().flat_map(|(name, envelope)| items(envelope).into_iter().map(move |item| (name, item)));
    judge_payloads(
        named.map(|(name, item)| (name.clone(), serde_json::from_slice(&item.payload).expect("JSON"))).collect(),
    )
}

/// Judges these payloads, each under its name.
pub fn judge_payloads(sent: Vec<(String, Value)>) -> Vec<Verdict> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/tools/relay/bin/python");
    assert!(python.exists(), "Sentry's normaliser is not installed: run `make tools`");
    let mut child = Command::new(python)
        .arg(root.join("tests/support/normalise.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines: String = sent
        .iter()
        .map(|(name, payload)| format!("{}\n", json!({"name": name, "payload": payload.to_string()})))
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    writer.join().expect("a thread").expect("a pipe");
    assert!(output.status.success(), "the normaliser fell over: {}", output.status);
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), sent.len(), "one verdict a payload");
    let text = |value: &Value| {
        value.as_array().into_iter().flatten().map(|item| item.as_str().unwrap_or("?")).collect::<Vec<_>>().join("; ")
    };
    sent.into_iter()
        .zip(answers)
        .map(|((name, sent), mut answer)| Verdict {
            name,
            sent,
            problems: text(&answer["problems"]),
            trimmed: text(&answer["trimmed"]),
            event: answer["event"].take(),
        })
        .collect()
}
