//! Checked values → the types of [`crate::config::model`].
//!
//! Every value has been held against the table of keys before, so a value that cannot be read here has its problem
//! already, and a default takes its place: the result is thrown away anyway. What is judged here is what needs more than
//! one value: names that have to be unique, keys that have to be set before they are used.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::document::Document;
use super::keys;
use super::model::{Config, Group, SentrySettings, Spread};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Location, Position, Source};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, nearest};
use crate::outcome::Tags;
use crate::probe::read;
use crate::schema::validator::{Validator, join};
use crate::schema::{Secrets, scalar};
use crate::secrets::{Redactor, Secret};
use crate::yaml::node::Node;

/// Reads a whole configuration.
pub fn read(document: &Document, secrets: &Secrets) -> Result<Config, Diagnostics> {
    let mut reading = Reading::default();
    let mut root = document.root.clone();
    let mut reader = reading.reader(document, secrets, &mut root, &keys::FILE);
    let settings = reader.settings(&root);
    let groups = root.get("groups").map_or(&[][..], Node::items);
    for (index, group) in groups.iter().enumerate() {
        let path = format!("groups[{index}]");
        let draft = reader.group(group, &settings, &path);
        reader.reading.drafts.push(draft);
    }
    reading.finish(settings)
}

/// Reads a configuration that comes in parts, as from SSM: everything but groups, and one document for each group.
pub fn read_parts(settings: Option<&Document>, groups: &[&Document], secrets: &Secrets) -> Result<Config, Diagnostics> {
    let mut reading = Reading::default();
    let settings = settings.map_or_else(Settings::default, |document| {
        let mut root = document.root.clone();
        reading.reader(document, secrets, &mut root, &keys::SETTINGS).settings(&root)
    });
    for document in groups {
        let mut root = document.root.clone();
        let mut reader = reading.reader(document, secrets, &mut root, &keys::GROUP);
        let draft = reader.group(&root, &settings, "");
        reader.reading.drafts.push(draft);
    }
    reading.finish(settings)
}

/// What is collected over all documents.
#[derive(Default)]
pub(crate) struct Reading {
    diagnostics: Vec<Diagnostic>,
    pub(crate) secrets: Vec<Secret>,
    drafts: Vec<Draft>,
}

/// Everything but groups.
#[derive(Default)]
struct Settings {
    sentry: SentrySettings,
    tags: Tags,
    regions: Vec<String>,
}

/// A group that has no name yet, or one that may not be unique.
struct Draft {
    group: Group,
    /// The name's place, if it is given.
    named: Option<(Source, Location, String)>,
    /// The name that would follow from the tags.
    slug: String,
}

impl Reading {
    /// Checks a document, then reads it.
    fn reader<'a>(
        &'a mut self,
        document: &'a Document,
        secrets: &'a Secrets,
        root: &mut Node,
        object: &'static crate::schema::shape::Object,
    ) -> Reader<'a> {
        let mut checker = Validator::new(&document.source, secrets, document.directory.as_deref());
        checker.object(root, object, "");
        self.diagnostics.append(&mut checker.diagnostics);
        self.secrets.append(&mut checker.used);
        Reader { document, reading: self }
    }

    fn finish(mut self, settings: Settings) -> Result<Config, Diagnostics> {
        self.name_groups();
        if !self.diagnostics.is_empty() {
            return Err(Diagnostics::new(self.diagnostics));
        }
        Ok(Config {
            sentry: settings.sentry,
            regions: settings.regions,
            groups: self.drafts.into_iter().map(|draft| draft.group).collect(),
            redactor: Redactor::new(&self.secrets),
        })
    }

    /// Given names have to differ; the others get names that do.
    fn name_groups(&mut self) {
        let mut first: std::collections::BTreeMap<&str, &(Source, Location, String)> =
            std::collections::BTreeMap::new();
        for draft in &self.drafts {
            let Some(named) = &draft.named else { continue };
            let name = draft.group.name.as_str();
            match first.get(name) {
                Some((source, Location { span: first, .. }, _)) => {
                    let Position { line, column } = first.start;
                    let message = format!("there is another group `{name}` in {}:{line}:{column}", source.name());
                    let finding = Finding::new(message).coded(Code::Duplicate).with_help("names of groups are unique");
                    let finding = finding.with_related(source.related(*first, "the first is here"));
                    self.diagnostics.push(named.0.diagnostic(named.1, &named.2, finding));
                }
                None => {
                    first.insert(name, named);
                }
            }
        }
        let mut taken: BTreeSet<String> = first.into_keys().map(str::to_owned).collect();
        for (index, draft) in self.drafts.iter_mut().enumerate().filter(|(_, draft)| draft.named.is_none()) {
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
    }
}

