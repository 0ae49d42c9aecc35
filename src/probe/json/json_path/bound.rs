//! How much work a JSONPath expression can be on a value, at the most, from the value's measures alone.
//!
//! An evaluation cannot be stopped, and `$..*..*..*` matches billions of times in a few kilobytes. What is too high is the
//! price of being quick: a filter is taken to let everything through, and a name to be in every map.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Segment, Selector, SingularQuery, Test, TestFunction,
};
use serde_json::Value;

/// The evaluator writes the path of every node that it passes: so many bytes of that, or of compared text, are a step.
const BYTES_A_STEP: u64 = 64;

/// Compiling a pattern, which is done for every value that it is held against.
const STEPS_A_PATTERN: u64 = 400;

/// How many values are compared in a step.
const COMPARISONS_A_STEP: u64 = 16;

/// What the work depends on.
#[derive(Clone, Copy, Default)]
pub(in crate::probe::json) struct Measures {
    /// Values, all that are in others included.
    nodes: u64,
    /// How deep they are nested.
    depth: u64,
    /// The children of the one that has the most.
    width: u64,
    /// Bytes of text, names included.
    text: u64,
    /// Bytes of the names on the longest path.
    path: u64,
}

impl Measures {
    /// Walks a value once.
    pub fn of(value: &Value) -> Self {
        let mut measures = Self::default();
        measures.add(value, 1, 0);
        measures
    }

    fn add(&mut self, value: &Value, depth: u64, path: u64) {
        self.nodes += 1;
        self.depth = self.depth.max(depth);
        self.path = self.path.max(path);
        match value {
            Value::String(text) => self.text += text.len() as u64,
            Value::Array(items) => {
                self.width = self.width.max(items.len() as u64);
                items.iter().for_each(|item| self.add(item, depth + 1, path));
            }
            Value::Object(map) => {
                self.width = self.width.max(map.len() as u64);
                for (name, value) in map {
                    self.text += name.len() as u64;
                    self.add(value, depth + 1, path + name.len() as u64);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The most steps that `query` can take. A step is a node in a list or a test of a filter.
    pub fn steps(&self, query: &JpQuery) -> u64 {
        self.segments(&query.segments)
    }

    fn segments(&self, segments: &[Segment]) -> u64 {
        // The nodes in the list so far, and how often one of them may be in it.
        let (mut list, mut repeats, mut steps) = (1_u64, 1_u64, 0_u64);
        for segment in segments {
            let mut segment = segment;
            let mut looked_at = list;
            let mut is_descendant = false;
            while let Segment::Descendant(inner) = segment {
                // Each node is below as many others as it is deep.
                repeats = repeats.saturating_mul(looked_at.min(self.depth));
                looked_at = repeats.saturating_mul(self.nodes);
                steps = steps.saturating_add(looked_at.saturating_mul(self.pointer()));
                (segment, is_descendant) = (inner, true);
            }
            let selectors = match segment {
                Segment::Selector(selector) => std::slice::from_ref(selector),
                Segment::Selectors(selectors) => selectors,
                Segment::Descendant(_) => &[],
            };
            list = 0;
            for selector in selectors {
                let every_child = if is_descendant { looked_at } else { looked_at.saturating_mul(self.width) };
                let (candidates, cost) = match selector {
                    Selector::Name(_) | Selector::Index(_) => (looked_at, 0),
                    Selector::Wildcard | Selector::Slice(..) => (every_child, 0),
                    Selector::Filter(filter) => (every_child, self.filter(filter)),
                };
                let candidates = candidates.min(repeats.saturating_mul(self.nodes));
                steps = steps.saturating_add(candidates.saturating_mul(self.pointer().saturating_add(cost)));
                list = list.saturating_add(candidates);
            }
            repeats = repeats.saturating_mul(selectors.len() as u64);
        }
        steps
    }

    /// To name a node.
    const fn pointer(&self) -> u64 {
        1 + self.path / BYTES_A_STEP
    }

    /// To compare two values, or to go through one.
    const fn whole(&self) -> u64 {
        self.nodes / COMPARISONS_A_STEP + self.text / BYTES_A_STEP
    }

    fn filter(&self, filter: &Filter) -> u64 {
        match filter {
            Filter::Or(parts) | Filter::And(parts) => sum(parts.iter().map(|part| self.filter(part))),
            Filter::Atom(FilterAtom::Filter { expr, .. }) => self.filter(expr),
            Filter::Atom(FilterAtom::Test { expr, .. }) => self.test(expr),
            Filter::Atom(FilterAtom::Comparison(comparison)) => self.comparison(comparison),
        }
    }

    fn comparison(&self, comparison: &Comparison) -> u64 {
        let (left, right) = comparison.vals();
        let has_literal = [left, right].iter().any(|side| matches!(side, Comparable::Literal(_)));
        let sides = [left, right].into_iter().map(|side| match side {
            Comparable::Literal(_) => 0,
            Comparable::Function(function) => self.function(function),
            Comparable::SingularQuery(SingularQuery::Current(names) | SingularQuery::Root(names)) => {
                (names.len() as u64).saturating_mul(self.pointer())
            }
        });
        sum(sides.chain([if has_literal { 1 } else { self.whole() }]))
    }

    fn test(&self, test: &Test) -> u64 {
        match test {
            Test::RelQuery(segments) => 1 + self.segments(segments),
            Test::AbsQuery(query) => 1 + self.segments(&query.segments),
            Test::Function(function) => self.function(function),
        }
    }

    fn function(&self, function: &TestFunction) -> u64 {
        match function {
            TestFunction::Length(argument) => self.argument(argument).saturating_add(self.text / BYTES_A_STEP),
            TestFunction::Value(argument) | TestFunction::Count(argument) => self.argument(argument),
            TestFunction::Search(text, pattern) | TestFunction::Match(text, pattern) => {
                sum([self.argument(text), self.argument(pattern), STEPS_A_PATTERN, self.text / BYTES_A_STEP])
            }
            // Each value of the one list is compared with each of the other.
            TestFunction::Custom(_, arguments) => {
                let pairs = self.nodes.saturating_mul(self.nodes) / COMPARISONS_A_STEP;
                sum(arguments.iter().map(|argument| self.argument(argument)).chain([pairs]))
            }
        }
    }

    fn argument(&self, argument: &FnArg) -> u64 {
        match argument {
            FnArg::Literal(_) => 0,
            FnArg::Test(test) => self.test(test),
            FnArg::Filter(filter) => self.filter(filter),
        }
    }
}

fn sum(steps: impl IntoIterator<Item = u64>) -> u64 {
    steps.into_iter().fold(0, u64::saturating_add)
}

/// The steps that copying a value takes; not counted much further than `limit`.
pub(super) fn size(value: &Value, limit: u64) -> u64 {
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
