//! Reads back what Sentry received: nothing here comes from the runs themselves.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::outcome::phase::Op;
use crate::outcome::{Attributes, Failure, FailureKind, Outcome, RunIdentity, Span, Status, Tags};
use crate::sentry::Item;

/// An issue, as Sentry would list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The failure's kind.
    pub kind: String,
    /// The sentence.
    pub value: String,
    /// The transaction in which it happened.
    pub transaction: String,
    /// The trace that leads there.
    pub trace_id: String,
}

fn payload(item: &Item, kind: &str) -> Option<Value> {
    let is_it = item.header.get("type").and_then(Value::as_str) == Some(kind);
    is_it.then(|| serde_json::from_slice(&item.payload).ok()).flatten()
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The issues among what was received.
pub fn issues(items: &[Item]) -> Vec<Issue> {
    let events = items.iter().filter_map(|item| payload(item, "event"));
    let issue = |event: Value| Issue {
        kind: text(&event, "/exception/values/0/type"),
        value: text(&event, "/exception/values/0/value"),
        transaction: text(&event, "/transaction"),
        trace_id: text(&event, "/contexts/trace/trace_id"),
    };
    events.map(issue).collect()
}

/// The transactions among what was received, in the order of their start, as the runs that they describe.
pub fn runs(items: &[Item]) -> Vec<Outcome> {
    let issues = issues(items);
    let mut runs: Vec<Outcome> = items
        .iter()
        .filter_map(|item| payload(item, "transaction"))
        .map(|transaction| run(&transaction, &issues))
        .collect();
    runs.sort_by_key(|run| run.started);
    // Keep the runs of a burst together.
    let mut firsts = HashMap::new();
    for run in &runs {
        firsts.entry(run.title.clone()).or_insert(run.started);
    }
    runs.sort_by_key(|run| (firsts.get(&run.title).copied(), run.started));
    runs
}

fn run(transaction: &Value, issues: &[Issue]) -> Outcome {
    let seconds = |value: &Value, key: &str| value.get(key).and_then(Value::as_f64).unwrap_or_default();
    let start = seconds(transaction, "start_timestamp");
    let offset = |at: f64| Duration::try_from_secs_f64(at - start).unwrap_or_default();
    let started =
        OffsetDateTime::from_unix_timestamp_nanos((start * 1e9) as i128).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut indices = HashMap::new();
    let mut spans = Vec::new();
    for span in transaction.get("spans").and_then(Value::as_array).into_iter().flatten() {
        let Some(op) = Op::named(&text(span, "/op")) else { continue };
        indices.insert(text(span, "/span_id"), spans.len());
        spans.push(Span {
            op,
            description: text(span, "/description"),
            parent: indices.get(&text(span, "/parent_span_id")).copied(),
            start: offset(seconds(span, "start_timestamp")),
            end: offset(seconds(span, "timestamp")),
            failure: (text(span, "/status") != "ok").then_some(FailureKind::Panic),
            attributes: Attributes::new(),
        });
    }
    let trace_id = text(transaction, "/contexts/trace/trace_id");
    let issue = issues.iter().find(|issue| issue.trace_id == trace_id);
    let kind = |issue: &Issue| FailureKind::ALL.iter().find(|kind| kind.as_str() == issue.kind).copied();
    let status = match issue.and_then(|issue| Some(Failure::new(kind(issue)?, issue.value.clone()))) {
        Some(failure) => Status::Failed(failure),
        None => Status::Ok,
    };
    Outcome {
        identity: RunIdentity {
            location: text(transaction, "/contexts/probe/location"),
            group: text(transaction, "/contexts/probe/group"),
            probe: text(transaction, "/contexts/probe/title"),
            tick: OffsetDateTime::parse(&text(transaction, "/contexts/probe/tick"), &Rfc3339).unwrap_or(started),
            burst: u32::try_from(
                transaction.pointer("/contexts/probe/burst").and_then(Value::as_u64).unwrap_or_default(),
            )
            .unwrap_or_default(),
        },
        title: text(transaction, "/transaction"),
        probe: "",
        tags: Tags::new(),
        started,
        duration: offset(seconds(transaction, "timestamp")),
        status,
        spans,
        attributes: Attributes::new(),
        response: None,
        stall: Duration::ZERO,
        attempts: 1,
        secrets: Vec::new(),
    }
}
