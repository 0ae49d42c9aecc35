//! JSONPath on an answer: what expressions find, within bounds.

mod cost;
mod plan;

use serde_json::Value;

use crate::schema::value::JsonPath;

/// The most steps that one expression may take on an answer; [`cost::of`] says what a step is. So many take about an
/// eighth of a second of processor time and some 30 MiB.
const MAX_STEPS: u64 = 500_000;

/// The most that all expressions of a request may take together.
const MAX_STEPS_TOGETHER: u64 = 2_000_000;

/// So few steps take less time than handing them to another thread.
const FEW_STEPS: u64 = 5_000;

/// An expression would take more steps than it may: here is its place in the list.
#[derive(Debug, PartialEq, Eq)]
pub struct TooMuch(pub usize);

/// What the expressions find in `value`: one match is that value, several are the list of them, none is `None`.
///
/// # Errors
///
/// Expressions such as `$..*..*` match billions of times in an answer of a few kilobytes. That is found out before.
pub fn find(paths: &[&JsonPath], value: &Value) -> Result<Vec<Option<Value>>, TooMuch> {
    let mut left = MAX_STEPS_TOGETHER;
    let mut found = Vec::with_capacity(paths.len());
    for (place, path) in paths.iter().enumerate() {
        left -= cost::of(&path.query, value, MAX_STEPS.min(left)).ok_or(TooMuch(place))?;
        // A query that cannot be evaluated on this value matches nothing.
        let matches = jsonpath_rust::query::js_path_process(&path.query, value).unwrap_or_default();
        let mut values: Vec<Value> = matches.into_iter().map(|found| found.val().clone()).collect();
        found.push(if values.len() > 1 { Some(Value::Array(values)) } else { values.pop() });
    }
    Ok(found)
}

/// Whether finding is a matter of microseconds.
pub(crate) fn is_light(paths: &[&JsonPath], value: &Value) -> bool {
    let left = paths.iter().try_fold(FEW_STEPS, |left, path| Some(left - cost::of(&path.query, value, left)?));
    left.is_some()
}
