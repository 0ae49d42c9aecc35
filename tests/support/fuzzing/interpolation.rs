//! Any text as a format string, with keys of every type.
//!
//! The input is the text; after a NUL, bytes that make more keys.

use arbitrary::Unstructured;
use sentrynet::template::{Json, Template, Text};
use sentrynet::template::{MAX_WIDTH, Variables, python_str, render};
use serde_json::{Value, json};

use super::input;
use super::words::{hides, sentence};

/// A value that no error may show.
const SECRET: &str = "correct horse battery staple";

/// Values of every type, with what is awkward about each.
pub fn keys() -> Vec<(String, Value)> {
    let texts = json!({
        "s": "abc", "empty": "", "quote": "it's", "quotes": "'\"\\", "white": "a\tb\nc\r\u{0}\u{7f}\u{85}\u{a0}",
        "wide": "äé€😀", "odd": "\u{ad}\u{200b}\u{2028}\u{3000}\u{e000}\u{10ffff}\u{301}\u{378}\u{feff}",
    });
    let numbers = json!({
        "i": 42, "zero": 0, "neg": -1234567, "big": u64::MAX, "small": i64::MIN, "euro": 8364, "low": 55296,
        "f": 3.5, "pi": std::f64::consts::PI, "nf": -0.0005, "huge": 1.5e300, "tiny": 5e-324, "e15": 123456789012345680.0,
        "whole": 1e15, "e16": 1e16, "half": 2.5, "fz": 0.0, "max": f64::MAX, "five": 0.00001, "thou": 1234567.891,
    });
    let others = json!({
        "t": true, "no": false, "n": null, "l": [1, "it's", null, [2.0, true]], "el": [],
        "d": {"x": 1, "y z": [10, 20], "0": "zero", "it's": "\"é\"", "n": {"m": -1.5e-7}}, "ed": {},
        "w": 7, "p": 2, "spec": ">9", "fill": "*", "a b": "spaced", "0a": "mixed", "é": "accent", "test": true,
    });
    [texts, numbers, others].into_iter().flat_map(|values| values.as_object().cloned().unwrap_or_default()).collect()
}

/// The format string in an input.
pub fn source(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

/// Parses, renders, and renders what was rendered.
pub fn check(bytes: &[u8]) {
    let source = source(bytes);
    let mut all = keys();
    all.push(("token".into(), SECRET.into()));
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        let mut input = Unstructured::new(&bytes[end + 1..]);
        while !input.is_empty() {
            let Ok(name) = input.arbitrary::<String>() else { break };
            let Ok(value) = input::value(&mut input, &[SECRET]) else { break };
            all.push((name, value));
        }
    }
    match Template::parse(&source) {
        Ok(template) => judge(&source, &template, &all),
        Err(error) => {
            sentence(&error.to_string(), 300);
            assert!((1..=source.chars().count() + 1).contains(&error.at), "{error}");
        }
    }
}

fn judge(source: &str, template: &Template, all: &[(String, Value)]) {
    let keys = Variables::new(all);
    assert_eq!(template.source(), source);
    let text = Text::Template(template.clone());
    let value = render::value(&text, &keys);
    match keys.get(source) {
        Some(known) => assert_eq!(value.as_ref(), Ok(known)),
        None => assert_eq!(value, render::render(template, &keys).map(Value::String)),
    }
    let body = Json::List(vec![Json::Text(text), Json::Scalar(json!(1))]);
    assert_eq!(render::json(&body, &keys), value.map(|value| json!([value, 1])));

    match render::render(template, &keys) {
        Ok(rendered) => {
            assert!(template.keys().all(|key| keys.get(key).is_some()), "an unset key was rendered");
            let longest = all.iter().map(|(_, value)| python_str(value).chars().count()).max().unwrap_or(0);
            // An escape has ten characters at most; a number up to 310 digits, with separators, and its precision.
            let field = 10 * longest + 2 * MAX_WIDTH + 500;
            let most = source.chars().count() + template.keys().count() * field;
            assert!(rendered.chars().count() <= most, "{} characters", rendered.chars().count());
            let escaped = Template::parse(&rendered.replace('{', "{{").replace('}', "}}"));
            assert_eq!(escaped.map(|escaped| render::render(&escaped, &Variables::default())), Ok(Ok(rendered)));
        }
        Err(error) => {
            let error = error.to_string();
            sentence(&error, 600);
            // The names of keys are no secrets.
            if !source.contains(SECRET) && !all.iter().any(|(name, _)| name.contains(SECRET)) {
                hides(&error, SECRET);
            }
        }
    }
}
