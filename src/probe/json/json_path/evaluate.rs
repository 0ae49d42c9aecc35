//! Evaluates a JSONPath expression (RFC 9535) on a value, within a budget of steps.
//!
//! `jsonpath-rust` reads expressions; its evaluator cannot be stopped, and expressions such as `$..*..*` match billions of times
//! in an answer of a few kilobytes. This one counts its steps as it goes, and gives up.

use std::borrow::Cow;
use std::collections::HashMap;

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector, SingularQuery,
    SingularQuerySegment, Test, TestFunction,
};
use regex::Regex;
use serde_json::Value;

use crate::probe::json::compare;

/// So many bytes of text are a step.
const BYTES_A_STEP: u64 = 64;

/// So many segments of a query for one value are a step.
const SEGMENTS_A_STEP: u64 = 8;

/// What compiling a pattern takes.
const STEPS_A_PATTERN: u64 = 5000;

/// The budget is used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

type Nodes<'a> = Vec<&'a Value>;

/// The values that `query` matches in `root`, in the order of RFC 9535. A step of `budget` is a value that is looked at, matched or
/// compared, or 64 bytes of text.
///
/// # Errors
///
/// There were more steps than `budget`, which is left at 0.
pub(super) fn evaluate<'a>(query: &JpQuery, root: &'a Value, budget: &mut u64) -> Result<Nodes<'a>, Exhausted> {
    Evaluation { root, budget, patterns: HashMap::new() }.segments(&query.segments, root)
}

