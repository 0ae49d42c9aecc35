//! The transaction of a run, with its phases as spans.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use sentry::protocol::SpanStatus;
use serde::{Serialize, Serializer};
use serde_json::Value;
use time::OffsetDateTime;

use super::common::{Common, ProbeContext, Run, TraceContext};
use super::envelope::{Envelope, Kind};
use super::sanitize;
use super::sanitize::{CleanValue, Cleaner};
use crate::outcome::phase::Op;
use crate::outcome::{Attributes, Outcome, SpanId, TraceId};

/// What the transaction's id is derived from.
pub const ID: &str = "transaction";

/// The attribute of the trace context that says how many spans the transaction is sent without.
pub const SPANS_LEFT_OUT: &str = "sentrynet.spans_left_out";

/// Sentry drops a transaction with more spans than this.
const MAX_SPANS: usize = 1000;

/// A transaction as Sentry takes it. It is written straight from the outcome: of everything that is built for a run, this
/// is the most.
#[derive(Serialize)]
struct Transaction<'a> {
    event_id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    common: Common<'a>,
    transaction_info: TransactionInfo,
    start_timestamp: f64,
    timestamp: f64,
    contexts: Contexts<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    measurements: BTreeMap<&'static str, Measurement>,
    spans: Vec<SpanPayload<'a>>,
}

#[derive(Serialize)]
struct TransactionInfo {
    source: &'static str,
}

#[derive(Serialize)]
struct Measurement {
    value: f64,
    unit: &'static str,
}

#[derive(Serialize)]
struct Contexts<'a> {
    trace: Trace<'a>,
    probe: ProbeContext<'a>,
}

#[derive(Serialize)]
struct Trace<'a> {
    #[serde(flatten)]
    context: TraceContext,
    data: CleanAttributes<'a>,
}

#[derive(Serialize)]
struct SpanPayload<'a> {
    trace_id: TraceId,
    span_id: SpanId,
    parent_span_id: SpanId,
    op: &'static str,
    description: Cow<'a, str>,
    start_timestamp: f64,
    timestamp: f64,
    status: SpanStatus,
    data: CleanAttributes<'a>,
}

/// Attributes without secrets, and one more that follows from the outcome.
struct CleanAttributes<'a> {
    attributes: &'a Attributes,
    cleaner: Cleaner<'a>,
    more: Option<(&'static str, Value)>,
}

impl Serialize for CleanAttributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let attributes = self.attributes.iter().map(|(name, value)| (*name, self.cleaner.value(value)));
        serializer
            .collect_map(attributes.chain(self.more.iter().map(|(name, value)| (*name, CleanValue::Plain(value)))))
    }
}

/// The envelope of a run's transaction.
pub fn envelope(run: Run) -> Envelope {
    let Run { outcome, trace, cleaner, .. } = run;
    let id = trace.derive(ID);
    let whole = Interval::of_run(outcome);
    let intervals = intervals(outcome, whole);
    let left_out = outcome.spans.len().saturating_sub(MAX_SPANS);
    let left_out = (left_out > 0).then(|| (SPANS_LEFT_OUT, Value::from(left_out)));

    let spans = outcome.spans.iter().zip(&intervals).enumerate().map(|(index, (span, interval))| SpanPayload {
        trace_id: trace,
        span_id: trace.span(index),
        parent_span_id: span.parent.map_or(trace.root_span(), |parent| trace.span(parent)),
        op: span.op.as_str(),
        description: cleaner.text(&span.description, sanitize::FACT),
        start_timestamp: seconds(interval.start),
        timestamp: seconds(interval.end),
        status: run.status(span.failure, Some(span)),
        data: CleanAttributes {
            attributes: &span.attributes,
            cleaner,
            more: span.failure.map(|kind| ("error.type", kind.as_str().into())),
        },
    });
    let payload = Transaction {
        event_id: id.simple().to_string(),
        kind: "transaction",
        common: run.common(),
        transaction_info: TransactionInfo { source: "custom" },
        start_timestamp: seconds(whole.start),
        timestamp: seconds(whole.end),
        contexts: Contexts {
            trace: Trace {
                context: run.trace_context(),
                data: CleanAttributes { attributes: &outcome.attributes, cleaner, more: left_out },
            },
            probe: run.probe_context(),
        },
        measurements: measurements(outcome, &intervals),
        spans: spans.collect(),
    };
    Envelope::new(Kind::Transaction, id, run.sampling_context(), &payload)
}

/// The run's end as a timestamp.
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

    /// Both ends are rounded down, so that an interval within another one stays within it.
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

/// Seconds with six decimals. Whole microseconds of this age are exact in an `i64`, the division rounds once, and the
/// shortest text of the result has the same six decimals.
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// The interval of every span, inside that of the span around it.
fn intervals(outcome: &Outcome, run: Interval) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::with_capacity(outcome.spans.len().min(MAX_SPANS));
    for span in outcome.spans.iter().take(MAX_SPANS) {
        let around = span.parent.and_then(|parent| intervals.get(parent)).copied().unwrap_or(run);
        intervals.push(Interval::between(outcome, span.start, span.end).within(around));
    }
    intervals
}

/// How long the network phases took, summed over the whole run; only those that happened.
fn measurements(outcome: &Outcome, intervals: &[Interval]) -> BTreeMap<&'static str, Measurement> {
    let mut measurements = BTreeMap::new();
    for (name, op) in Op::ALL.iter().filter_map(|op| Some((op.measurement()?, *op))) {
        let of_op = || outcome.spans.iter().zip(intervals).filter(|(span, _)| span.op == op);
        if of_op().next().is_some() {
            let sum = Interval { start: 0, end: of_op().map(|(_, interval)| interval.end - interval.start).sum() };
            measurements.insert(name, Measurement { value: sum.milliseconds(), unit: "millisecond" });
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
