//! A configuration split into the parameters that hold it: the settings (everything but groups), the DSN, and each group.
//!
//! Each part is self-contained: what anchors, aliases and merge keys share is written out, and certificates are inlined.
//! Otherwise it is the user's own text, comments included. Every part is read back as the function reads it, and has to be
//! equivalent to the whole configuration.

mod excerpt;
mod inline_pem;
#[cfg(test)]
mod tests;
mod tier;

pub use tier::STANDARD_TIER;

use self::tier::ADVANCED_TIER;
use crate::config::{Config, Document, Group, read, read_parts};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::{SecretRef, Secrets};
use crate::secrets::{Redactor, Secret};
use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::write;

/// A configuration split into parameters.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Everything but groups and a literal DSN; `None` where nothing of it is configured.
    pub settings: Option<Document>,
    /// The groups with their names.
    pub groups: Vec<(String, Document)>,
    /// The DSN, if it is literal. A reference to a secret stays among the settings.
    pub dsn: Option<Secret>,
    /// The configuration's `regions`, possibly none; `None` where some are references to secrets, which are not resolved.
    pub regions: Option<Vec<String>>,
    /// Key paths of literal secrets in the configuration, other than the DSN.
    pub literals: Vec<String>,
    /// Knows these secrets.
    pub redactor: Redactor,
}

impl Partition {
    /// Splits a configuration. No secret is resolved: references stay references.
    ///
    /// # Errors
    ///
    /// It is not valid; or a part of it cannot be a parameter because it is too large, its name comes from a secret, or it
    /// needs a private key that is in a file.
    pub fn of(document: &Document) -> Result<Self, Diagnostics> {
        let config = read(document, &Secrets::placeholders())?;
        let root = &document.root;
        let mut diagnostics = Vec::new();

        let desired = settings(root);
        let settings = desired.as_ref().and_then(|desired| {
            let text = text(desired, excerpt::of_settings(&document.source, root, desired));
            let diagnostic = tier::check_settings(document, root, &text);
            part(document, "sentry", &text, diagnostic, &mut diagnostics)
        });
        let mut groups = Vec::new();
        let nodes = root.get("groups").map_or(&[][..], Node::items);
        for (index, (node, group)) in nodes.iter().zip(&config.groups).enumerate() {
            let path = format!("groups[{index}]");
            diagnostics.extend(validate_name(document, node, &path));
            let mut desired = node.clone();
            inline_pem::inline(document, &mut desired, &path, &mut diagnostics);
            let has_name = desired.get("name").is_some();
            name(&mut desired, &group.name);
            let text =
                text(&desired, excerpt::of_group(&document.source, node, (!has_name).then_some(group.name.as_str())));
            let diagnostic = tier::check_group(document, &desired, &text, &path, &config, group);
            if let Some(part) = part(document, &format!("groups/{}", group.name), &text, diagnostic, &mut diagnostics) {
                groups.push((group.name.clone(), part));
            }
        }
        if diagnostics.is_empty() {
            for ((_, part), group) in groups.iter().zip(&config.groups) {
                diagnostics.extend(read_back(document, settings.as_ref(), part, &config, group));
            }
        }
        if !diagnostics.is_empty() {
            return Err(Diagnostics::new(diagnostics));
        }
        let has_secret_regions =
            root.get("regions").map_or(&[][..], Node::items).iter().any(|region| region.text().is_none());
        Ok(Self {
            settings,
            groups,
            dsn: literal_dsn(root).map(|dsn| Secret::new(dsn.trim())),
            regions: (!has_secret_regions).then_some(config.regions),
            literals: config.literal_secrets,
            redactor: config.redactor,
        })
    }

    /// The secrets that the parts refer to. A map that only looks like a reference may be among them.
    pub fn secret_refs(&self) -> impl Iterator<Item = SecretRef> {
        let parts = self.settings.iter().chain(self.groups.iter().map(|(_, part)| part));
        parts.flat_map(Document::secret_refs)
    }
}

