//! A probe of a configuration: the keys that all kinds share, and those of its kind.

use std::collections::{BTreeSet, HashMap};

use super::kind::{Check, Probe};
use crate::diagnostics::Code;
use crate::diagnostics::finding::Finding;
use crate::outcome::Tags;
use crate::schema::parsed::{Content, Fields, Named};
use crate::schema::reader::Reader;
use crate::secrets::FILTERED;
use crate::yaml::node::Node;

/// A probe; `None` when its kind is not known.
pub(crate) fn probe(fields: &Fields, group_tags: &Tags, reader: &mut Reader<'_>) -> Option<Probe> {
    let (check, default_title) = Check::read(fields, reader)?;
    if let Some(why) = check.row().needs_title
        && !fields.has("title")
    {
        let finding = Finding::new("`title` is missing").coded(Code::MissingKey("title")).with_help(why);
        reader.report(fields.location, &fields.path, finding);
    }
    let title = match fields.node("title") {
        Some(node) if node.placeholder => FILTERED.to_owned(),
        node => node.and_then(Node::text).map_or(default_title, str::to_owned),
    };
    Some(Probe {
        identity: title.clone(),
        title,
        every: fields.duration("every").unwrap_or_default(),
        burst: fields.count("burst").unwrap_or_default(),
        timeout: fields.duration("timeout").unwrap_or_default(),
        retries: fields.count("retries").unwrap_or_default(),
        retry_pause: fields.duration("retry_pause").unwrap_or_default(),
        tags: merged(group_tags, tags(fields.map("tags"))),
        check,
    })
}

/// Tags as written: `1.10` stays `1.10`.
pub(crate) fn tags(entries: &[Named]) -> Tags {
    let written = |entry: &Named| match &entry.value.content {
        Content::Node(node) => Some((entry.name.clone(), node.written()?.to_owned())),
        _ => None,
    };
    entries.iter().filter_map(written).collect()
}

/// The particular over the general.
pub(crate) fn merged(general: &Tags, particular: Tags) -> Tags {
    let mut tags = general.clone();
    tags.extend(particular);
    tags
}

/// Makes identities unique: ` #2`, ` #3`, … where titles repeat.
pub(crate) fn identify(probes: &mut [Probe]) {
    let titles: BTreeSet<String> = probes.iter().map(|probe| probe.title.clone()).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for probe in probes {
        let number = seen.entry(probe.title.clone()).or_insert(0);
        *number += 1;
        if *number == 1 {
            continue;
        }
        // Another probe's title may look like this, and comes first.
        let mut identity = format!("{} #{number}", probe.title);
        while titles.contains(&identity) {
            *number += 1;
            identity = format!("{} #{number}", probe.title);
        }
        probe.identity = identity;
    }
}
