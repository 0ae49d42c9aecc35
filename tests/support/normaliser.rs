//! Sentry's own normaliser, as the judge of what is sent.

use sentrynet::sentry::Envelope;
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
    let cases = sent.iter().map(|(name, payload)| json!({"name": name, "payload": payload.to_string()}));
    let answers = super::python("relay", "normalise.py", cases);
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
