//! Any outcome of a run as Sentry gets it, and as the summary has it.

use std::collections::BTreeSet;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Attributes, Failure, FailureKind, Outcome, Response, RunIdentity, Span, Status, Tags};
use sentrynet::runner::summary::Summary;
use sentrynet::secrets::{Redactor, Secret};
use sentrynet::sentry::{Delivered, Envelope, Kind, Settings, envelopes};
use serde_json::Value;
use time::OffsetDateTime;

use super::input;
use super::words::hides;

const SECRET: &str = "correct horse/battery \"staple\"";

/// A secret of some runs only.
const OWN: &str = "tr0ub4dor&3";

/// What texts are made of, besides anything.
const PIECES: &[&str] =
    &[SECRET, OWN, "correct horse/batt…", "\u{1b}[31m\n", "https://example.com/?q=1", "\u{2028}…😀"];

const FACTS: &[&str] = &[
    "http.request.method",
    "http.response.status_code",
    "network.peer.address",
    "network.peer.port",
    "server.address",
    "url.full",
];

/// Reports some outcomes, and reads the reports.
pub fn check(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let mut outcomes = Vec::new();
    while !input.is_empty() && outcomes.len() < 4 {
        outcomes.extend(outcome(&mut input));
    }
    let redactor = Redactor::new([&Secret::new(SECRET)]);
    let dsn = "https://key@o0.ingest.sentry.io/7".parse().expect("a DSN");
    let settings = Settings::new(Some("production"), Some(SECRET), None, Some(&dsn), &redactor);
    outcomes.iter().for_each(|outcome| judge_envelopes(outcome, &settings, &redactor));
    judge_summary(&outcomes, &redactor);
}

fn judge_envelopes(outcome: &Outcome, settings: &Settings, redactor: &Redactor) {
    let envelopes = envelopes(outcome, settings, redactor);
    let kinds: Vec<Kind> = envelopes.iter().map(Envelope::kind).collect();
    match outcome.status {
        Status::Skipped(_) => assert!(kinds.is_empty()),
        Status::Ok => assert_eq!(kinds, [Kind::Transaction]),
        Status::Degraded(_) | Status::Failed(_) => assert_eq!(kinds, [Kind::Transaction, Kind::Event]),
    }
    let ids: BTreeSet<Option<&str>> = envelopes.iter().map(Envelope::event_id).collect();
    assert_eq!(ids.len(), envelopes.len());
    assert_eq!(
        envelopes,
        sentrynet::sentry::envelopes(outcome, settings, redactor),
        "the same run, the same envelopes"
    );
    for envelope in &envelopes {
        let bytes = envelope.to_bytes(OffsetDateTime::UNIX_EPOCH);
        assert_eq!(Envelope::parse(&bytes).expect("an envelope"), *envelope);
        let text = String::from_utf8(bytes).expect("UTF-8");
        hides(&text, SECRET);
        hides(&text, &escaped(SECRET));
        outcome.secrets.iter().for_each(|secret| hides(&text, secret.expose()));
        let payload: Value = serde_json::from_slice(&envelope.items().expect("items")[0].payload).expect("JSON");
        judge_payload(&payload);
    }
}

/// What Sentry would refuse is not there.
fn judge_payload(payload: &Value) {
    for (name, value) in payload["tags"].as_object().expect("tags") {
        let value = value.as_str().expect("a text");
        assert!(!name.is_empty() && name.chars().count() <= 200, "{name:?}");
        assert!(!value.is_empty() && value.chars().count() <= 200 && !value.contains('\n'), "{value:?}");
    }
    let within = |inner: &Value, outer: &Value| {
        let time = |value: &Value, name: &str| value[name].as_f64().expect("a time");
        let (start, end) = (time(inner, "start_timestamp"), time(inner, "timestamp"));
        time(outer, "start_timestamp") <= start && start <= end && end <= time(outer, "timestamp")
    };
    if payload["type"] == "transaction" {
        assert!(within(payload, payload), "it ends before it starts");
        let spans = payload["spans"].as_array().expect("spans");
        assert!(spans.iter().all(|span| within(span, payload)), "a span outside of the run");
    }
}