/// The steps that it takes to go through a value; not counted much further than `limit`.
pub(super) fn size(value: &Value, limit: u64) -> u64 {
    let mut steps = 1;
    match value {
        Value::String(text) => steps += text.len() as u64 / BYTES_A_STEP,
        Value::Array(items) => {
            for item in items {
                steps += size(item, limit);
                if steps > limit {
                    break;
                }
            }
        }
        Value::Object(map) => {
            for (name, value) in map {
                steps += name.len() as u64 / BYTES_A_STEP + size(value, limit);
                if steps > limit {
                    break;
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    steps
}

/// Takes steps from a budget.
pub(super) fn take(budget: &mut u64, steps: u64) -> Result<(), Exhausted> {
    let left = budget.checked_sub(steps);
    *budget = left.unwrap_or(0);
    left.map(drop).ok_or(Exhausted)
}

/// The argument of a function.
enum Argument<'a> {
    Nodes(Nodes<'a>),
    Value(Option<Cow<'a, Value>>),
}

impl<'a> Argument<'a> {
    /// The one value that it is.
    fn value(self) -> Option<Cow<'a, Value>> {
        match self {
            Self::Nodes(nodes) => match nodes[..] {
                [node] => Some(Cow::Borrowed(node)),
                _ => None,
            },
            Self::Value(value) => value,
        }
    }
}

struct Evaluation<'a, 'b> {
    root: &'a Value,
    budget: &'b mut u64,
    /// Patterns that have been compiled; `None`: they are not patterns.
    patterns: HashMap<String, Option<Regex>>,
}

impl<'a> Evaluation<'a, '_> {
    fn take(&mut self, steps: u64) -> Result<(), Exhausted> {
        take(self.budget, steps)
    }

    fn segments(&mut self, segments: &[Segment], start: &'a Value) -> Result<Nodes<'a>, Exhausted> {
        let mut nodes = vec![start];
        for segment in segments {
            let mut next = Vec::new();
            for node in nodes {
                self.segment(segment, node, &mut next)?;
            }
            nodes = next;
        }
        Ok(nodes)
    }

    fn segment(&mut self, segment: &Segment, node: &'a Value, found: &mut Nodes<'a>) -> Result<(), Exhausted> {
        self.take(1)?;
        match segment {
            Segment::Descendant(inner) => {
                self.segment(inner, node, found)?;
                match node {
                    Value::Array(items) => items.iter().try_for_each(|item| self.segment(segment, item, found)),
                    Value::Object(map) => map.values().try_for_each(|value| self.segment(segment, value, found)),
                    _ => Ok(()),
                }
            }
            Segment::Selector(selector) => self.selector(selector, node, found),
            Segment::Selectors(selectors) => {
                selectors.iter().try_for_each(|selector| self.selector(selector, node, found))
            }
        }
    }

    fn selector(&mut self, selector: &Selector, node: &'a Value, found: &mut Nodes<'a>) -> Result<(), Exhausted> {
        let before = found.len();
        match (selector, node) {
            (Selector::Name(name), Value::Object(map)) => found.extend(map.get(name)),
            (Selector::Index(index), Value::Array(items)) => found.extend(element(items, *index)),
            (Selector::Wildcard, Value::Array(items)) => found.extend(items),
            (Selector::Wildcard, Value::Object(map)) => found.extend(map.values()),
            (Selector::Slice(start, end, step), Value::Array(items)) => {
                found.extend(slice(items.len(), *start, *end, *step).map(|index| &items[index]));
            }
            (Selector::Filter(filter), Value::Array(items)) => {
                for item in items {
                    if self.filter(filter, item)? {
                        found.push(item);
                    }
                }
            }
            (Selector::Filter(filter), Value::Object(map)) => {
                for value in map.values() {
                    if self.filter(filter, value)? {
                        found.push(value);
                    }
                }
            }
            _ => {}
        }
        self.take((found.len() - before) as u64)
    }

    fn filter(&mut self, filter: &Filter, node: &'a Value) -> Result<bool, Exhausted> {
        self.take(1)?;
        match filter {
            Filter::Or(filters) => {
                for filter in filters {
                    if self.filter(filter, node)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::And(filters) => {
                for filter in filters {
                    if !self.filter(filter, node)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Atom(FilterAtom::Filter { expr, not }) => Ok(self.filter(expr, node)? != *not),
            Filter::Atom(FilterAtom::Test { expr, not }) => Ok(self.test(expr, node)? != *not),
            Filter::Atom(FilterAtom::Comparison(comparison)) => self.comparison(comparison, node),
        }
    }

    fn test(&mut self, test: &Test, node: &'a Value) -> Result<bool, Exhausted> {
        Ok(match self.argument(test, node)? {
            Argument::Nodes(nodes) => !nodes.is_empty(),
            Argument::Value(Some(Cow::Owned(value))) => value == Value::Bool(true),
            // What `value()` has found.
            Argument::Value(found) => found.is_some(),
        })
    }

    fn comparison(&mut self, comparison: &Comparison, node: &'a Value) -> Result<bool, Exhausted> {
        let (left, right) = comparison.vals();
        let (left, right) = (self.comparable(left, node)?, self.comparable(right, node)?);
        let is_equal = match (&left, &right) {
            (None, None) => true,
            (Some(left), Some(right)) => {
                self.take(steps_to_compare(left, right, *self.budget))?;
                compare::same(left, right)
            }
            _ => false,
        };
        let order = left.zip(right).and_then(|(left, right)| compare::order(&left, &right));
        Ok(match comparison {
            Comparison::Eq(..) => is_equal,
            Comparison::Ne(..) => !is_equal,
            Comparison::Lt(..) => order.is_some_and(|order| order.is_lt()),
            Comparison::Gt(..) => order.is_some_and(|order| order.is_gt()),
            Comparison::Lte(..) => is_equal || order.is_some_and(|order| order.is_lt()),
            Comparison::Gte(..) => is_equal || order.is_some_and(|order| order.is_gt()),
        })
    }

    fn comparable(&mut self, comparable: &Comparable, node: &'a Value) -> Result<Option<Cow<'a, Value>>, Exhausted> {
        match comparable {
            Comparable::Literal(literal) => Ok(Some(Cow::Owned(literal_value(literal)))),
            Comparable::Function(function) => self.function(function, node),
            Comparable::SingularQuery(query) => {
                let (start, segments) = match query {
                    SingularQuery::Current(segments) => (node, segments),
                    SingularQuery::Root(segments) => (self.root, segments),
                };
                self.take(segments.len() as u64 / SEGMENTS_A_STEP)?;
                let step = |node: &'a Value, segment: &SingularQuerySegment| match (segment, node) {
                    (SingularQuerySegment::Name(name), Value::Object(map)) => map.get(name),
                    (SingularQuerySegment::Index(index), Value::Array(items)) => element(items, *index),
                    _ => None,
                };
                Ok(segments.iter().try_fold(start, step).map(Cow::Borrowed))
            }
        }
    }

    fn function(&mut self, function: &TestFunction, node: &'a Value) -> Result<Option<Cow<'a, Value>>, Exhausted> {
        let result = match function {
            TestFunction::Value(argument) => return Ok(self.function_argument(argument, node)?.value()),
            TestFunction::Length(argument) => match self.function_argument(argument, node)? {
                // The RFC does not allow a query for several values here, but `jsonpath-rust` does: their number is meant.
                Argument::Nodes(nodes) if nodes.len() > 1 => Some(nodes.len().into()),
                argument => {
                    let value = argument.value();
                    self.take(value.as_deref().map_or(0, text_steps))?;
                    value.and_then(|value| compare::length(&value)).map(Value::from)
                }
            },
            TestFunction::Count(argument) => match self.function_argument(argument, node)? {
                Argument::Nodes(nodes) => Some(nodes.len().into()),
                Argument::Value(value) => value.map(|_| 1.into()),
            },
            TestFunction::Match(text, pattern) => Some(self.is_match(text, pattern, node, true)?.into()),
            TestFunction::Search(text, pattern) => Some(self.is_match(text, pattern, node, false)?.into()),
            TestFunction::Custom(name, arguments) => self.set_function(name, arguments, node)?.map(Value::from),
        };
        Ok(result.map(Cow::Owned))
    }

    fn function_argument(&mut self, argument: &FnArg, node: &'a Value) -> Result<Argument<'a>, Exhausted> {
        match argument {
            FnArg::Literal(literal) => Ok(Argument::Value(Some(Cow::Owned(literal_value(literal))))),
            FnArg::Test(test) => self.argument(test, node),
            FnArg::Filter(filter) => Ok(Argument::Value(Some(Cow::Owned(self.filter(filter, node)?.into())))),
        }
    }

    fn argument(&mut self, test: &Test, node: &'a Value) -> Result<Argument<'a>, Exhausted> {
        match test {
            Test::RelQuery(segments) => Ok(Argument::Nodes(self.segments(segments, node)?)),
            Test::AbsQuery(query) => Ok(Argument::Nodes(self.segments(&query.segments, self.root)?)),
            Test::Function(function) => Ok(Argument::Value(self.function(function, node)?)),
        }
    }

    /// Whether a text matches a pattern: as a whole, or somewhere in it.
    fn is_match(&mut self, text: &FnArg, pattern: &FnArg, node: &'a Value, whole: bool) -> Result<bool, Exhausted> {
        let text = self.function_argument(text, node)?.value();
        let pattern = self.function_argument(pattern, node)?.value();
        let (Some(text), Some(pattern)) = (text, pattern) else { return Ok(false) };
        let (Some(text), Some(pattern)) = (text.as_str(), pattern.as_str()) else { return Ok(false) };
        self.take(1 + (text.len() + pattern.len()) as u64 / BYTES_A_STEP)?;
        let pattern = i_regexp(pattern);
        let pattern = if whole { format!("^(?:{pattern})$") } else { pattern };
        let is_known = self.patterns.contains_key(&pattern);
        self.take(if is_known { 0 } else { STEPS_A_PATTERN + pattern.len() as u64 })?;
        let compiled = self.patterns.entry(pattern).or_insert_with_key(|pattern| Regex::new(pattern).ok());
        Ok(compiled.as_ref().is_some_and(|pattern| pattern.is_match(text)))
    }

    /// The functions that `jsonpath-rust` knows beyond the RFC's. `None`: these arguments are not what it takes.
    fn set_function(&mut self, name: &str, arguments: &[FnArg], node: &'a Value) -> Result<Option<bool>, Exhausted> {
        let [left, right] = arguments else { return Ok(None) };
        let left = self.function_argument(left, node)?.value();
        let right = self.function_argument(right, node)?.value();
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        let Value::Array(set) = &*right else { return Ok(None) };
        let steps = size(&right, *self.budget);
        self.take(steps)?;
        let mut contains = |item: &Value| {
            self.take(steps)?;
            Ok(set.contains(item))
        };
        if matches!(name, "in" | "nin") {
            return contains(&left).map(|found| Some(found == (name == "in")));
        }
        let Value::Array(items) = &*left else { return Ok(None) };
        let mut found = 0;
        for item in items {
            found += usize::from(contains(item)?);
        }
        Ok(match name {
            "any_of" => Some(found > 0),
            "none_of" => Some(found == 0),
            "subset_of" => Some(found == items.len()),
            _ => None,
        })
    }
}

/// The steps that it takes to compare two values.
fn steps_to_compare(left: &Value, right: &Value, limit: u64) -> u64 {
    let is_nested = |value: &Value| value.is_array() || value.is_object();
    if is_nested(left) && is_nested(right) {
        size(left, limit).saturating_add(size(right, limit))
    } else {
        text_steps(left).min(text_steps(right))
    }
}

/// The steps that it takes to read a string; other values need none.
fn text_steps(value: &Value) -> u64 {
    value.as_str().map_or(0, |text| text.len() as u64 / BYTES_A_STEP)
}

/// The element at an index, counted from the end where it is negative.
fn element(items: &[Value], index: i64) -> Option<&Value> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    items.get(if index < 0 { items.len().checked_sub(distance)? } else { distance })
}

/// The indices of a slice (RFC 9535, section 2.3.4.2).
fn slice(length: usize, start: Option<i64>, end: Option<i64>, step: Option<i64>) -> impl Iterator<Item = usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    let from_start = |index: i64| if index >= 0 { index } else { length.saturating_add(index) };
    let (first, end) = if step >= 0 {
        (from_start(start.unwrap_or(0)).clamp(0, length), from_start(end.unwrap_or(length)).clamp(0, length))
    } else {
        let last = length - 1;
        let end = end.map_or(-1, from_start);
        (start.map_or(last, from_start).clamp(-1, last), end.clamp(-1, last))
    };
    let is_within = move |index: &i64| if step > 0 { *index < end } else { step < 0 && *index > end };
    std::iter::successors(Some(first).filter(is_within), move |index| index.checked_add(step).filter(is_within))
        .filter_map(|index| usize::try_from(index).ok())
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Int(number) => (*number).into(),
        Literal::Float(number) => (*number).into(),
        Literal::String(text) => text.as_str().into(),
        Literal::Bool(value) => (*value).into(),
        Literal::Null => Value::Null,
    }
}

/// An I-Regexp (RFC 9485) in the syntax of `regex`: there a dot outside of a class also matches a carriage return.
fn i_regexp(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => translated.extend([character].into_iter().chain(characters.next())),
            '.' if !in_class => translated.push_str(r"[^\n\r]"),
            _ => {
                in_class = (in_class || character == '[') && character != ']';
                translated.push(character);
            }
        }
    }
    translated
}

#[cfg(test)]
mod tests {
    use jsonpath_rust::parser::parse_json_path;
    use serde_json::json;

    use super::*;

    fn found(text: &str, value: &Value) -> Value {
        let query = parse_json_path(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        evaluate(&query, value, &mut 10_000).expect("few steps").into_iter().cloned().collect()
    }

    #[test]
    fn selectors_take_children_in_the_order_of_the_rfc() {
        let value = json!({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]});
        for (text, expected) in [
            ("$", json!([value])),
            ("$.o['k', 'j', 'j']", json!([2, 1, 1])),
            ("$.a[0, -1]", json!([5, [{"j": 4}, {"k": 6}]])),
            ("$.a[3, -4]", json!([])),
            ("$.o[*]", json!([1, 2])),
            ("$..j", json!([1, 4])),
            ("$.a..[0, 1]", json!([5, 3, {"j": 4}, {"k": 6}])),
            ("$.a..*", json!([5, 3, [{"j": 4}, {"k": 6}], {"j": 4}, {"k": 6}, 4, 6])),
            ("$.o.j.k", json!([])),
        ] {
            assert_eq!(found(text, &value), expected, "{text}");
        }
        assert_eq!(found("$[*]['a', 'b']", &json!([{"a": 1, "b": 2}, {"a": 3, "b": 4}])), json!([1, 2, 3, 4]));
    }

    #[test]
    fn slices_begin_end_and_go_as_in_the_rfc() {
        let value = json!([0, 1, 2, 3, 4, 5, 6]);
        for (text, expected) in [
            ("$[1:3]", json!([1, 2])),
            ("$[5:]", json!([5, 6])),
            ("$[1:5:2]", json!([1, 3])),
            ("$[5:1:-2]", json!([5, 3])),
            ("$[::-1]", json!([6, 5, 4, 3, 2, 1, 0])),
            ("$[-2:]", json!([5, 6])),
            ("$[:-5]", json!([0, 1])),
            ("$[::0]", json!([])),
            ("$[100:]", json!([])),
            ("$[100:4:-1]", json!([6, 5])),
            ("$[-100:2]", json!([0, 1])),
            ("$[1:9007199254740991:9007199254740991]", json!([1])),
        ] {
            assert_eq!(found(text, &value), expected, "{text}");
        }
        assert_eq!(found("$[::-1]", &json!([])), json!([]));
        assert_eq!(found("$[0:1]", &json!({"0": 1})), json!([]));
    }

    #[test]
    fn filters_compare_and_test_children() {
        let value = json!([
            {"a": 1, "s": "ab", "l": [1, 2]}, {"a": 2.0, "s": "b\rc", "l": [], "n": null},
            {"b": {"c": 1}, "d": {"c": 1}}, 2,
        ]);
        for (text, expected) in [
            ("@.a == 2", json!([1])),
            ("@.a != 2", json!([0, 2, 3])),
            ("@.a < 2", json!([0])),
            ("@.a >= 1", json!([0, 1])),
            ("@.s > 'ab'", json!([1])),
            ("@ == 2", json!([3])),
            ("@.n == null", json!([1])),
            ("@.x == @.y && @.a", json!([0, 1])),
            ("@.x <= @.y && !@.a", json!([2, 3])),
            ("@.b == @.d && @.b", json!([2])),
            ("@.a == $[0].a", json!([0])),
            ("@.n", json!([1])),
            ("@..c || (@.a && !@.n)", json!([0, 2])),
            ("@.l[?@ > 1]", json!([0])),
            ("length(@.s) == 2", json!([0])),
            ("length(@.l) == 0", json!([1])),
            ("count(@..c) == 2", json!([2])),
            ("count(@.x) == 0 && @.b", json!([2])),
            ("value(@..a) == 1", json!([0])),
            ("match(@.s, 'a.')", json!([0])),
            ("match(@.s, 'a')", json!([])),
            ("match(@.s, 'x|ab')", json!([0])),
            ("search(@.s, 'b')", json!([0, 1])),
            ("search(@.s, 'b.')", json!([])),
            ("search(@.s, 'b[\\\\r.]c')", json!([1])),
            ("search(@.s, '(')", json!([])),
            ("in(@.a, $[0].l)", json!([0])),
            ("any_of(@.l, $[0].l)", json!([0])),
            ("subset_of(@.l, $[0].l)", json!([0, 1])),
            ("none_of(@.l, $[0].l)", json!([1])),
        ] {
            let items = value.as_array().expect("a list");
            let found = found(&format!("$[?{text}]"), &value);
            let places =
                found.as_array().expect("a list").iter().map(|found| items.iter().position(|item| item == found));
            assert_eq!(json!(places.collect::<Vec<_>>()), expected, "{text}");
        }
    }
}
