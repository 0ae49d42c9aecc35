//! Any body as an answer: JSON or not, what a JSONPath finds in it, and what an assertion says of that.
//!
//! The input is the path and the assertion (as JSON), a line each, and the body.

use sentrynet::config::{Document, read};
use sentrynet::outcome::FailureKind;
use sentrynet::probe::Check;
use sentrynet::probe::json::{Assertion, JsonType};
use sentrynet::probe::json::{assertion, extract, json_path};
use sentrynet::schema::Secrets;
use sentrynet::schema::value::JsonPath;
use sentrynet::template::Variables;
use serde_json::{Value, json};

use super::words::sentence;

/// More than this many values are not found: it would have been said before.
const MOST_FOUND: usize = 500_000;

/// Judges an answer as a run does.
pub fn check(bytes: &[u8]) {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let path = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let wanted = lines.next().and_then(|line| serde_json::from_slice(line).ok()).unwrap_or(json!({}));
    let answer = parsed(lines.next().unwrap_or_default());
    if let Some((path, assertion)) = configured(&path, &wanted) {
        assert!(path.text.starts_with('$'));
        holds(&assertion, &Variables::default());
        let mut keys = Variables::default();
        if let Ok(found) = json_path::find(&[&path], &answer) {
            assert_eq!(found.len(), 1);
            assert!(found[0].as_ref().and_then(Value::as_array).is_none_or(|found| found.len() <= MOST_FOUND));
            keys.put("key", found.into_iter().next().flatten());
        }
        holds(&assertion, &keys);
        // A plain scalar means that value, in a configuration as in an answer.
        if wanted.is_number() || wanted.is_string() || wanted.is_boolean() {
            assert!(holds(&assertion, &Variables::new(&[("key".into(), wanted.clone())])), "{wanted} is not itself");
        }
    }
    judge(&answer, &wanted);
}

/// The value of a body; null where it is not JSON, which has to be said in a sentence.
fn parsed(body: &[u8]) -> Value {
    let plain = serde_json::from_slice::<Value>(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body));
    match extract::parse(body) {
        Ok(value) => {
            assert_eq!(plain.ok().as_ref(), Some(&value));
            value
        }
        Err(failure) => {
            assert!(plain.is_err(), "{failure}");
            assert_eq!(failure.kind, FailureKind::NotJson);
            sentence(&failure.sentence, 200);
            Value::Null
        }
    }
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
fn holds(wanted: &Assertion, keys: &Variables) -> bool {
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
    let keys = Variables::new(&[("key".into(), a.clone())]);
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
