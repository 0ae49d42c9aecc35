//! Holds values against the table of keys and reports everything that does not fit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use super::scalar;
use super::secret_ref::{Resolved, SecretRef, Secrets};
use super::shape::{Key, Names, Object, Presence, Shape};
use super::value::header;
use crate::config::keys;
use crate::config::keys::KINDS;
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Location, Source};
use crate::diagnostics::suggest::{listed, suggestion};
use crate::diagnostics::{Code, Diagnostic, nearest};
use crate::probe::keys::PROBE;
use crate::probe::script::keys::STEP;
use crate::secrets::Secret;
use crate::yaml::node::{Entry, Kind, Node};

/// What a reference reads as when no secret is looked up.
const PLACEHOLDER: &str = "https://secret.invalid/";

/// Checks one document. References to secrets are replaced by their values on the way.
pub(crate) struct Validator<'a> {
    pub source: &'a Source,
    pub secrets: &'a Secrets,
    /// Where names of files count from.
    pub directory: Option<&'a Path>,
    pub diagnostics: Vec<Diagnostic>,
    /// The secrets that were put in.
    pub used: Vec<Secret>,
    /// Within a script's step, where a URL may have fields.
    in_step: bool,
}

impl<'a> Validator<'a> {
    pub fn new(source: &'a Source, secrets: &'a Secrets, directory: Option<&'a Path>) -> Self {
        Self { source, secrets, directory, diagnostics: Vec::new(), used: Vec::new(), in_step: false }
    }

    /// Checks a map of known keys.
    pub fn object(&mut self, node: &mut Node, object: &'static Object, path: &str) {
        if std::ptr::eq(object, &STEP) {
            self.in_step = true;
            self.keys(node, object, path);
            self.in_step = false;
        } else {
            self.keys(node, object, path);
        }
    }

