//! The transaction of a run, with its phases as spans.

use std::time::Duration;

use sentry::protocol::SpanStatus;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::text::{self, Cleaner};
use super::{
    Envelope, Kind, SPANS_LEFT_OUT, Settings, common, http_status, probe_context, sampling_context, status, status_code,
};
use crate::outcome::{Attributes, FailureKind, Op, Outcome, Span};

/// What the transaction's id is derived from.
pub const ID: &str = "transaction";

/// More spans than Sentry keeps of one transaction make it drop the whole.
const MOST_SPANS: usize = 1000;

/// A transaction as Sentry takes it. It is written straight from the outcome: of everything that is built for a run, this
/// is the most.
#[derive(Serialize)]
struct Transaction<'a> {
    event_id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    common: Map<String, Value>,
    transaction_info: Value,
    start_timestamp: f64,
    timestamp: f64,
    contexts: Contexts<'a>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    measurements: Map<String, Value>,
    spans: Vec<SpanPayload<'a>>,
}

#[derive(Serialize)]
struct Contexts<'a> {
    trace: Trace<'a>,
    probe: Value,
}

#[derive(Serialize)]
struct Trace<'a> {
    #[serde(flatten)]
    context: Value,
    data: Facts<'a>,
}

#[derive(Serialize)]
struct SpanPayload<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    parent_span_id: &'a str,
    op: &'static str,
    description: String,
    start_timestamp: f64,
    timestamp: f64,
    status: SpanStatus,
    data: Facts<'a>,
}

/// Facts without secrets, and one more that follows from the outcome.
struct Facts<'a> {
    attributes: &'a Attributes,
    cleaner: Cleaner<'a>,
    more: Option<(&'static str, Value)>,
}

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let facts = self.attributes.iter().map(|(name, value)| (*name, self.cleaner.value(value)));
        serializer.collect_map(facts.chain(self.more.clone()))
    }
}

/// The envelope of a run's transaction.
pub fn envelope(outcome: &Outcome, settings: &Settings, cleaner: Cleaner) -> Envelope {
    let trace = outcome.identity.trace_id();
    let id = trace.derive(ID);
    let run = Interval::of_run(outcome);
    let intervals = intervals(outcome, run);
    let left_out = outcome.spans.len().saturating_sub(MOST_SPANS);
    let left_out = (left_out > 0).then(|| (SPANS_LEFT_OUT, Value::from(left_out)));

    let trace_id = trace.to_string();
    let ids: Vec<String> = (0..intervals.len()).map(|index| trace.span(index).to_string()).collect();
    let root = trace.root_span().to_string();
    let spans = outcome.spans.iter().zip(&intervals).zip(&ids).map(|((span, interval), id)| SpanPayload {
        trace_id: &trace_id,
        span_id: id,
        parent_span_id: span.parent.and_then(|parent| ids.get(parent)).unwrap_or(&root),
        op: span.op.as_str(),
        description: cleaner.text(&span.description, text::FACT),
        start_timestamp: seconds(interval.start),
        timestamp: seconds(interval.end),
        status: span_status(outcome, span.failure, Some(span)),
        data: Facts {
            attributes: &span.attributes,
            cleaner,
            more: span.failure.map(|kind| ("error.type", kind.as_str().into())),
        },
    });
    let payload = Transaction {
        event_id: id.simple().to_string(),
        kind: "transaction",
        common: common(outcome, settings, cleaner),
        transaction_info: json!({"source": "custom"}),
        start_timestamp: seconds(run.start),
        timestamp: seconds(run.end),
        contexts: Contexts {
            trace: Trace {
                context: trace_context(outcome),
                data: Facts { attributes: &outcome.attributes, cleaner, more: left_out },
            },
            probe: probe_context(outcome, cleaner),
        },
        measurements: measurements(outcome, &intervals),
        spans: spans.collect(),
    };
    Envelope::new(Kind::Transaction, id, sampling_context(outcome, settings, cleaner), &payload)
}

