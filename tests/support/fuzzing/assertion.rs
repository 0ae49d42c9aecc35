//! Any JSONPath and any assertion on any answer.
//!
//! The input is three lines: the path, the assertion as JSON, and the answer. Both ways in are the real ones: a
//! configuration, and a body.

use sentrynet::config::{Assertion, Check, Document, JsonPath, JsonType, Secrets, read};
use sentrynet::probe::{Keys, assertion};
use serde_json::{Value, json};

use super::words::sentence;

/// Sets a key from the answer, and checks the assertion on it.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let path = lines.next().unwrap_or_default();
    let wanted = lines.next().and_then(|line| serde_json::from_str(line).ok()).unwrap_or(json!({}));
    let answer: Value = lines.next().and_then(|rest| serde_json::from_str(rest).ok()).unwrap_or(Value::Null);
    if let Some((path, assertion)) = configured(path, &wanted) {
        assert!(path.text.starts_with('$'));
        holds(&assertion, &Keys::new(&[("key".into(), answer.clone())]));
        holds(&assertion, &Keys::default());
        // A plain scalar means that value, in a configuration as in an answer.
        if wanted.is_number() || wanted.is_string() || wanted.is_boolean() {
            assert!(holds(&assertion, &Keys::new(&[("key".into(), wanted.clone())])), "{wanted} is not itself");
        }
    }
    judge(&answer, &wanted);
}

/// The path and the assertion, read from a configuration if it takes both.
fn configured(path: &str, wanted: &Value) -> Option<(JsonPath, Assertion)> {
    let probe = json!({
        "probe": "probes.http", "url": "https://example.com/", "set_keys": {"key": path}, "assertions": {"key": wanted},
    });
    // JSON is YAML.
    let text = json!({"groups": [{"probes": [probe]}]}).to_string();
    let config = read(&Document::parse("fuzz.json", text.as_bytes()).ok()?, &Secrets::default()).ok()?;
    let Check::Http(request) = &config.groups[0].probes[0].check else { panic!("not a request") };
    Some((request.set_keys[0].1.clone(), request.assertions[0].1.clone()))
}

/// Whether the assertion holds; if it does not, the sentence is fit to be read.
fn holds(wanted: &Assertion, keys: &Keys) -> bool {
    match assertion::check("key", wanted, keys) {
        Ok(()) => true,
        Err(why) => {
            sentence(&why, 6000);
            false
        }
    }
}

/// What has to hold of two values, whatever they are.
fn judge(a: &Value, b: &Value) {
    let none = Assertion::default;
    let keys = Keys::new(&[("key".into(), a.clone())]);
    let is = |wanted: Assertion| holds(&wanted, &keys);
    assert!(is(none()) && !is(Assertion { exists: Some(false), ..none() }));
    assert!(is(Assertion { value: Some(a.clone()), ..none() }), "{a} is not itself");
    let same = is(Assertion { value: Some(b.clone()), ..none() });
    assert_ne!(same, is(Assertion { not: Some(b.clone()), ..none() }), "{a} {b}");

    let [lt, lte, gt, gte] = [
        Assertion { lt: Some(b.clone()), ..none() },
        Assertion { lte: Some(b.clone()), ..none() },
        Assertion { gt: Some(b.clone()), ..none() },
        Assertion { gte: Some(b.clone()), ..none() },
    ]
    .map(is);
    let comparable = (a.is_number() && b.is_number()) || (a.is_string() && b.is_string());
    assert_eq!([lt, lte, gt, gte], if comparable { [lt, lt || same, gt, gt || same] } else { [false; 4] }, "{a} {b}");
    assert!(!comparable || [lt, same, gt].iter().filter(|holds| **holds).count() == 1, "{a} {b}");

    let is = |wanted: Assertion| holds(&wanted, &keys);
    let types =
        [JsonType::String, JsonType::Boolean, JsonType::Array, JsonType::Object, JsonType::Null, JsonType::Number];
    let types = types.map(|type_| is(Assertion { type_: Some(type_), ..none() }));
    assert_eq!(types.iter().filter(|holds| **holds).count(), 1, "{a} has one type");
    assert!(types[5] || !is(Assertion { type_: Some(JsonType::Integer), ..none() }), "{a} is an integer and no number");

    if let Some(items) = a.as_array() {
        assert!(items.iter().all(|item| is(Assertion { contains: Some(item.clone()), ..none() })), "{a}");
        assert!(is(Assertion { length: Some(items.len() as u64), ..none() }));
    }
    if let Some(text) = a.as_str() {
        assert!(is(Assertion { contains: Some(json!("")), ..none() }));
        assert!(is(Assertion { length: Some(text.chars().count() as u64), ..none() }));
    }
}
