//! Groups: their keys, their probes, and names that are unique.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{Group, Spread};
use super::settings::{Settings, texts};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Location, Position, Source};
use crate::diagnostics::{Code, Diagnostic, nearest};
use crate::probe::read::{identify, merged, probe, tags};
use crate::schema::parsed::{Content, Fields};
use crate::schema::reader::Reader;
use crate::schema::scalar;

/// A group that has no name yet, or one that may not be unique.
pub(super) struct Draft {
    group: Group,
    /// The name's place, if it is given.
    named: Option<(Source, Location, String)>,
    /// The name that would follow from the tags.
    slug: String,
}

impl Draft {
    pub fn into_group(self) -> Group {
        self.group
    }
}

/// Takes the values of a group's keys.
pub(super) fn read(fields: &Fields, settings: &Settings, reader: &mut Reader<'_>) -> Draft {
    let own = tags(fields.map("tags"));
    let slug = own.get("target").map(|target| scalar::slug(target)).unwrap_or_default();
    let tags = merged(&settings.tags, own);
    if !settings.regions.is_empty() {
        known_regions(fields, &settings.regions, reader);
    }
    let mut probes = Vec::new();
    for value in fields.list("probes") {
        if let Content::Fields(fields) = &value.content {
            probes.extend(probe(fields, &tags, reader));
        }
    }
    identify(&mut probes);
    let spread = match fields.word("spread") {
        Some("together") => Spread::Together,
        Some("round-robin") => Spread::RoundRobin,
        _ => Spread::Stagger,
    };
    let named = fields
        .get("name")
        .filter(|name| !name.mark.placeholder)
        .map(|name| (reader.source().clone(), name.mark.location, fields.path_of("name")));
    let name = fields.text("name").unwrap_or_default().to_owned();
    let probes = probes.into_iter().map(Arc::new).collect();
    Draft { group: Group { name, tags, regions: texts(fields.list("regions")), spread, probes }, named, slug }
}

/// Reports regions that are not among the configuration's.
fn known_regions(fields: &Fields, regions: &[String], reader: &mut Reader<'_>) {
    for (index, region) in fields.list("regions").iter().enumerate() {
        let Content::Node(node) = &region.content else { continue };
        let Some(name) = node.text().filter(|_| !node.placeholder) else { continue };
        if regions.iter().any(|known| known == name) {
            continue;
        }
        let finding = match nearest(name, regions.iter().map(String::as_str)) {
            _ if node.hidden => Finding::new("this is not among the configuration's `regions`"),
            Some(near) => Finding::new(format!("`{name}` is not among the configuration's `regions`"))
                .with_help(format!("did you mean `{near}`? Otherwise add it to `regions`")),
            None => Finding::new(format!("`{name}` is not among the configuration's `regions`"))
                .with_help("add it to `regions`"),
        };
        let path = format!("{}[{index}]", fields.path_of("regions"));
        reader.report(node.location(), &path, finding.coded(Code::Conflict));
    }
}

/// Given names have to differ; the others get names that do.
pub(super) fn name(drafts: &mut [Draft]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut first: BTreeMap<&str, &(Source, Location, String)> = BTreeMap::new();
    for draft in &*drafts {
        let Some(named) = &draft.named else { continue };
        let name = draft.group.name.as_str();
        match first.get(name) {
            Some((source, Location { span: first, .. }, _)) => {
                let Position { line, column } = first.start;
                let message = format!("there is another group `{name}` in {}:{line}:{column}", source.name());
                let finding = Finding::new(message).coded(Code::Duplicate).with_help("names of groups are unique");
                let finding = finding.with_related(source.related(*first, "first used here"));
                diagnostics.push(named.0.diagnostic(named.1, &named.2, finding));
            }
            None => {
                first.insert(name, named);
            }
        }
    }
    let mut taken: BTreeSet<String> = first.into_keys().map(str::to_owned).collect();
    for (index, draft) in drafts.iter_mut().enumerate().filter(|(_, draft)| draft.named.is_none()) {
        // Files without names may well have two groups with the same target.
        let number = index + 1;
        let candidates = std::iter::once(draft.slug.clone())
            .filter(|slug| !slug.is_empty())
            .chain(std::iter::once(format!("group-{number}")))
            .chain((2..).map(|extra| format!("group-{number}-{extra}")));
        for name in candidates {
            if taken.insert(name.clone()) {
                draft.group.name = name;
                break;
            }
        }
    }
    diagnostics
}
