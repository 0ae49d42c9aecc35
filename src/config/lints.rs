//! What a configuration may hold, and is probably not meant: it runs all the same.
//!
//! Every warning is about values that stand in the file: what a secret holds is not looked at, so that the same file gives
//! the same warnings wherever it is checked. Where a value cannot be read there is an error, and no warning.

use std::collections::HashSet;

use super::document::Document;
use crate::diagnostics::finding::Finding;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::probe::kind::KINDS;
use crate::probe::lints;
use crate::schema::linter::{Linter, Warning, items};
use crate::yaml::node::Node;

/// Every kind of warning, in the order of the reference.
pub(crate) fn warnings() -> impl Iterator<Item = &'static Warning> + Clone {
    lints::WARNINGS.iter().chain(WARNINGS).chain(KINDS.iter().flat_map(|kind| kind.warnings))
}

/// Those of groups.
const WARNINGS: &[Warning] = &[Warning {
    code: Code::NoTags,
    about: "Sentry receives tags, not the names of groups: without tags, the group's results cannot be told from \
            those of other groups. This warning is not given if each of its probes has tags, or if it is the only \
            group and the file has `tags`.",
    object: "group",
    example: "name: website",
}];

impl Document {
    /// What is probably not meant. Nothing of it keeps the configuration from being used.
    pub fn warnings(&self) -> Diagnostics {
        let mut linter = Linter::new(&self.source);
        let has_tags = |node: &Node| node.get("tags").is_some_and(|tags| !tags.entries().is_empty());
        let is_tagged = has_tags(&self.root) || self.root.get("sentry").is_some_and(has_tags);
        let groups = items(&self.root, "groups");
        for (index, group) in groups.iter().enumerate() {
            let path = format!("groups[{index}]");
            let probes = items(group, "probes");
            // What all groups share tells one from the others no better.
            let is_told = has_tags(group) || (!probes.is_empty() && probes.iter().all(has_tags));
            if !(is_told || is_tagged && groups.len() == 1) {
                let name = group.get("name").and_then(Node::text).filter(|name| name.len() < 40).unwrap_or("website");
                let finding = Finding::new("this group has no tags, so nothing in Sentry says what it watches")
                    .with_help(format!("add some, such as `tags: {{target: {name}}}`"));
                linter.report(Code::NoTags, group.location(), &path, finding);
            }
            lints::titles(&mut linter, probes, &path);
            for (index, probe) in probes.iter().enumerate() {
                lints::probe(&mut linter, probe, &format!("{path}.probes[{index}]"));
            }
        }
        Diagnostics::new(linter.diagnostics)
    }

    /// These errors, and the warnings that they have nothing to do with: of a probe, or a group, with an error it is not
    /// known what it will be.
    pub fn errors_and_warnings(&self, errors: Diagnostics) -> Diagnostics {
        let owners: HashSet<&str> = errors.iter().flat_map(|error| [group(&error.path), owner(&error.path)]).collect();
        let is_known = |warning: &&Diagnostic| !owners.contains(owner(&warning.path));
        let warnings = Diagnostics::new(self.warnings().iter().filter(is_known).cloned().collect());
        errors.and(warnings)
    }
}

/// The path of the group that a path is in.
fn group(path: &str) -> &str {
    path.find(']').map_or(path, |end| &path[..=end])
}

/// The path of the probe that a path is in; that of the group, if it is in none.
fn owner(path: &str) -> &str {
    let group = group(path);
    let rest = &path[group.len()..];
    match rest.find(']').filter(|_| rest.starts_with(".probes[")) {
        Some(end) => &path[..=group.len() + end],
        None => group,
    }
}
