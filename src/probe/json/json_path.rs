//! JSONPath on an answer: what expressions find, within bounds.

mod bound;

use serde_json::Value;

pub(super) use self::bound::Measures;
use self::bound::size;
use crate::schema::value::JsonPath;

/// The most steps that one expression may take on an answer, by its bound: values that are looked at or tested, and 64 bytes
/// of their paths each. What is found may take as many to copy.
const MAX_STEPS: u64 = 1_000_000;

/// The most that all expressions of a request may take together.
const MAX_STEPS_TOGETHER: u64 = 4 * MAX_STEPS;

/// So few steps take less time than handing them to another thread.
const FEW_STEPS: u64 = 5_000;

/// An expression takes more steps than it may: here is its place in the list.
#[derive(Debug, PartialEq, Eq)]
pub struct TooMuch(pub usize);

/// What the expressions find in `value`: one match is that value, several are the list of them, none is `None`.
///
/// # Errors
///
/// An expression could take more than 1,000,000 steps, or those up to it more than 4,000,000, in which case it is not
/// evaluated; or what it finds takes as many to copy.
pub fn find(paths: &[&JsonPath], value: &Value) -> Result<Vec<Option<Value>>, TooMuch> {
    find_measured(paths, value, Measures::of(value))
}

/// [`find`] in a value whose measures are known.
pub(super) fn find_measured(
    paths: &[&JsonPath],
    value: &Value,
    measures: Measures,
) -> Result<Vec<Option<Value>>, TooMuch> {
    let mut left = MAX_STEPS_TOGETHER;
    let mut found = Vec::with_capacity(paths.len());
    for (place, path) in paths.iter().enumerate() {
        let steps = measures.steps(&path.query);
        if steps > MAX_STEPS.min(left) {
            return Err(TooMuch(place));
        }
        left -= steps;
        // A query that cannot be evaluated on this value matches nothing.
        let matches = jsonpath_rust::query::js_path_process(&path.query, value).unwrap_or_default();
        found.push(copied(&matches.into_iter().map(|found| found.val()).collect::<Vec<_>>()).ok_or(TooMuch(place))?);
    }
    Ok(found)
}

/// Whether finding is a matter of microseconds.
pub(super) fn is_light(paths: &[&JsonPath], measures: Measures) -> bool {
    paths.iter().map(|path| measures.steps(&path.query)).fold(0, u64::saturating_add) <= FEW_STEPS
}

/// The matches as one value; `None`: they are within each other so often that they would be too large.
fn copied(matches: &[&Value]) -> Option<Option<Value>> {
    let mut left = MAX_STEPS;
    for found in matches {
        left = left.checked_sub(size(found, left))?;
    }
    Some(match matches {
        [] => None,
        [found] => Some((*found).clone()),
        _ => Some(matches.iter().map(|found| (*found).clone()).collect()),
    })
}

#[cfg(test)]
mod tests {
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
    fn the_bound_is_never_less_than_what_the_evaluator_finds() {
        let value = json!({"a": [{"n": 1, "t": ["x"]}, {"n": 2, "t": ["y", "z"]}], "b": {"n": 3, "c": {"n": [4]}}});
        for text in
            ["$..*", "$..n", "$..*..*", "$.a[*].t[*]", "$..[?@.n > 1]", "$..[?@..n].n", "$.a[::-1]..t", "$..[*,*]"]
        {
            let query = parse_json_path(text).expect("an expression");
            let found = jsonpath_rust::query::js_path_process(&query, &value).expect("matches");
            assert!(Measures::of(&value).steps(&query) >= found.len() as u64, "{text}");
        }
    }

    #[test]
    fn what_grows_by_powers_is_seen_without_being_done() {
        for (text, value) in [
            ("$..*..*..*", nested(100, 10_000)),
            ("$..*", nested(120, 100_000)),
            ("$.*[*]", json!({"n".repeat(500_000): vec![1; 100_000]})),
            ("$[?@ == $]..*", nested(100, 10_000)),
            ("$[*][?$..[?$..[?$..*]]]", json!(vec![[1]; 1000])),
            ("$[?search(@, 'a.*b')]", json!(vec!["a"; 10_000])),
            ("$.a[?any_of($.a, $.b)]", json!({"a": vec![1; 10_000], "b": vec![2; 10_000]})),
            (&format!("${}", "[*,*]".repeat(30)), nested(40, 1)),
        ] {
            assert_eq!(find_at(text, &value), Err(TooMuch(0)), "{text}");
        }
    }

    #[test]
    fn all_expressions_of_a_request_have_a_budget_together() {
        let value = json!(vec![1; 400_000]);
        let path = JsonPath { text: "$[*]".to_owned(), query: parse_json_path("$[*]").expect("an expression") };
        assert!(find(&[&path; 9], &value).is_ok());
        assert_eq!(find(&[&path; 11], &value), Err(TooMuch(10)));
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
    }
}
