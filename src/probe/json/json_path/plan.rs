//! A JSONPath expression as chains of stations that nodes pass.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, Segment, Selector, SingularQuery, SingularQuerySegment, Test,
    TestFunction,
};

/// What compiling a pattern takes, which the evaluator does for every node that it is tried on.
const STEPS_A_PATTERN: u64 = 128;

/// What becomes of the nodes that come out of a query.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// They are copied or gone through, with all that is in them.
    Whole,
    /// They are counted, or compared with a literal.
    Glance,
}

/// A segment that nodes go into, or the end of a chain.
pub(crate) enum Station {
    /// Whether it looks into all that is below a node, and what it picks of that.
    Segment(bool, Vec<Pick>),
    /// The end of a chain.
    End(End),
}

/// Which children of a node come out of a selector.
pub(crate) enum Pick {
    /// The one of this name.
    Name(String),
    /// The one in this place, from the end where it is negative.
    Index(i64),
    /// All of them; a slice counts as that.
    All,
    /// At most all of them; each is tried.
    Filter(Trial),
}

/// What it takes to try a filter on one node.
#[derive(Default)]
pub(crate) struct Trial {
    /// Steps, whatever the node is.
    pub(crate) steps: u64,
    /// The chains that begin at the node.
    pub(crate) chains: Vec<usize>,
    /// Functions that compare each element of a list with each of another: how many of the lists belong to the node,
    /// and how many are found from the root.
    pub(crate) crossings: Vec<(u32, u32)>,
}

/// The chains: the first is the expression itself, the others are the queries in its filters that begin at a node.
pub(crate) struct Plan<'a> {
    pub(crate) stations: Vec<Station>,
    /// What a query that begins at the root takes.
    from_root: &'a dyn Fn(&[Segment], End) -> u64,
}

impl<'a> Plan<'a> {
    /// The plan of an expression, and its first station.
    pub(crate) fn new(segments: &[Segment], end: End, from_root: &'a dyn Fn(&[Segment], End) -> u64) -> (Self, usize) {
        let mut plan = Self { stations: Vec::new(), from_root };
        let first = plan.chain(segments, end);
        (plan, first)
    }

    /// Adds a chain; its first station.
    fn chain(&mut self, segments: &[Segment], end: End) -> usize {
        let stations: Vec<Station> = segments.iter().map(|segment| self.segment(segment, false)).collect();
        let first = self.stations.len();
        self.stations.extend(stations);
        self.stations.push(Station::End(end));
        first
    }

    fn segment(&mut self, segment: &Segment, is_descendant: bool) -> Station {
        match segment {
            Segment::Descendant(segment) => self.segment(segment, true),
            Segment::Selector(selector) => Station::Segment(is_descendant, vec![self.pick(selector)]),
            Segment::Selectors(selectors) => {
                Station::Segment(is_descendant, selectors.iter().map(|selector| self.pick(selector)).collect())
            }
        }
    }

    fn pick(&mut self, selector: &Selector) -> Pick {
        match selector {
            Selector::Name(name) => Pick::Name(name.clone()),
            Selector::Index(index) => Pick::Index(*index),
            Selector::Wildcard | Selector::Slice(..) => Pick::All,
            Selector::Filter(filter) => {
                let mut trial = Trial::default();
                self.filter(filter, &mut trial);
                Pick::Filter(trial)
            }
        }
    }

    fn filter(&mut self, filter: &Filter, trial: &mut Trial) {
        trial.steps += 1;
        match filter {
            Filter::Or(parts) | Filter::And(parts) => parts.iter().for_each(|part| self.filter(part, trial)),
            Filter::Atom(FilterAtom::Filter { expr, .. }) => self.filter(expr, trial),
            Filter::Atom(FilterAtom::Test { expr, .. }) => self.test(expr, End::Glance, trial),
            Filter::Atom(FilterAtom::Comparison(comparison)) => self.comparison(comparison, trial),
        }
    }

    fn comparison(&mut self, comparison: &Comparison, trial: &mut Trial) {
        let (left, right) = comparison.vals();
        let has_literal = [left, right].iter().any(|side| matches!(side, Comparable::Literal(_)));
        let end = if has_literal { End::Glance } else { End::Whole };
        for side in [left, right] {
            match side {
                Comparable::Literal(_) => {}
                Comparable::Function(function) => self.function(function, trial),
                Comparable::SingularQuery(SingularQuery::Current(names)) => {
                    let chain = self.chain(&segments(names), end);
                    trial.chains.push(chain);
                }
                Comparable::SingularQuery(SingularQuery::Root(names)) => {
                    trial.steps = trial.steps.saturating_add((self.from_root)(&segments(names), end));
                }
            }
        }
    }

    fn test(&mut self, test: &Test, end: End, trial: &mut Trial) {
        match test {
            Test::RelQuery(segments) => {
                let chain = self.chain(segments, end);
                trial.chains.push(chain);
            }
            Test::AbsQuery(query) => {
                trial.steps = trial.steps.saturating_add((self.from_root)(&query.segments, end));
            }
            Test::Function(function) => self.function(function, trial),
        }
    }

    fn function(&mut self, function: &TestFunction, trial: &mut Trial) {
        match function {
            TestFunction::Length(argument) => self.argument(argument, trial),
            TestFunction::Value(argument) | TestFunction::Count(argument) => self.argument(argument, trial),
            TestFunction::Search(text, pattern) | TestFunction::Match(text, pattern) => {
                trial.steps = trial.steps.saturating_add(STEPS_A_PATTERN);
                self.argument(text, trial);
                self.argument(pattern, trial);
            }
            TestFunction::Custom(_, arguments) => {
                arguments.iter().for_each(|argument| self.argument(argument, trial));
                let lists = |is_from_root| {
                    let fits = |argument: &&FnArg| matches!(argument, FnArg::Test(test) if matches!(**test, Test::AbsQuery(_)) == is_from_root);
                    u32::try_from(arguments.iter().filter(fits).count()).unwrap_or(u32::MAX)
                };
                trial.crossings.push((lists(false), lists(true)));
            }
        }
    }

    fn argument(&mut self, argument: &FnArg, trial: &mut Trial) {
        match argument {
            FnArg::Literal(_) => {}
            FnArg::Test(test) => self.test(test, End::Whole, trial),
            FnArg::Filter(filter) => self.filter(filter, trial),
        }
    }
}

fn segments(names: &[SingularQuerySegment]) -> Vec<Segment> {
    let selector = |name: &SingularQuerySegment| match name {
        SingularQuerySegment::Name(name) => Selector::Name(name.clone()),
        SingularQuerySegment::Index(index) => Selector::Index(*index),
    };
    names.iter().map(|name| Segment::Selector(selector(name))).collect()
}