    fn keys(&mut self, node: &mut Node, object: &'static Object, path: &str) {
        let location = node.location();
        let found = node.found();
        let Kind::Map(entries) = &mut node.kind else {
            let help = format!("the keys are {}", listed(usable(object)));
            return self.report(
                location,
                path,
                Finding::new(format!("expected a map, found {found}")).coded(Code::WrongType).with_help(help),
            );
        };
        for key in object.keys().filter(|key| key.presence == Presence::Required) {
            // A key that is only misspelt is not missing, too.
            let is_meant = |entry: &Entry| nearest(&entry.name, usable(object)) == Some(key.name);
            if !entries.iter().any(|entry| entry.name == key.name || is_meant(entry)) {
                let finding = Finding::new(format!("`{}` is missing", key.name)).coded(Code::MissingKey(key.name));
                self.report(location, path, finding.with_help(format!("for example `{}`", first_line(key.example))));
            }
        }
        for entry in entries {
            let path = join(path, &entry.name);
            match object.key(&entry.name) {
                Some(Key { presence: Presence::NotYet, .. }) => {
                    let finding =
                        Finding::new(format!("`{}` is not supported yet", entry.name)).coded(Code::NotSupported);
                    self.report(
                        entry.location,
                        &path,
                        finding.with_help(format!("supported are {}", listed(usable(object)))),
                    );
                }
                // A key with nothing behind it is as good as absent where nothing is needed.
                Some(key) if entry.value.is_null() && key.may_be_empty() => {}
                Some(key) => self.value(&mut entry.value, &key.shape, &path),
                None => self.unknown(entry, object, &path),
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, object: &'static Object, path: &str) {
        let name = entry.name.as_str();
        let home = keys::OBJECTS.iter().find(|other| !std::ptr::eq(**other, object) && other.key(name).is_some());
        let help = match (nearest(name, usable(object)), home) {
            (_, Some(home)) if self.in_step && std::ptr::eq(*home, &PROBE) => {
                format!("`{name}` is a key of the probe, not of its steps")
            }
            (_, Some(home)) => format!("`{name}` is a key of `{}`", home.name),
            (Some(near), None) => format!("did you mean `{near}`?"),
            (None, None) => format!("there is {}", listed(usable(object))),
        };
        let near = nearest(name, usable(object)).filter(|_| home.is_none());
        let finding = Finding::new(format!("unknown key `{name}`")).coded(Code::UnknownKey(near));
        self.report(entry.location, path, finding.with_help(help));
    }

    /// Checks any value.
    pub fn value(&mut self, node: &mut Node, shape: &'static Shape, path: &str) {
        self.resolve(node, shape, path);
        if node.placeholder {
            return;
        }
        match shape {
            Shape::List { of, least } => self.list(node, of, *least, path),
            Shape::Map { names, of } => self.map(node, *names, of, path),
            Shape::Object(object) => self.object(node, object, path),
            Shape::OneOf(object) => self.one_of(node, object, path),
            Shape::Assertion(object) => self.assertion(node, object, path),
            Shape::Probe => self.probe(node, path),
            Shape::Json => self.json(node, path),
            Shape::Body if matches!(node.kind, Kind::List(_) | Kind::Map(_)) => self.json(node, path),
            Shape::QueryValue | Shape::Expected if matches!(&node.kind, Kind::List(items) if !items.is_empty()) => {
                self.list(node, shape, 1, path);
            }
            Shape::Url if self.in_step && node.text().is_some_and(|text| !text.is_empty()) => {}
            _ => {
                if let Err(finding) = scalar::judge(node, shape, self.directory) {
                    self.report(node.location(), path, finding);
                }
            }
        }
    }

    /// Puts a secret's value in the place of a reference to it.
    fn resolve(&mut self, node: &mut Node, shape: &Shape, path: &str) {
        let Some(reference) = SecretRef::of(node) else { return };
        let in_json = matches!(shape, Shape::Json | Shape::Body) && reference.is_plain_in_json();
        if !(shape.is_scalar() || in_json) {
            return;
        }
        let location = node.location();
        match self.secrets.resolve(&reference) {
            Resolved::Value(secret) => {
                *node = Node::of_secret(secret.expose(), location);
                self.used.push(secret.clone());
            }
            Resolved::Placeholder => *node = Node { placeholder: true, ..Node::of_secret(PLACEHOLDER, location) },
            Resolved::Missing(reason) => {
                let finding = Finding::new(format!("{reference} cannot be used: {reason}")).coded(Code::Secret);
                self.report(location, path, finding);
                // One problem is enough: the value is not judged any further.
                *node = Node { placeholder: true, ..Node::of_secret(PLACEHOLDER, location) };
            }
        }
    }

    fn list(&mut self, node: &mut Node, of: &'static Shape, least: usize, path: &str) {
        let location = node.location();
        let found = node.found();
        let Kind::List(items) = &mut node.kind else {
            let finding = Finding::new(format!("expected a list, found {found}")).coded(Code::WrongType);
            return self.report(location, path, finding.with_help("write `- ` before each element"));
        };
        if items.len() < least {
            self.report(location, path, Finding::new("expected at least one element, found an empty list"));
        }
        for (index, item) in items.iter_mut().enumerate() {
            self.value(item, of, &format!("{path}[{index}]"));
        }
        if matches!(of, Shape::Region) {
            self.once(items, path);
        }
    }

    /// A region that is there twice would be counted twice, where regions share the clock.
    fn once(&mut self, items: &[Node], path: &str) {
        let mut before: HashMap<&str, &Node> = HashMap::new();
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.placeholder) {
            let Some(text) = item.text() else { continue };
            if let Some(first) = before.get(text) {
                let shown = if item.hidden { "this".to_owned() } else { format!("`{text}`") };
                let finding = Finding::new(format!("{shown} is here twice: first in line {}", first.position().line));
                let related = self.source.related(first.span, "the first is here");
                let finding = finding.coded(Code::Duplicate).with_related(related);
                self.report(item.location(), &format!("{path}[{index}]"), finding);
            }
            before.entry(text).or_insert(item);
        }
    }

    fn map(&mut self, node: &mut Node, names: Names, of: &'static Shape, path: &str) {
        let location = node.location();
        let found = node.found();
        let Kind::Map(entries) = &mut node.kind else {
            let finding = Finding::new(format!("expected a map, found {found}")).coded(Code::WrongType);
            let help = match &node.kind {
                Kind::List(_) => "write `name: value` in each line, without `- `",
                _ => "write `name: value` in each line",
            };
            return self.report(location, path, finding.with_help(help));
        };
        let mut before: HashMap<String, Location> = HashMap::new();
        for entry in entries {
            let path = join(path, &entry.name);
            let judged = match names {
                Names::Any => Ok(()),
                Names::Tags => scalar::judge_tag_name(&entry.name),
                Names::Headers => header::judge_name(&entry.name),
            };
            if let Err(finding) = judged {
                self.report(entry.location, &path, finding);
            }
            if names == Names::Headers {
                let lower = entry.name.to_ascii_lowercase();
                if let Some(Location { span: first, .. }) = before.get(&lower) {
                    let message = format!("the header `{lower}` is here twice: first in line {}", first.start.line);
                    let related = self.source.related(*first, "the first is here");
                    let finding = Finding::new(message).coded(Code::Duplicate).with_related(related);
                    self.report(entry.location, &path, finding);
                }
                before.entry(lower).or_insert(entry.location);
            }
            self.value(&mut entry.value, of, &path);
        }
    }

    fn json(&mut self, node: &mut Node, path: &str) {
        match &mut node.kind {
            Kind::Scalar { .. } => {}
            Kind::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(item, &Shape::Json, &format!("{path}[{index}]"));
                }
            }
            Kind::Map(entries) => {
                for entry in entries {
                    self.value(&mut entry.value, &Shape::Json, &join(path, &entry.name));
                }
            }
        }
    }

    fn one_of(&mut self, node: &mut Node, object: &'static Object, path: &str) {
        self.object(node, object, path);
        if let Kind::Map(entries) = &node.kind {
            let known = entries.iter().filter(|entry| usable(object).any(|name| name == entry.name)).count();
            if entries.is_empty() || known > 1 {
                let finding = Finding::new(format!("expected exactly one key, found {}", entries.len()));
                self.report(node.location(), path, finding.with_help(format!("there is {}", listed(usable(object)))));
            }
        }
    }

    fn assertion(&mut self, node: &mut Node, object: &'static Object, path: &str) {
        match &node.kind {
            Kind::Scalar { .. } => {}
            Kind::List(_) => {
                let finding =
                    Finding::new("expected a value or a map of conditions, found a list").coded(Code::WrongType);
                self.report(node.location(), path, finding.with_help("to compare with a list, write `value: […]`"));
            }
            Kind::Map(entries) => {
                let known = |entry: &Entry| object.key(&entry.name).is_some();
                if !entries.is_empty() && !entries.iter().any(known) {
                    let near = entries.iter().find_map(|entry| nearest(&entry.name, usable(object)));
                    let help = match near {
                        Some(near) => format!("did you mean `{near}`? To compare with a map, write `value: {{…}}`"),
                        None => format!(
                            "to compare with a map, write `value: {{…}}`; conditions are {}",
                            listed(usable(object))
                        ),
                    };
                    let finding = Finding::new("none of the keys of this map is a condition");
                    return self.report(node.location(), path, finding.with_help(help));
                }
                self.object(node, object, path);
            }
        }
    }

    fn probe(&mut self, node: &mut Node, path: &str) {
        let Kind::Map(entries) = &mut node.kind else {
            let finding = Finding::new(format!("expected a probe (a map of keys), found {}", node.found()))
                .coded(Code::WrongType);
            return self.report(node.location(), path, finding.with_help("a probe begins with `- probe: probes.http`"));
        };
        let kind_path = join(path, "probe");
        let Some(entry) = entries.iter_mut().find(|entry| entry.name == "probe") else {
            let object = if node.get("steps").is_some() { KINDS[1].object } else { KINDS[0].object };
            // Reports that `probe` is missing, too.
            return object.into_iter().for_each(|object| self.object(node, object, path));
        };
        self.resolve(&mut entry.value, &Shape::Text { most: 200 }, &kind_path);
        let kind = entry.value.clone();
        if kind.placeholder {
            return;
        }
        let names = || KINDS.iter().filter(|kind| kind.object.is_some()).map(|kind| kind.name);
        let written = kind.text().unwrap_or_default();
        match KINDS.iter().find(|kind| kind.name == written) {
            Some(kind) if kind.object.is_some() => {
                kind.object.into_iter().for_each(|object| self.object(node, object, path))
            }
            Some(_) => {
                let finding = Finding::new(format!("`{written}` is not supported yet")).coded(Code::NotSupported);
                self.report(kind.location(), &kind_path, finding.with_help(format!("there is {}", listed(names()))));
            }
            None => {
                let finding = Finding::new(format!("expected a kind of probe, found {}", kind.found()));
                let help =
                    if kind.hidden { format!("there is {}", listed(names())) } else { suggestion(written, names()) };
                self.report(kind.location(), &kind_path, finding.with_help(help));
                // The other keys are held against what was probably meant.
                if let Some(object) = nearest(written, names())
                    .and_then(|name| KINDS.iter().find(|kind| kind.name == name))
                    .and_then(|kind| kind.object)
                {
                    let before = self.diagnostics.len();
                    self.object(node, object, path);
                    let unwanted = |diagnostic: &Diagnostic| diagnostic.path == kind_path;
                    let kept: Vec<Diagnostic> =
                        self.diagnostics.drain(before..).filter(|diagnostic| !unwanted(diagnostic)).collect();
                    self.diagnostics.extend(kept);
                }
            }
        }
    }

    fn report(&mut self, location: impl Into<Location>, path: &str, finding: Finding) {
        self.diagnostics.push(self.source.diagnostic(location, path, finding));
    }
}

/// The keys that can be used today.
fn usable(object: &'static Object) -> impl Iterator<Item = &'static str> + Clone {
    object.keys().filter(|key| key.presence != Presence::NotYet).map(|key| key.name)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The path of an entry: `a.b`, or `a["b c"]` where the name needs it. Thousands of paths may go through one name, so a
/// long one is cut.
pub(crate) fn join(path: &str, name: &str) -> String {
    const MAX_LENGTH: usize = 100;
    let end = name.char_indices().nth(MAX_LENGTH).map(|(end, _)| end);
    let name = end.map_or(Cow::Borrowed(name), |end| format!("{}…", &name[..end]).into());
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    match (path.is_empty(), plain) {
        (true, true) => name.into_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{name:?}]"),
    }
}
