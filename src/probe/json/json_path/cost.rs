//! What evaluating a JSONPath expression on a value would cost, found without doing it.
//!
//! The value is walked once. Of each node it is counted how often it would be in the list of nodes that goes into each
//! station of the plan: below a descendant segment that is as often as all nodes above it together. Filters and slices
//! are taken to let everything through, so that the figure is never too low. Where no list gets to is not walked.

use jsonpath_rust::parser::model::{JpQuery, Segment};
use serde_json::Value;

use super::plan::{End, Pick, Plan, Station, Trial};

/// The evaluator writes the path of every node that it passes: so many bytes of that, or of copied text, are a step.
const BYTES_A_STEP: u64 = 64;

/// How many values are compared in a step.
const COMPARISONS_A_STEP: u64 = 16;

/// The steps that `query` takes on `value`, if they are not more than `limit`. A step is a node in a list, a test of a
/// filter, or a copied value: about a quarter of a microsecond.
pub(crate) fn of(query: &JpQuery, value: &Value, limit: u64) -> Option<u64> {
    steps(limit, &query.segments, End::Whole, value)
}

fn steps(limit: u64, segments: &[Segment], end: End, root: &Value) -> Option<u64> {
    let from_root =
        |segments: &[Segment], end| steps(limit, segments, end, root).unwrap_or_else(|| limit.saturating_add(1));
    let (plan, first) = Plan::new(segments, end, &from_root);
    let mut walk = Walk { stations: &plan.stations, root, limit, steps: 0 };
    let mut counts = Counts::none(plan.stations.len());
    counts.arrive(first, 1);
    walk.node(root, &counts, 1)?;
    Some(walk.steps)
}

/// How often a node comes to each station.
struct Counts {
    /// In the list that goes into it.
    arriving: Vec<u64>,
    /// Somewhere below the nodes of that list, where the station looks there.
    below: Vec<u64>,
    /// Whether any of these is not zero.
    is_somewhere: bool,
}

impl Counts {
    fn none(stations: usize) -> Self {
        Self { arriving: vec![0; stations], below: vec![0; stations], is_somewhere: false }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_somewhere) {
            self.arriving.fill(0);
            self.below.fill(0);
        }
    }

    fn arrive(&mut self, station: usize, times: u64) {
        self.is_somewhere = true;
        self.arriving[station] = self.arriving[station].saturating_add(times);
    }
}

/// A child of a node.
struct Child<'a> {
    name: Name<'a>,
    value: &'a Value,
    /// Length of its path as the evaluator writes it: `$['a'][0]`.
    path: u64,
}

enum Name<'a> {
    Member(&'a str),
    Element { index: usize, length: usize },
}

impl Child<'_> {
    fn is(&self, pick: &Pick) -> bool {
        match (pick, &self.name) {
            (Pick::Name(name), Name::Member(own)) => name == own,
            (Pick::Index(index), Name::Element { index: own, length }) => {
                let from_start =
                    if *index < 0 { i64::try_from(*length).map(|length| length + index) } else { Ok(*index) };
                from_start.is_ok_and(|index| usize::try_from(index) == Ok(*own))
            }
            (Pick::All | Pick::Filter(_), _) => true,
            (Pick::Name(_), Name::Element { .. }) | (Pick::Index(_), Name::Member(_)) => false,
        }
    }
}

struct Walk<'a> {
    stations: &'a [Station],
    root: &'a Value,
    limit: u64,
    steps: u64,
}

