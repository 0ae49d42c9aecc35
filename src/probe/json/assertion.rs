//! What has to hold of the keys.

use std::cmp::Ordering;

use serde_json::Value;

use super::compare::{length, order, same};
use crate::template::Variables;
use crate::wording::{cut, quote};

/// Checks `assertion` on the key `name`.
///
/// # Errors
///
/// The sentence that says what does not hold.
pub fn check(name: &str, assertion: &Assertion, keys: &Variables) -> Result<(), String> {
    let expect_set = assertion.exists.unwrap_or(true);
    let (value, name) = (keys.get(name), &cut(name));
    let value = match (value, expect_set) {
        (None, false) => return Ok(()),
        (None, true) => return Err(format!("{name} is not set")),
        (Some(value), false) => return Err(format!("{name} is {}, but should not be set", quote(value))),
        (Some(value), true) => value,
    };
    let fails = |holds: bool, expectation: String| {
        if holds { Ok(()) } else { Err(format!("{name} is {}, {expectation}", quote(value))) }
    };
    if let Some(wanted) = &assertion.type_ {
        fails(is_of_type(value, *wanted), format!("which is not of type {}", wanted.as_str()))?;
    }
    if let Some(wanted) = &assertion.value {
        fails(same(value, wanted), format!("not {}", quote(wanted)))?;
    }
    if let Some(unwanted) = &assertion.not {
        fails(!same(value, unwanted), "which it must not be".to_owned())?;
    }
    let bounds = [
        (&assertion.lt, Ordering::is_lt as fn(Ordering) -> bool, "less than"),
        (&assertion.lte, Ordering::is_le, "at most"),
        (&assertion.gt, Ordering::is_gt, "greater than"),
        (&assertion.gte, Ordering::is_ge, "at least"),
    ];
    for (bound, holds, wording) in bounds {
        if let Some(bound) = bound {
            fails(order(value, bound).is_some_and(holds), format!("not {wording} {}", quote(bound)))?;
        }
    }
    if let Some(part) = &assertion.contains {
        fails(contains(value, part), format!("which does not contain {}", quote(part)))?;
    }
    if let Some(pattern) = &assertion.matches {
        let found = value.as_str().is_some_and(|text| pattern.is_match(text));
        fails(found, format!("which does not match {}", cut(pattern.as_str())))?;
    }
    if let Some(wanted) = assertion.length {
        let length = length(value);
        let found = length.map_or_else(|| "which has no length".to_owned(), |length| format!("of length {length}"));
        fails(length == Some(wanted), format!("{found}, not of length {wanted}"))?;
    }
    Ok(())
}

fn is_of_type(value: &Value, wanted: JsonType) -> bool {
    match wanted {
        JsonType::String => value.is_string(),
        JsonType::Number => value.is_number(),
        // 1.0 is an integer in JSON Schema's sense.
        JsonType::Integer => {
            value.as_i64().is_some() || value.as_u64().is_some() || value.as_f64().is_some_and(|x| x.fract() == 0.0)
        }
        JsonType::Boolean => value.is_boolean(),
        JsonType::Array => value.is_array(),
        JsonType::Object => value.is_object(),
        JsonType::Null => value.is_null(),
    }
}

fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::Array(items), part) => items.iter().any(|item| same(item, part)),
        (Value::Object(map), Value::String(name)) => map.contains_key(name),
        _ => false,
    }
}

/// What has to hold of a key. Every part that is given has to hold.
#[derive(Clone, Debug, Default)]
pub struct Assertion {
    /// Whether the key has to be set (default) or unset.
    pub exists: Option<bool>,
    /// Equal to this, types compared too.
    pub value: Option<Value>,
    /// Not equal to this.
    pub not: Option<Value>,
    /// Less than this number or string.
    pub lt: Option<Value>,
    /// Less than or equal to this.
    pub lte: Option<Value>,
    /// Greater than this.
    pub gt: Option<Value>,
    /// Greater than or equal to this.
    pub gte: Option<Value>,
    /// A string that holds this string, a list that holds this value, or a map that has this key.
    pub contains: Option<Value>,
    /// A string that this pattern finds a match in.
    pub matches: Option<regex::Regex>,
    /// A JSON type.
    pub type_: Option<JsonType>,
    /// Characters of a string, elements of a list, entries of a map.
    pub length: Option<u64>,
}