/// Reads one document.
pub(crate) struct Reader<'a> {
    pub(crate) document: &'a Document,
    pub(crate) reading: &'a mut Reading,
}

impl Reader<'_> {
    pub(crate) fn report(&mut self, location: impl Into<Location>, path: &str, finding: Finding) {
        self.reading.diagnostics.push(self.document.source.diagnostic(location, path, finding));
    }

    fn settings(&self, root: &Node) -> Settings {
        let sentry = root.get("sentry");
        let mut tags = tags(sentry.and_then(|sentry| sentry.get("tags")));
        tags.extend(self::tags(root.get("tags")));
        let text = |name: &str| sentry.and_then(|sentry| sentry.get(name)).and_then(Node::text);
        Settings {
            sentry: SentrySettings {
                dsn: text("dsn").map(Secret::new),
                environment: text("environment").map(str::to_owned),
            },
            tags,
            regions: texts(root.get("regions")),
        }
    }

    fn group(&mut self, node: &Node, settings: &Settings, path: &str) -> Draft {
        let own = tags(node.get("tags"));
        let slug = own.get("target").map(|target| scalar::slug(target)).unwrap_or_default();
        let tags = merged(&settings.tags, own);
        let regions = node.get("regions");
        if !settings.regions.is_empty() {
            for (index, region) in regions.map_or(&[][..], Node::items).iter().enumerate() {
                let Some(name) = region
                    .text()
                    .filter(|name| !region.placeholder && !settings.regions.iter().any(|known| known == name))
                else {
                    continue;
                };
                let known = settings.regions.iter().map(String::as_str);
                let finding = match nearest(name, known.clone()) {
                    Some(near) if !region.hidden => {
                        Finding::new(format!("`{name}` is not among the configuration's `regions`"))
                            .with_help(format!("did you mean `{near}`? Else add it to `regions`"))
                    }
                    _ if region.hidden => Finding::new("this is not among the configuration's `regions`"),
                    _ => Finding::new(format!("`{name}` is not among the configuration's `regions`"))
                        .with_help("add it to `regions`"),
                };
                self.report(
                    region.location(),
                    &format!("{}[{index}]", join(path, "regions")),
                    finding.coded(Code::Conflict),
                );
            }
        }
        let mut probes = Vec::new();
        let probes_path = join(path, "probes");
        for (index, probe) in node.get("probes").map_or(&[][..], Node::items).iter().enumerate() {
            let path = format!("{probes_path}[{index}]");
            probes.extend(self.probe(probe, &tags, &path));
        }
        read::identify(&mut probes);
        let spread = match node.get("spread").and_then(Node::written) {
            Some("together") => Spread::Together,
            Some("round-robin") => Spread::RoundRobin,
            _ => Spread::Stagger,
        };
        let name = node.get("name");
        let named = name
            .filter(|name| !name.placeholder)
            .map(|name| (self.document.source.clone(), name.location(), join(path, "name")));
        let name = name.and_then(Node::text).unwrap_or_default().to_owned();
        let probes = probes.into_iter().map(Arc::new).collect();
        Draft { group: Group { name, tags, regions: texts(regions), spread, probes }, named, slug }
    }
}

/// Tags as written: `1.10` stays `1.10`.
pub(crate) fn tags(node: Option<&Node>) -> Tags {
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().filter_map(|entry| Some((entry.name.clone(), entry.value.written()?.to_owned()))).collect()
}

/// The particular over the general.
pub(crate) fn merged(general: &Tags, particular: Tags) -> Tags {
    let mut tags = general.clone();
    tags.extend(particular);
    tags
}

fn texts(node: Option<&Node>) -> Vec<String> {
    node.map_or(&[][..], Node::items).iter().filter_map(|item| item.text().map(str::to_owned)).collect()
}
