//! JSONPath on an answer: what expressions find, within bounds.

mod evaluate;

use serde_json::Value;

use self::evaluate::{Exhausted, evaluate, size, take};
use crate::schema::value::JsonPath;

/// The most steps that one expression may take on an answer: values that are looked at, matched, compared or copied, and 64
/// bytes of text each. So many take some 10 ms of processor time.
const MAX_STEPS: u64 = 500_000;

/// The most that all expressions of a request may take together.
const MAX_STEPS_TOGETHER: u64 = 2_000_000;

/// So few steps take less time than handing them to another thread.
const FEW_STEPS: u64 = 10_000;

/// An expression takes more steps than it may: here is its place in the list.
#[derive(Debug, PartialEq, Eq)]
pub struct TooMuch(pub usize);

/// What the expressions find in `value`: one match is that value, several are the list of them, none is `None`.
///
/// # Errors
///
/// An expression takes more than 500,000 steps, or those up to it more than 2,000,000.
pub fn find(paths: &[&JsonPath], value: &Value) -> Result<Vec<Option<Value>>, TooMuch> {
    find_within(MAX_STEPS_TOGETHER, paths, value)
}

/// The same, if it is a matter of microseconds.
pub(super) fn find_quickly(paths: &[&JsonPath], value: &Value) -> Option<Vec<Option<Value>>> {
    find_within(FEW_STEPS, paths, value).ok()
}

fn find_within(mut steps_together: u64, paths: &[&JsonPath], value: &Value) -> Result<Vec<Option<Value>>, TooMuch> {
    let mut found = Vec::with_capacity(paths.len());
    for (place, path) in paths.iter().enumerate() {
        let allowed = MAX_STEPS.min(steps_together);
        let mut budget = allowed;
        found.push(find_one(path, value, &mut budget).map_err(|Exhausted| TooMuch(place))?);
        steps_together -= allowed - budget;
    }
    Ok(found)
}

fn find_one(path: &JsonPath, value: &Value, budget: &mut u64) -> Result<Option<Value>, Exhausted> {
    let matches = evaluate(&path.query, value, budget)?;
    // Nodes within each other are copied as often as they match.
    for found in &matches {
        let steps = size(found, *budget);
        take(budget, steps)?;
    }
    Ok(match matches[..] {
        [] => None,
        [found] => Some(found.clone()),
        _ => Some(matches.into_iter().cloned().collect()),
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use jsonpath_rust::parser::parse_json_path;
    use serde_json::json;

    use super::*;

    fn find_at(text: &str, value: &Value) -> Result<Option<Value>, TooMuch> {
        let path = JsonPath { text: text.to_owned(), query: parse_json_path(text).expect("an expression") };
        find(&[&path], value).map(|mut found| found.remove(0))
    }

    /// Lists in lists, `depth` deep, around `width` numbers.
    fn nested(depth: usize, width: usize) -> Value {
        (1..depth).fold(json!(vec![1; width]), |inner, _| json!([inner]))
    }

    #[test]
    fn one_match_is_a_value_several_are_a_list_and_none_is_nothing() {
        let value = json!({"a": 1, "b": [1, {"c": 3}]});
        for (text, found) in [
            ("$", Some(value.clone())),
            ("$.a", Some(json!(1))),
            ("$.b[-1]", Some(json!({"c": 3}))),
            ("$.b[*]", Some(json!([1, {"c": 3}]))),
            ("$..c", Some(json!(3))),
            ("$.nothing", None),
            ("$.a[0]", None),
        ] {
            assert_eq!(find_at(text, &value), Ok(found), "{text}");
        }
    }

    #[test]
    fn what_grows_by_powers_is_given_up() {
        let mut many_selectors = "$".to_owned();
        (0..30).for_each(|_| write!(many_selectors, "[*,*]").expect("a string takes everything"));
        for (text, value) in [
            ("$..*..*..*", nested(100, 10_000)),
            ("$..*", nested(120, 100_000)),
            ("$..[?@ == $]", nested(100, 10_000)),
            ("$[*][?$..[?$..[?$..*]]]", json!(vec![[1]; 1000])),
            ("$[?search('a', @)]", json!((0..1000).map(|number| format!("{number}")).collect::<Vec<_>>())),
            ("$.a[?length($.b) > 1]", json!({"a": vec![1; 10_000], "b": "b".repeat(100_000)})),
            ("$.a[?any_of($.a, $.b)]", json!({"a": vec![1; 10_000], "b": vec![2; 10_000]})),
            (&*many_selectors, nested(40, 1)),
        ] {
            assert_eq!(find_at(text, &value), Err(TooMuch(0)), "{text}");
        }
    }

    #[test]
    fn usual_expressions_on_a_mebibyte_are_within_bounds() {
        let item = json!({"id": 12345, "name": "abcdefg", "tags": ["a", "b"], "on": true});
        let value = json!({"items": vec![item; 18_000]});
        for text in [
            "$.items[*].id",
            "$..id",
            "$.items[?@.id == 7].name",
            "$..[?@.id == 7].name",
            "$.items[?@.on && @.tags[0]].id",
        ] {
            assert!(find_at(text, &value).is_ok(), "{text}");
        }
        // A name is read once, however many values are below it.
        let value = json!({"n".repeat(500_000): vec![1; 100_000]});
        assert!(find_at("$.*[*]", &value).is_ok());
    }

    #[test]
    fn all_expressions_of_a_request_have_a_budget_together() {
        let value = json!(vec![1; 200_000]);
        let path = JsonPath { text: "$[*]".to_owned(), query: parse_json_path("$[*]").expect("an expression") };
        assert!(find(&[&path; 4], &value).is_ok());
        assert_eq!(find(&[&path; 6], &value), Err(TooMuch(4)));
    }
}