fn judge_summary(outcomes: &[Outcome], redactor: &Redactor) {
    let time = OffsetDateTime::UNIX_EPOCH;
    let summary = Summary::new(("demo", SECRET), time, Duration::ZERO, outcomes, &Delivered::default(), redactor);
    assert_eq!(summary.runs, outcomes.len());
    assert_eq!(summary.runs, summary.ok + summary.degraded + summary.failed + summary.skipped);
    let text = serde_json::to_string(&summary).expect("JSON");
    hides(&text, SECRET);
    hides(&text, &escaped(SECRET));
    let read: Value = serde_json::from_str(&text).expect("JSON");
    assert!(input::alike(&read, &serde_json::to_value(&summary).expect("JSON")), "{text}");
    for result in &summary.results {
        assert!(result.phases.is_sorted_by(|a, b| a.start_ms <= b.start_ms));
        assert_eq!(result.kind.is_some(), result.status == "failed");
        assert_eq!(result.error.is_some(), result.status != "ok");
    }
}

/// A text as it stands within JSON.
fn escaped(text: &str) -> String {
    Value::from(text).to_string().trim_matches('"').to_owned()
}

fn outcome(input: &mut Unstructured<'_>) -> Result<Outcome> {
    let mut spans = Vec::new();
    for index in 0..input.int_in_range(0..=12)? {
        spans.push(span(input, index)?);
    }
    Ok(Outcome {
        identity: RunIdentity {
            location: text(input)?,
            group: text(input)?,
            probe: text(input)?,
            tick: time(input)?,
            burst: input.arbitrary()?,
        },
        title: text(input)?,
        probe: input.choose(&["probes.http", "probes.script"])?,
        tags: tags(input)?,
        started: time(input)?,
        duration: duration(input)?,
        status: status(input)?,
        spans,
        attributes: attributes(input)?,
        response: if input.arbitrary()? { Some(response(input)?) } else { None },
        stall: Duration::ZERO,
        attempts: input.arbitrary()?,
        secrets: if input.arbitrary()? { vec![Secret::new(OWN)] } else { Vec::new() },
    })
}

fn span(input: &mut Unstructured<'_>, index: usize) -> Result<Span> {
    let start = duration(input)?;
    Ok(Span {
        op: *input.choose(Op::ALL)?,
        description: text(input)?,
        parent: if index > 0 && input.arbitrary()? { Some(input.int_in_range(0..=index - 1)?) } else { None },
        start,
        end: start + duration(input)?,
        failure: if input.ratio(1, 8)? { Some(*input.choose(FailureKind::ALL)?) } else { None },
        attributes: attributes(input)?,
    })
}

fn status(input: &mut Unstructured<'_>) -> Result<Status> {
    Ok(match input.int_in_range(0..=3)? {
        0 => Status::Ok,
        1 => Status::Degraded(text(input)?),
        2 => Status::Failed(Failure {
            kind: *input.choose(FailureKind::ALL)?,
            sentence: text(input)?,
            phase: if input.arbitrary()? { Some(*input.choose(Op::ALL)?) } else { None },
        }),
        _ => Status::Skipped(text(input)?),
    })
}

fn response(input: &mut Unstructured<'_>) -> Result<Response> {
    let mut headers = Vec::new();
    for _ in 0..input.int_in_range(0..=4)? {
        headers.push((text(input)?, text(input)?));
    }
    Ok(Response { status: input.arbitrary()?, headers, body: text(input)?, truncated: input.arbitrary()? })
}

fn tags(input: &mut Unstructured<'_>) -> Result<Tags> {
    let mut tags = Tags::new();
    for _ in 0..input.int_in_range(0..=4)? {
        tags.insert(text(input)?, text(input)?);
    }
    Ok(tags)
}

fn attributes(input: &mut Unstructured<'_>) -> Result<Attributes> {
    let mut attributes = Attributes::new();
    for _ in 0..input.int_in_range(0..=3)? {
        attributes.insert(*input.choose(FACTS)?, input::value(input, PIECES)?);
    }
    Ok(attributes)
}

fn text(input: &mut Unstructured<'_>) -> Result<String> {
    input::text(input, PIECES)
}

/// Any time that can be written.
fn time(input: &mut Unstructured<'_>) -> Result<OffsetDateTime> {
    let seconds = input.int_in_range(0..=253_402_300_799_i64)?;
    let nanos = input.int_in_range(0..=999_999_999_i64)?;
    let start = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Ok(start + time::Duration::nanoseconds(nanos))
}

/// Up to three years; short ones are as likely as long ones.
fn duration(input: &mut Unstructured<'_>) -> Result<Duration> {
    let most = 10_u64.pow(input.int_in_range(0..=17)?);
    Ok(Duration::from_nanos(input.int_in_range(0..=most)?))
}
