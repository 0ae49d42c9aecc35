//! The function's answers, held against the contract.

use std::collections::BTreeSet;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value:#}")).keys().map(String::as_str).collect()
}

fn is_hex(value: &Value, digits: usize) -> bool {
    value.as_str().is_some_and(|text| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| OffsetDateTime::parse(text, &Rfc3339).is_ok() && text.ends_with('Z'))
}

/// Holds an answer against the contract, field by field, and returns its results.
pub fn results(answer: &Value) -> &[Value] {
    let counts = ["runs", "ok", "degraded", "failed", "skipped"];
    let mut wanted: BTreeSet<&str> = counts.into();
    wanted.extend(["group", "location", "time", "duration_ms", "delivery", "results"]);
    assert_eq!(keys(answer), wanted, "{answer:#}");
    assert!(answer["group"].is_string() && answer["location"].is_string() && is_time(&answer["time"]), "{answer:#}");
    assert!(answer["duration_ms"].is_f64(), "{answer:#}");
    let [runs, parts @ ..] = counts.map(|name| answer[name].as_u64().expect(name));
    assert_eq!(runs, parts.iter().sum::<u64>(), "{answer:#}");
    let delivery = &answer["delivery"];
    let counted = ["envelopes", "delivered", "lost", "spooled"].map(|name| delivery[name].as_u64().expect(name));
    assert_eq!(counted[0], counted[1..].iter().sum::<u64>(), "{answer:#}");
    assert!(delivery["duration_ms"].is_f64() && keys(delivery).len() == 5, "{answer:#}");
    let results = answer["results"].as_array().expect("results");
    assert_eq!(u64::try_from(results.len()).expect("few"), runs);
    for result in results {
        check_result(result);
    }
    results
}

fn check_result(result: &Value) {
    let status = result["status"].as_str().expect("a status");
    let always = ["title", "probe", "status", "tick", "burst", "started", "duration_ms", "phases", "trace_id"];
    let mut wanted: BTreeSet<&str> = always.into();
    if status != "skipped" {
        wanted.extend(["event_id", "stall_ms"]);
    }
    wanted.extend(["kind", "error"].into_iter().skip(usize::from(status != "failed")).filter(|_| status != "ok"));
    let sometimes: BTreeSet<&str> = ["address", "http_status"].into();
    assert_eq!(keys(result).difference(&sometimes).copied().collect::<BTreeSet<_>>(), wanted, "{result:#}");
    assert!(result["title"].is_string() && result["probe"] == "probes.http", "{result:#}");
    assert!(is_time(&result["tick"]) && is_time(&result["started"]) && is_hex(&result["trace_id"], 32), "{result:#}");
    assert!(result["burst"].is_u64() && result["duration_ms"].is_f64(), "{result:#}");
    assert!(status == "skipped" || is_hex(&result["event_id"], 32), "{result:#}");
    assert!(result.get("http_status").is_none_or(Value::is_u64), "{result:#}");
    assert!(result["stall_ms"].as_f64() <= result["duration_ms"].as_f64(), "{result:#}");
    for phase in result["phases"].as_array().expect("phases") {
        assert_eq!(keys(phase), ["op", "start_ms", "duration_ms", "ok"].into(), "{phase}");
        assert!(phase["op"].is_string() && phase["ok"].is_boolean(), "{phase}");
        assert!(phase["start_ms"].is_f64() && phase["duration_ms"].is_f64(), "{phase}");
    }
}

/// A text field of each; `-` where there is none.
pub fn strings(values: &[Value], field: &str) -> Vec<String> {
    values.iter().map(|value| value[field].as_str().unwrap_or("-").to_owned()).collect()
}

/// The message of a function error of this type.
pub fn error(answer: &Value, kind: &str) -> String {
    assert_eq!(keys(answer), ["errorType", "errorMessage"].into(), "{answer:#}");
    assert_eq!(answer["errorType"], kind, "{answer:#}");
    answer["errorMessage"].as_str().expect("a message").to_owned()
}