/// The DSN of a whole configuration, if it is literal.
fn literal_dsn(root: &Node) -> Option<&str> {
    root.get("sentry")?.get("dsn")?.text()
}

/// Everything but groups and a literal DSN.
fn settings(root: &Node) -> Option<Node> {
    let mut entries = Vec::new();
    for entry in root.entries().iter().filter(|entry| entry.name != "groups" && !entry.value.is_null()) {
        let mut entry = entry.clone();
        if let ("sentry", Kind::Map(keys)) = (entry.name.as_str(), &mut entry.value.kind) {
            keys.retain(|key| key.name != "dsn" || matches!(key.value.kind, Kind::Map(_)));
            if keys.is_empty() {
                continue;
            }
        }
        entries.push(entry);
    }
    (!entries.is_empty()).then(|| Node { kind: Kind::Map(entries), ..root.clone() })
}

/// Adds the group's name where it has none.
fn name(group: &mut Node, name: &str) {
    let given = Node::of_text(name, group.span);
    let Kind::Map(entries) = &mut group.kind else { return };
    match entries.iter_mut().find(|entry| entry.name == "name") {
        Some(entry) if entry.value.is_null() => entry.value = given,
        Some(_) => {}
        None => entries.insert(0, Entry::new("name", given)),
    }
}

/// A group's name is its parameter's: it has to be known here.
fn validate_name(document: &Document, group: &Node, path: &str) -> Option<Diagnostic> {
    let help = "a group's parameter is named after it: give the group a `name`";
    let (node, key) = match group.get("name") {
        Some(name) => (name, "name"),
        None => (group.get("tags")?.get("target")?, "tags.target"),
    };
    SecretRef::of(node)?;
    let message = "the group's name comes from a secret, which is not resolved here";
    Some(document.source.diagnostic(node.location(), &format!("{path}.{key}"), Finding::new(message).with_help(help)))
}

/// The user's own text if it is equivalent to `desired` and needs no higher tier; else a generated one.
fn text(desired: &Node, excerpt: Option<String>) -> String {
    let written = write::write(desired);
    let reads_the_same = |excerpt: &String| {
        let read = Document::parse("excerpt", excerpt.as_bytes());
        // Parameter Store interprets `{{` as a reference to another parameter.
        !excerpt.contains("{{") && read.is_ok_and(|read| read.root.says_the_same(desired))
    };
    let tier = |text: &String| (text.len() > STANDARD_TIER, text.len() > ADVANCED_TIER);
    excerpt.filter(|excerpt| tier(excerpt) <= tier(&written) && reads_the_same(excerpt)).unwrap_or(written)
}

/// A text as a part, unless it is too large.
fn part(
    document: &Document,
    name: &str,
    text: &str,
    diagnostic: Option<Diagnostic>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Document> {
    if diagnostic.is_some() {
        diagnostics.extend(diagnostic);
        return None;
    }
    Document::parse(name, text.as_bytes()).map_err(|_| diagnostics.push(unreadable(document, name))).ok()
}

/// Reads a group as the function does; an error if it differs from the group of the configuration.
fn read_back(
    document: &Document,
    settings: Option<&Document>,
    part: &Document,
    config: &Config,
    group: &Group,
) -> Option<Diagnostic> {
    let read = read_parts(settings, &[part], &Secrets::placeholders());
    let is_same = read.is_ok_and(|read| {
        read.groups == std::slice::from_ref(group)
            && read.regions == config.regions
            && read.sentry.environment == config.sentry.environment
    });
    (!is_same).then(|| unreadable(document, part.name()))
}

fn unreadable(document: &Document, name: &str) -> Diagnostic {
    let message = format!(
        "`{name}` would be read differently from Parameter Store than from this file: this is a bug in SentryNet"
    );
    Diagnostic::of_file(document.name(), message).with_help("please report it with the configuration, secrets removed")
}
