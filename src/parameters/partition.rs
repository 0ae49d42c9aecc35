//! A whole configuration in the parts that Parameter Store holds: everything but groups, the DSN, and each group by
//! itself.
//!
//! A part stands alone: what anchors, aliases and merge keys share is written out, and certificates are in it. As far as
//! that goes, it is the user's own text, comments included. Every part is read back before it is handed out, the way the
//! function reads it, and has to come to what the whole configuration comes to.

mod excerpt;
mod inline_pem;
#[cfg(test)]
mod tests;
mod tier;

use crate::config::{Config, Document, Group, read, read_parts};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::{SecretRef, Secrets};
use crate::secrets::{Redactor, Secret};
use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::write;

/// Bytes that a parameter of SSM's standard tier holds, which costs nothing.
pub const STANDARD_TIER: usize = 4096;
/// Bytes that a parameter of the advanced tier holds.
pub const ADVANCED_TIER: usize = 8192;

/// The parts of a configuration.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Everything but groups and a DSN that is written out; `None` where nothing of it is configured.
    pub settings: Option<Document>,
    /// The groups with their names.
    pub groups: Vec<(String, Document)>,
    /// The DSN, if it is written out. One that is a reference to a secret stays among the settings.
    pub dsn: Option<Secret>,
    /// The configuration's `regions`, possibly none; `None` where secrets hold some, which are not looked up.
    pub regions: Option<Vec<String>>,
    /// Key paths of secrets that stand in the configuration itself, the DSN aside.
    pub literals: Vec<String>,
    /// Finds these secrets.
    pub redactor: Redactor,
}

impl Parts {
    /// Takes a configuration apart. No secret is looked up: references stay what they are.
    ///
    /// # Errors
    ///
    /// It is not valid; or a part of it cannot be a parameter: because it is too large, its name comes from a secret, or it
    /// needs a private key that is in a file.
    pub fn of(document: &Document) -> Result<Self, Diagnostics> {
        let config = read(document, &Secrets::stand_ins())?;
        let root = &document.root;
        let mut diagnostics = Vec::new();

        let wanted = settings(root);
        let settings = wanted.as_ref().and_then(|wanted| {
            let text = text(wanted, excerpt::of_settings(&document.source, root, wanted));
            let diagnostic = tier::judge_settings(document, root, &text);
            part(document, "sentry", &text, diagnostic, &mut diagnostics)
        });
        let mut groups = Vec::new();
        let nodes = root.get("groups").map_or(&[][..], Node::items);
        for (index, (node, group)) in nodes.iter().zip(&config.groups).enumerate() {
            let path = format!("groups[{index}]");
            diagnostics.extend(judge_name(document, node, &path));
            let mut wanted = node.clone();
            inline_pem::inline(document, &mut wanted, &path, &mut diagnostics);
            let has_name = wanted.get("name").is_some();
            name(&mut wanted, &group.name);
            let text =
                text(&wanted, excerpt::of_group(&document.source, node, (!has_name).then_some(group.name.as_str())));
            let diagnostic = tier::judge_group(document, &wanted, &text, &path, &config, group);
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

/// The DSN of a whole configuration, if it is written out.
fn literal_dsn(root: &Node) -> Option<&str> {
    root.get("sentry")?.get("dsn")?.text()
}

/// What is there besides groups and a DSN that is written out.
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

/// Gives a group the name that it goes by.
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
fn judge_name(document: &Document, group: &Node, path: &str) -> Option<Diagnostic> {
    let help = "a group's parameter is named after it: give the group a `name`";
    let (node, key) = match group.get("name") {
        Some(name) => (name, "name"),
        None => (group.get("tags")?.get("target")?, "tags.target"),
    };
    SecretRef::of(node)?;
    let message = "the group's name comes from a secret, which is not looked up here";
    Some(document.source.diagnostic(node.location(), &format!("{path}.{key}"), Finding::new(message).with_help(help)))
}

/// The user's own text if it reads as what is wanted and costs no more; else one that does.
fn text(wanted: &Node, excerpt: Option<String>) -> String {
    let written = write::write(wanted);
    let reads_the_same = |excerpt: &String| {
        let read = Document::parse("excerpt", excerpt.as_bytes());
        // Parameter Store takes `{{` for the name of another parameter.
        !excerpt.contains("{{") && read.is_ok_and(|read| read.root.says_the_same(wanted))
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

/// Reads a group as the function does, and says whether that is the group of the configuration.
fn read_back(
    document: &Document,
    settings: Option<&Document>,
    part: &Document,
    config: &Config,
    group: &Group,
) -> Option<Diagnostic> {
    let read = read_parts(settings, &[part], &Secrets::stand_ins());
    let is_same = read.is_ok_and(|read| {
        read.groups == std::slice::from_ref(group)
            && read.regions == config.regions
            && read.sentry.environment == config.sentry.environment
    });
    (!is_same).then(|| unreadable(document, part.name()))
}

fn unreadable(document: &Document, name: &str) -> Diagnostic {
    let message = format!("`{name}` would not read as it does in this file: this is a mistake of SentryNet's own");
    Diagnostic::of_file(document.name(), message).with_help("please report it with the configuration, secrets removed")
}