impl Walk<'_> {
    /// `None`: the limit is passed.
    fn take(&mut self, times: u64, steps: u64) -> Option<()> {
        self.steps = self.steps.saturating_add(times.saturating_mul(steps));
        (self.steps <= self.limit).then_some(())
    }

    fn node(&mut self, value: &Value, counts: &Counts, path: u64) -> Option<()> {
        for (station, count) in self.stations.iter().zip(&counts.arriving) {
            if matches!(station, Station::End(End::Whole)) && *count > 0 {
                let size = size(value, self.limit);
                self.take(*count, size)?;
            }
        }
        let mut next = Counts::none(self.stations.len());
        match value {
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let path = path + 3 + u64::from(index.checked_ilog10().unwrap_or(0));
                    let name = Name::Element { index, length: items.len() };
                    self.child(&Child { name, value, path }, counts, &mut next)?;
                }
            }
            Value::Object(map) => {
                for (name, value) in map {
                    let path = path + 4 + written(name);
                    self.child(&Child { name: Name::Member(name), value, path }, counts, &mut next)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Some(())
    }

    /// `counts` are those of the node above; `next` is where the child's own are counted.
    fn child(&mut self, child: &Child<'_>, counts: &Counts, next: &mut Counts) -> Option<()> {
        next.clear();
        let pointer = 1 + child.path / BYTES_A_STEP;
        let stations = self.stations;
        for (number, station) in stations.iter().enumerate() {
            let Station::Segment(is_descendant, picks) = station else { continue };
            let mut looks = counts.arriving[number];
            if *is_descendant {
                looks = looks.saturating_add(counts.below[number]);
                (next.below[number], next.is_somewhere) = (looks, next.is_somewhere || looks > 0);
                self.take(looks, pointer)?;
            }
            if looks == 0 {
                continue;
            }
            for pick in picks.iter().filter(|pick| child.is(pick)) {
                next.arrive(number + 1, looks);
                self.take(looks, pointer)?;
                if let Pick::Filter(trial) = pick {
                    self.trial(trial, child.value, looks)?;
                    trial.chains.iter().for_each(|first| next.arrive(*first, looks));
                }
            }
        }
        if next.is_somewhere { self.node(child.value, next, child.path) } else { Some(()) }
    }

    fn trial(&mut self, trial: &Trial, value: &Value, times: u64) -> Option<()> {
        self.take(times, trial.steps)?;
        for (own, from_root) in &trial.crossings {
            let pairs = size(value, self.limit)
                .saturating_pow(*own)
                .saturating_mul(size(self.root, self.limit).saturating_pow(*from_root));
            self.take(times, pairs / COMPARISONS_A_STEP)?;
        }
        Some(())
    }
}

/// The steps that copying a value takes; not counted further than `limit`.
fn size(value: &Value, limit: u64) -> u64 {
    let text = |text: &str| text.len() as u64 / BYTES_A_STEP;
    let mut steps = 1;
    match value {
        Value::String(value) => steps += text(value),
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
                steps += 1 + text(name) + size(value, limit);
                if steps > limit {
                    break;
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    steps
}

/// The length of a name in a path, where some characters are escaped.
fn written(name: &str) -> u64 {
    let escaped = |byte| match byte {
        0..0x20 => 6,
        b'\'' | b'\\' => 2,
        _ => 1,
    };
    name.bytes().map(escaped).sum()
}

#[cfg(test)]
mod tests {
    use jsonpath_rust::parser::parse_json_path;
    use serde_json::json;

    use super::*;

    fn cost(text: &str, value: &Value) -> u64 {
        let query = parse_json_path(text).expect("an expression");
        of(&query, value, 1_000_000_000).expect("not that much")
    }

    /// Lists in lists, `depth` deep, around `width` numbers.
    fn nested(depth: usize, width: usize) -> Value {
        (1..depth).fold(json!(vec![1; width]), |inner, _| json!([inner]))
    }

    #[test]
    fn what_comes_out_is_counted_with_what_is_in_it() {
        let value = json!({"a": 1, "b": [1, 2, 3]});
        // The node and its copy.
        assert_eq!(cost("$.a", &value), 2);
        assert_eq!(cost("$.b", &value), 5);
        assert_eq!(cost("$['a', 'a']", &value), 4);
        assert_eq!(cost("$.b[-1]", &value), 3);
        assert_eq!(cost("$.nothing", &value), 0);
    }

    #[test]
    fn it_is_never_less_than_what_the_evaluator_finds() {
        let value = json!({"a": [{"n": 1, "t": ["x"]}, {"n": 2, "t": ["y", "z"]}], "b": {"n": 3, "c": {"n": [4]}}});
        for text in ["$", "$..*", "$..n", "$..*..*", "$.a[*].t[*]", "$..[?@.n > 1]", "$..[?@..n].n", "$.a[::-1]..t"] {
            let query = parse_json_path(text).expect("an expression");
            let found = jsonpath_rust::query::js_path_process(&query, &value).expect("matches");
            let copied: u64 = found.iter().map(|found| size(found.val, u64::MAX)).sum();
            assert!(cost(text, &value) >= found.len() as u64 + copied - 1, "{text}");
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
            let query = parse_json_path(text).expect("an expression");
            assert_eq!(of(&query, &value, 500_000), None, "{text}");
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
            let query = parse_json_path(text).expect("an expression");
            assert!(of(&query, &value, 500_000).is_some(), "{text} takes {}", cost(text, &value));
        }
    }
}
