//! Warnings: what a configuration may hold, and is probably not meant.
//!
//! Every warning is about values that stand in the document: what a secret holds is not looked at, so that the same file
//! gives the same warnings wherever it is read. Where a value cannot be read there is an error, and no warning.

use std::time::Duration;

use super::parsed::default;
use super::scalar::{self, Scalar};
use super::shape::Object;
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Location, Source};
use crate::diagnostics::{Code, Diagnostic, Related};
use crate::yaml::node::Node;

/// A kind of warning, for the reference.
pub(crate) struct Warning {
    pub code: Code,
    /// When it is given, and why.
    pub about: &'static str,
    /// The object that the example stands in.
    pub object: &'static str,
    /// YAML that gives exactly this warning: the reference shows what is said of it.
    pub example: &'static str,
}

/// Collects the warnings of a document.
pub(crate) struct Linter<'a> {
    source: &'a Source,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Linter<'a> {
    pub const fn new(source: &'a Source) -> Self {
        Self { source, diagnostics: Vec::new() }
    }

    pub fn report(&mut self, code: Code, location: Location, path: &str, finding: Finding) {
        self.diagnostics.push(self.source.diagnostic(location, path, finding.coded(code)));
    }

    pub fn related(&self, node: &Node, label: &str) -> Box<Related> {
        self.source.related(node.span, label)
    }
}

/// The elements of a list under a key.
pub(crate) fn items<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    node.get(name).map_or(&[], Node::items)
}

/// What a key of an object is, or is without being there; `None` where that is not known.
pub(crate) fn value(node: &Node, object: &'static Object, name: &str) -> Option<Scalar> {
    match node.get(name) {
        Some(node) => scalar::read(node, &object.key(name)?.shape, None).ok(),
        None => default(object, name),
    }
}

/// A duration, if it is known.
pub(crate) fn duration(node: &Node, object: &'static Object, name: &str) -> Option<Duration> {
    match value(node, object, name)? {
        Scalar::Duration(duration) => Some(duration),
        _ => None,
    }
}

/// A whole number, if it is known.
pub(crate) fn count(node: &Node, object: &'static Object, name: &str) -> Option<u32> {
    match value(node, object, name)? {
        Scalar::Integer(number) => number.try_into().ok(),
        _ => None,
    }
}