impl PartialEq for Assertion {
    fn eq(&self, other: &Self) -> bool {
        // Patterns cannot be compared, only what they were made of.
        let parts = |assertion: &Self| {
            let Self { exists, value, not, lt, lte, gt, gte, contains, matches, type_, length } = assertion.clone();
            let matches = matches.map(|pattern| pattern.as_str().to_owned());
            (exists, [value, not, lt, lte, gt, gte, contains], matches, type_, length)
        };
        parts(self) == parts(other)
    }
}

/// The types that `type` can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are JSON's own")]
pub enum JsonType {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

impl JsonType {
    /// The type of that word.
    pub fn named(word: &str) -> Option<Self> {
        use JsonType::{Array, Boolean, Integer, Null, Number, Object, String};

        [String, Number, Integer, Boolean, Array, Object, Null].into_iter().find(|json_type| json_type.as_str() == word)
    }

    /// The word for it in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn on(value: Value, assertion: Assertion) -> Result<(), String> {
        check("k", &assertion, &Variables::new(&[("k".to_owned(), value)]))
    }

    fn value(wanted: Value) -> Assertion {
        Assertion { value: Some(wanted), ..Assertion::default() }
    }

    #[test]
    fn values_are_compared_with_their_types() {
        assert_eq!(on(json!("ok"), value(json!("ok"))), Ok(()));
        assert_eq!(on(json!("1"), value(json!(1))), Err(r#"k is "1", not 1"#.to_owned()));
        assert_eq!(on(json!(true), value(json!(1))), Err("k is true, not 1".to_owned()));
        assert_eq!(on(json!(1.0), value(json!(1))), Ok(()));
        assert_eq!(on(json!({"a": [1, {"b": null}]}), value(json!({"a": [1.0, {"b": null}]}))), Ok(()));
        let answer = serde_json::from_str("0.24137386448133014").expect("a number");
        assert_eq!(on(answer, value(json!(0.24137386448133014_f64))), Ok(()));
        assert!(on(json!(9_007_199_254_740_993_i64), value(json!(9_007_199_254_740_992_i64))).is_err());
    }

    #[test]
    fn a_key_has_to_be_set_unless_it_must_not_be() {
        let unset = |assertion: &Assertion| check("k", assertion, &Variables::new(&[]));
        let absent = Assertion { exists: Some(false), ..Assertion::default() };
        assert_eq!(unset(&Assertion::default()), Err("k is not set".to_owned()));
        assert_eq!(unset(&absent), Ok(()));
        assert_eq!(on(json!(null), absent), Err("k is null, but should not be set".to_owned()));
        assert_eq!(on(json!(null), Assertion::default()), Ok(()));
    }

    #[test]
    fn every_operator_holds_and_fails() {
        let none = Assertion::default;
        let cases = [
            (Assertion { not: Some(json!(1)), ..none() }, json!(2), json!(1)),
            (Assertion { lt: Some(json!(3)), ..none() }, json!(2.5), json!(3)),
            (Assertion { lte: Some(json!(3)), ..none() }, json!(3), json!(4)),
            (Assertion { gt: Some(json!("b")), ..none() }, json!("c"), json!("b")),
            (Assertion { gte: Some(json!(3)), ..none() }, json!(3), json!("3")),
            (Assertion { contains: Some(json!("b")), ..none() }, json!("abc"), json!("ac")),
            (Assertion { contains: Some(json!(2)), ..none() }, json!([1, 2]), json!([1, "2"])),
            (Assertion { contains: Some(json!("a")), ..none() }, json!({"a": 1}), json!({"b": "a"})),
            (Assertion { matches: regex::Regex::new("^a+$").ok(), ..none() }, json!("aa"), json!("ab")),
            (Assertion { type_: Some(JsonType::Integer), ..none() }, json!(1), json!(1.5)),
            (Assertion { type_: Some(JsonType::Null), ..none() }, json!(null), json!(0)),
            (Assertion { length: Some(2), ..none() }, json!("äö"), json!(["a"])),
        ];
        for (assertion, good, bad) in cases {
            assert_eq!(on(good, assertion.clone()), Ok(()), "{assertion:?}");
            assert!(on(bad, assertion.clone()).is_err(), "{assertion:?}");
        }
    }

    #[test]
    fn long_values_are_cut_in_sentences() {
        let sentence = on(json!("x".repeat(1000)), value(json!("y"))).unwrap_err();
        assert!(sentence.chars().count() < 250 && sentence.ends_with(r#"…, not "y""#), "{sentence}");
    }
}
