//! Envelopes that are too large for Sentry, cut down.

use serde_json::{Map, Value};

use crate::sentry::envelope::{Envelope, Kind};
use crate::sentry::transaction::SPANS_LEFT_OUT;

/// The largest event that Sentry accepts, in bytes:
/// <https://develop.sentry.dev/sdk/data-model/envelopes/#size-limits>.
const MAX: usize = 1024 * 1024;

/// What of an event's contexts goes first, in this order: what is long and least needed.
const EXPENDABLE: [[&str; 2]; 2] = [["response", "data"], ["response", "headers"]];

/// The same envelope, smaller; `None` where there is nothing to cut. One that Sentry should have accepted by its size (a
/// proxy before it may accept less) is cut to half of it.
pub fn shrunk(envelope: &Envelope) -> Option<Envelope> {
    let max = MAX.min(envelope.size() / 2);
    let smaller = envelope.clone().map_payloads(|_, payload| match envelope.kind() {
        Kind::Event => shrink_event(payload, max),
        Kind::Transaction => shrink_transaction(payload, max),
        Kind::Other => {}
    });
    (smaller.size() < envelope.size()).then_some(smaller)
}

/// Without the response's body in any case; where that is not enough, without its headers and the breadcrumbs.
fn shrink_event(event: &mut Value, max: usize) {
    for (number, [context, field]) in EXPENDABLE.into_iter().enumerate() {
        if number > 0 && length(event) <= max {
            return;
        }
        if let Some(context) = map(event, &["contexts", context]) {
            context.shift_remove(field);
        }
    }
    if length(event) > max
        && let Some(event) = event.as_object_mut()
    {
        event.shift_remove("breadcrumbs");
    }
}

/// Without the spans' attributes; where that is not enough, without the last spans, whose number is stated.
fn shrink_transaction(transaction: &mut Value, max: usize) {
    let Some(Value::Array(mut spans)) = transaction.get_mut("spans").map(Value::take) else { return };
    for span in spans.iter_mut().filter_map(Value::as_object_mut) {
        span.shift_remove("data");
    }
    let around = length(transaction);
    let mut left = max.saturating_sub(around);
    let fitting = spans.iter().map_while(|span| {
        // And a comma.
        left = left.checked_sub(length(span) + 1)?;
        Some(())
    });
    let kept = fitting.count();
    let left_out = spans.len() - kept;
    spans.truncate(kept);
    transaction["spans"] = Value::Array(spans);
    if left_out > 0
        && let Some(trace) = map(transaction, &["contexts", "trace"])
    {
        let data = trace.entry("data").or_insert_with(|| Value::Object(Map::new()));
        if let Some(data) = data.as_object_mut() {
            let before = data.get(SPANS_LEFT_OUT).and_then(Value::as_u64).unwrap_or_default();
            data.insert(SPANS_LEFT_OUT.into(), (before + left_out as u64).into());
        }
    }
}

fn map<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    path.iter().try_fold(value, |value, name| value.get_mut(name))?.as_object_mut()
}

fn length(value: &Value) -> usize {
    value.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn cut(kind: Kind, payload: &Value) -> Option<Value> {
        let smaller = shrunk(&Envelope::new(kind, Uuid::from_u128(7), Value::Null, payload))?;
        assert!(smaller.size() <= MAX + 200, "{}", smaller.size());
        let items = smaller.items().expect("whole items");
        Some(serde_json::from_slice(&items[0].payload).expect("JSON"))
    }

    #[test]
    fn an_event_loses_the_answers_body_first() {
        let event = |body: usize, headers: usize| {
            json!({"event_id": "7", "exception": {"values": [{"type": "panic", "value": "oh"}]}, "breadcrumbs": ["x"],
                "contexts": {"response": {"data": "b".repeat(body), "headers": [["x", "h".repeat(headers)]]}}})
        };
        let small = cut(Kind::Event, &event(2_000_000, 10)).expect("a smaller one");
        assert_eq!(small["contexts"]["response"], json!({"headers": [["x", "hhhhhhhhhh"]]}));
        assert_eq!((&small["exception"], &small["breadcrumbs"]), (&event(0, 0)["exception"], &json!(["x"])));
        let small = cut(Kind::Event, &event(10, 2_000_000)).expect("a smaller one");
        assert_eq!((&small["contexts"], &small["breadcrumbs"]), (&json!({"response": {}}), &json!(["x"])));
        assert_eq!(cut(Kind::Event, &json!({"message": "short"})), None);
    }

    #[test]
    fn a_transaction_loses_its_spans_facts_then_the_last_spans_and_says_so() {
        let transaction = |spans: usize, facts: usize, name: usize| {
            let span = |number| json!({"span_id": number, "description": "d".repeat(name), "data": {"url.full": "u".repeat(facts)}});
            json!({"contexts": {"trace": {"data": {SPANS_LEFT_OUT: 3}}}, "spans": (0..spans).map(span).collect::<Vec<_>>()})
        };
        let small = cut(Kind::Transaction, &transaction(1000, 2048, 10)).expect("a smaller one");
        let spans = small["spans"].as_array().expect("spans");
        assert!(spans.len() == 1000 && spans.iter().all(|span| span.get("data").is_none()));
        assert_eq!(small["contexts"]["trace"]["data"][SPANS_LEFT_OUT], 3);

        let small = cut(Kind::Transaction, &transaction(1000, 10, 2048)).expect("a smaller one");
        let spans = small["spans"].as_array().expect("spans");
        assert!((400..600).contains(&spans.len()), "{}", spans.len());
        assert!(spans.iter().enumerate().all(|(index, span)| span["span_id"] == index));
        assert_eq!(small["contexts"]["trace"]["data"][SPANS_LEFT_OUT], 3 + 1000 - spans.len());
    }
}