/// The `trace` context, which ties a run's event to its transaction.
pub fn trace_context(outcome: &Outcome) -> Value {
    let trace = outcome.identity.trace_id();
    json!({
        "type": "trace",
        "trace_id": trace.to_string(),
        "span_id": trace.root_span().to_string(),
        "op": outcome.probe,
        "status": span_status(outcome, outcome.status.failure().map(|failure| failure.kind), None).to_string(),
    })
}

/// When the run ended, as Sentry gets it.
pub fn end_of(outcome: &Outcome) -> f64 {
    seconds(Interval::of_run(outcome).end)
}

/// A start and an end in microseconds since the Unix epoch.
#[derive(Clone, Copy)]
struct Interval {
    start: i64,
    end: i64,
}

impl Interval {
    fn of_run(outcome: &Outcome) -> Self {
        Self::between(outcome, Duration::ZERO, outcome.duration)
    }

    /// Both ends are rounded down, so what lies within another interval still does.
    fn between(outcome: &Outcome, start: Duration, end: Duration) -> Self {
        let at = |offset| micros(outcome.started, offset);
        Self { start: at(start), end: at(end.max(start)) }
    }

    fn within(self, around: Self) -> Self {
        let start = self.start.clamp(around.start, around.end);
        Self { start, end: self.end.clamp(start, around.end) }
    }

    fn milliseconds(self) -> f64 {
        (self.end - self.start) as f64 / 1000.0
    }
}

/// Whole microseconds since the Unix epoch.
fn micros(started: OffsetDateTime, offset: Duration) -> i64 {
    let nanos = started.unix_timestamp_nanos() + i128::try_from(offset.as_nanos()).unwrap_or(i128::MAX / 2);
    i64::try_from(nanos.div_euclid(1000)).unwrap_or(i64::MAX)
}

/// Seconds with six decimals. Whole microseconds of our age are exact in an `i64`, the division rounds once, and the
/// shortest text of the result is the six decimals again.
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// The interval of every span, inside that of the span around it.
fn intervals(outcome: &Outcome, run: Interval) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::with_capacity(outcome.spans.len().min(MOST_SPANS));
    for span in outcome.spans.iter().take(MOST_SPANS) {
        let around = span.parent.and_then(|parent| intervals.get(parent)).copied().unwrap_or(run);
        intervals.push(Interval::between(outcome, span.start, span.end).within(around));
    }
    intervals
}

/// `ok`, or what the failure is in Sentry's words; the code is the span's own before the run's.
fn span_status(outcome: &Outcome, failure: Option<FailureKind>, span: Option<&Span>) -> SpanStatus {
    let Some(kind) = failure else { return SpanStatus::Ok };
    let http_status = span.and_then(|span| status_code(&span.attributes)).or_else(|| http_status(outcome));
    status::of(kind, http_status)
}

/// How long the network phases took, summed over the whole run; only those that happened.
fn measurements(outcome: &Outcome, intervals: &[Interval]) -> Map<String, Value> {
    let mut measurements = Map::new();
    for (name, op) in [
        ("dns", Op::NetDns),
        ("connect", Op::NetTcp),
        ("tls", Op::NetTls),
        ("ttfb", Op::HttpWait),
        ("download", Op::HttpRecv),
    ] {
        let of_op = outcome.spans.iter().zip(intervals).filter(|(span, _)| span.op == op);
        let lengths: Vec<i64> = of_op.map(|(_, interval)| interval.end - interval.start).collect();
        if !lengths.is_empty() {
            let sum = Interval { start: 0, end: lengths.iter().sum() };
            measurements.insert(name.into(), json!({"value": sum.milliseconds(), "unit": "millisecond"}));
        }
    }
    measurements
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn timestamps_are_whole_microseconds_in_the_text() {
        let started = datetime!(2026-11-20 10:00:00.123456789 UTC);
        for micro in (0..2_000_000).step_by(997) {
            let text = Value::from(seconds(micros(started, Duration::from_micros(micro)))).to_string();
            let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
            assert!(decimals.len() <= 6, "{text}");
            let exact = 1_795_168_800_123_456 + i64::try_from(micro).expect("small");
            let padded = format!("{}{decimals:0<6}", text.split_once('.').map_or(&*text, |(whole, _)| whole));
            assert_eq!(padded, exact.to_string());
        }
    }
}
