//! Reads a document by the tables of keys, in one walk: every value is validated and becomes what it is.
//!
//! References to secrets are replaced by their values on the way. What does not fit is reported with its location, and
//! leaves [`Content::Nothing`] behind, so that one mistake is told once.

use std::collections::HashMap;
use std::path::Path;

use super::parsed::{Content, Field, Fields, Mark, Named, Parsed};
use super::path::join;
use super::scalar::{self, Scalar};
use super::secret_ref::{Resolved, SecretRef, Secrets};
use super::shape::{Key, Names, Object, Presence, Secrecy, Shape, Variants};
use super::value::{Expected, header};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Location, Source};
use crate::diagnostics::suggest::{listed, one_of, suggestion};
use crate::diagnostics::{Code, Diagnostic, nearest};
use crate::secrets::Secret;
use crate::yaml::node::{Entry, Kind, Node};

/// What a reference reads as when no secret is looked up.
const PLACEHOLDER: &str = "https://secret.invalid/";

/// Reads one document.
pub(crate) struct Reader<'a> {
    source: &'a Source,
    secrets: &'a Secrets,
    /// Where names of files count from.
    directory: Option<&'a Path>,
    /// Every object there is, to say where a misplaced key belongs.
    objects: &'a [&'static Object],
    pub diagnostics: Vec<Diagnostic>,
    /// What has to be filtered out of everything that leaves SentryNet.
    pub confidential: Vec<Secret>,
    /// Key paths of secrets that stand in the document itself.
    pub literal_secrets: Vec<String>,
}

impl<'a> Reader<'a> {
    pub fn new(
        source: &'a Source,
        secrets: &'a Secrets,
        directory: Option<&'a Path>,
        objects: &'a [&'static Object],
    ) -> Self {
        let (diagnostics, confidential, literal_secrets) = Default::default();
        Self { source, secrets, directory, objects, diagnostics, confidential, literal_secrets }
    }

    pub fn report(&mut self, location: impl Into<Location>, path: &str, finding: Finding) {
        self.diagnostics.push(self.source.diagnostic(location, path, finding));
    }

    pub const fn source(&self) -> &'a Source {
        self.source
    }

    /// Reads a map of known keys.
    pub fn object(&mut self, node: Node, object: &'static Object, path: &str) -> Fields {
        let location = node.location();
        let mut fields = Fields { object, path: path.to_owned(), location, entries: Vec::new() };
        let found = node.found();
        let Kind::Map(entries) = node.kind else {
            let finding = Finding::new(format!("expected a map, found {found}")).coded(Code::WrongType);
            self.report(location, path, finding.with_help(format!("the keys are {}", listed(object.usable()))));
            return fields;
        };
        for key in object.keys().filter(|key| key.presence == Presence::Required) {
            // A key that is only misspelt is not missing, too.
            let is_meant = |entry: &Entry| nearest(&entry.name, object.usable()) == Some(key.name);
            if !entries.iter().any(|entry| entry.name == key.name || is_meant(entry)) {
                let finding = Finding::new(format!("`{}` is missing", key.name)).coded(Code::MissingKey(key.name));
                let example = key.example.lines().next().unwrap_or_default();
                self.report(location, path, finding.with_help(format!("for example `{example}`")));
            }
        }
        for entry in entries {
            let path = join(path, &entry.name);
            match object.key(&entry.name) {
                Some(Key { presence: Presence::NotYet, .. }) => {
                    let finding =
                        Finding::new(format!("`{}` is not supported yet", entry.name)).coded(Code::NotSupported);
                    let help = format!("supported: {}", listed(object.usable()));
                    self.report(entry.location, &path, finding.with_help(help));
                }
                // A key with nothing behind it is as good as absent where nothing is needed.
                Some(key) if entry.value.is_null() && key.may_be_empty() => {}
                Some(key) => {
                    let value = self.value(entry.value, &key.shape, &path);
                    if key.secrecy == Secrecy::Secret {
                        self.keep(&value, &path);
                    }
                    fields.entries.push(Field { key, location: entry.location, value });
                }
                None => self.unknown(&entry, object, &path),
            }
        }
        fields
    }

    /// Remembers a secret that stands in the document itself; those that were looked up are known.
    fn keep(&mut self, value: &Parsed, path: &str) {
        let text = match &value.content {
            Content::Node(node) => node.written(),
            Content::Scalar(Scalar::Pem(text)) => Some(text.as_str()),
            _ => None,
        };
        if let Some(text) = text.filter(|_| !value.mark.secret) {
            self.confidential.push(Secret::new(text));
            self.literal_secrets.push(path.to_owned());
        }
    }

    fn unknown(&mut self, entry: &Entry, object: &'static Object, path: &str) {
        let name = entry.name.as_str();
        let home = self.objects.iter().find(|other| !other.is(object) && other.key(name).is_some());
        let help = match (nearest(name, object.usable()), home) {
            (_, Some(_)) if object.outer.is_some_and(|outer| outer.key(name).is_some()) => {
                let outer = object.outer.map_or("", |outer| outer.name);
                format!("`{name}` is a key of the {outer}, not of its {}s", object.name)
            }
            (_, Some(home)) => format!("`{name}` is a key of `{}`", home.name),
            (Some(near), None) => format!("did you mean `{near}`?"),
            (None, None) => one_of(object.usable()),
        };
        let near = nearest(name, object.usable()).filter(|_| home.is_none());
        let finding = Finding::new(format!("unknown key `{name}`")).coded(Code::UnknownKey(near));
        self.report(entry.location, path, finding.with_help(help));
    }

    /// Reads any value.
    pub fn value(&mut self, node: Node, shape: &'static Shape, path: &str) -> Parsed {
        let node = self.resolved(node, shape, path);
        let mark = Mark::of(&node);
        if node.placeholder {
            // Of texts any will do; of a number there is only its default.
            let content = if shape.is_text() { Content::Node(node) } else { Content::Nothing };
            return Parsed { mark, content };
        }
        let content = match shape {
            Shape::List { of, min } => self.list(node, of, *min, path),
            Shape::Map { names, of } => self.map(node, *names, of, path),
            Shape::Object(object) => Content::Fields(self.object(node, object, path)),
            Shape::OneOf(object) => self.one_of(node, object, path),
            Shape::Assertion(object) => self.assertion(node, object, path),
            Shape::Variants(variants) => self.variant(node, variants, path),
            Shape::Json => Content::Node(self.json(node, path)),
            Shape::Body if matches!(node.kind, Kind::List(_) | Kind::Map(_)) => Content::Node(self.json(node, path)),
            Shape::QueryValue if !node.items().is_empty() => self.list(node, shape, 1, path),
            Shape::Expected if matches!(node.kind, Kind::List(_)) => self.codes(node, path),
            _ => match scalar::read(&node, shape, self.directory) {
                Ok(scalar) => scalar.into(),
                Err(finding) => {
                    self.report(node.location(), path, finding);
                    Content::Nothing
                }
            },
        };
        Parsed { mark, content }
    }

    /// A value, or that of the secret that it refers to.
    fn resolved(&mut self, node: Node, shape: &Shape, path: &str) -> Node {
        let Some(reference) = SecretRef::of(&node) else { return node };
        let in_json = matches!(shape, Shape::Json | Shape::Body) && reference.is_plain_in_json();
        if !(shape.is_scalar() || in_json) {
            return node;
        }
        let location = node.location();
        let placeholder = || Node { placeholder: true, ..Node::of_secret(PLACEHOLDER, location) };
        match self.secrets.resolve(&reference) {
            Resolved::Value(secret) => {
                self.confidential.push(secret.clone());
                Node::of_secret(secret.expose(), location)
            }
            Resolved::Placeholder => placeholder(),
            Resolved::Missing(reason) => {
                let finding = Finding::new(format!("{reference} cannot be used: {reason}")).coded(Code::Secret);
                self.report(location, path, finding);
                // One problem is enough: the value is not validated any further.
                placeholder()
            }
        }
    }

    fn list(&mut self, node: Node, of: &'static Shape, min: usize, path: &str) -> Content {
        let location = node.location();
        let found = node.found();
        let Kind::List(items) = node.kind else {
            let finding = Finding::new(format!("expected a list, found {found}")).coded(Code::WrongType);
            self.report(location, path, finding.with_help("write `- ` before each element"));
            return Content::Nothing;
        };
        if items.len() < min {
            self.report(location, path, Finding::new("expected at least one element, found an empty list"));
        }
        if matches!(of, Shape::Region) {
            self.once(&items, path);
        }
        let items = items.into_iter().enumerate();
        Content::List(items.map(|(index, item)| self.value(item, of, &format!("{path}[{index}]"))).collect())
    }

    /// A list of status codes.
    fn codes(&mut self, node: Node, path: &str) -> Content {
        let location = node.location();
        let Content::List(items) = self.list(node, &Shape::Expected, 0, path) else { return Content::Nothing };
        if items.is_empty() {
            self.report(location, path, Finding::new("expected at least one status code, found an empty list"));
        }
        let codes = items.into_iter().map(|item| match item.content {
            Content::Scalar(Scalar::Expected(Expected(codes))) => Some(codes),
            _ => None,
        });
        let codes: Option<Vec<_>> = codes.collect();
        codes.map_or(Content::Nothing, |codes| Content::Scalar(Scalar::Expected(Expected(codes.concat()))))
    }

    /// A region that is there twice would be counted twice, where regions share the clock.
    fn once(&mut self, items: &[Node], path: &str) {
        let mut before: HashMap<&str, &Node> = HashMap::new();
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.placeholder) {
            let Some(text) = item.text() else { continue };
            if let Some(first) = before.get(text) {
                let shown = if item.hidden { "this".to_owned() } else { format!("`{text}`") };
                let finding = Finding::new(format!("{shown} is repeated: first in line {}", first.position().line));
                let related = self.source.related(first.span, "first used here");
                let finding = finding.coded(Code::Duplicate).with_related(related);
                self.report(item.location(), &format!("{path}[{index}]"), finding);
            }
            before.entry(text).or_insert(item);
        }
    }

    fn map(&mut self, node: Node, names: Names, of: &'static Shape, path: &str) -> Content {
        let location = node.location();
        let found = node.found();
        let is_list = matches!(node.kind, Kind::List(_));
        let Kind::Map(entries) = node.kind else {
            let finding = Finding::new(format!("expected a map, found {found}")).coded(Code::WrongType);
            let without = if is_list { ", without `- `" } else { "" };
            self.report(location, path, finding.with_help(format!("write `name: value` on each line{without}")));
            return Content::Nothing;
        };
        let mut before: HashMap<String, Location> = HashMap::new();
        let mut read = Vec::with_capacity(entries.len());
        for Entry { name, location, value, .. } in entries {
            let path = join(path, &name);
            let validated = match names {
                Names::Any => Ok(()),
                Names::Tags => scalar::validate_tag_name(&name),
                Names::Headers => header::validate_name(&name),
            };
            if let Err(finding) = validated {
                self.report(location, &path, finding);
            }
            if names == Names::Headers {
                let lower = name.to_ascii_lowercase();
                if let Some(Location { span: first, .. }) = before.get(&lower) {
                    let message = format!("the header `{lower}` is repeated: first in line {}", first.start.line);
                    let related = self.source.related(*first, "first used here");
                    let finding = Finding::new(message).coded(Code::Duplicate).with_related(related);
                    self.report(location, &path, finding);
                }
                before.entry(lower).or_insert(location);
            }
            read.push(Named { value: self.value(value, of, &path), name });
        }
        Content::Map(read)
    }

    /// Any value, with the secrets in it.
    fn json(&mut self, node: Node, path: &str) -> Node {
        let within = |reader: &mut Self, node: Node, path: String| {
            let node = reader.resolved(node, &Shape::Json, &path);
            if node.placeholder { node } else { reader.json(node, &path) }
        };
        let kind = match node.kind {
            scalar @ Kind::Scalar { .. } => scalar,
            Kind::List(items) => {
                let items = items.into_iter().enumerate();
                Kind::List(items.map(|(index, item)| within(self, item, format!("{path}[{index}]"))).collect())
            }
            Kind::Map(entries) => {
                let entries = entries.into_iter().map(|entry| {
                    let path = join(path, &entry.name);
                    Entry { value: within(self, entry.value, path), ..entry }
                });
                Kind::Map(entries.collect())
            }
        };
        Node { kind, ..node }
    }

    fn one_of(&mut self, node: Node, object: &'static Object, path: &str) -> Content {
        let (location, names) = (node.location(), names_of(&node));
        let fields = self.object(node, object, path);
        if let Some(names) = names {
            let known = names.iter().filter(|name| object.usable().any(|known| known == *name)).count();
            if names.is_empty() || known > 1 {
                let finding = Finding::new(format!("expected exactly one key, found {}", names.len()));
                self.report(location, path, finding.with_help(one_of(object.usable())));
            }
        }
        Content::Fields(fields)
    }

    fn assertion(&mut self, node: Node, object: &'static Object, path: &str) -> Content {
        match &node.kind {
            Kind::Scalar { .. } => Content::Node(node),
            Kind::List(_) => {
                let finding =
                    Finding::new("expected a value or a map of conditions, found a list").coded(Code::WrongType);
                self.report(node.location(), path, finding.with_help("to compare with a list, write `value: […]`"));
                Content::Nothing
            }
            Kind::Map(entries) => {
                let known = |entry: &Entry| object.key(&entry.name).is_some();
                if !entries.is_empty() && !entries.iter().any(known) {
                    let near = entries.iter().find_map(|entry| nearest(&entry.name, object.usable()));
                    let help = match near {
                        Some(near) => format!("did you mean `{near}`? To compare with a map, write `value: {{…}}`"),
                        None => format!(
                            "to compare with a map, write `value: {{…}}`; conditions are {}",
                            listed(object.usable())
                        ),
                    };
                    let finding = Finding::new("none of the keys of this map is a condition");
                    self.report(node.location(), path, finding.with_help(help));
                    return Content::Nothing;
                }
                Content::Fields(self.object(node, object, path))
            }
        }
    }

    /// A map whose keys depend on one of them.
    fn variant(&mut self, mut node: Node, variants: &'static Variants, path: &str) -> Content {
        let (location, found) = (node.location(), node.found());
        let first = variants.names().next().unwrap_or_default();
        let Kind::Map(entries) = &mut node.kind else {
            let finding = Finding::new(format!("expected {} (a map of keys), found {found}", variants.what))
                .coded(Code::WrongType);
            let help = format!("{} begins with `- {}: {first}`", variants.what, variants.tag);
            self.report(location, path, finding.with_help(help));
            return Content::Nothing;
        };
        let tag_path = join(path, variants.tag);
        let guess = variants.guess(entries.iter().map(|entry| entry.name.as_str()));
        let Some(entry) = entries.iter_mut().find(|entry| entry.name == variants.tag) else {
            // Reports that the tag is missing, too.
            if let Some(object) = guess {
                self.object(node, object, path);
            }
            return Content::Nothing;
        };
        entry.value = self.resolved(entry.value.clone(), &Shape::Tag, &tag_path);
        let tag = entry.value.clone();
        if tag.placeholder {
            return Content::Nothing;
        }
        let written = tag.text().unwrap_or_default();
        if let Some(object) = variants.named(written) {
            return Content::Fields(self.object(node, object, path));
        }
        let expected = one_of(variants.names());
        if variants.planned.contains(&written) {
            let finding = Finding::new(format!("`{written}` is not supported yet")).coded(Code::NotSupported);
            self.report(tag.location(), &tag_path, finding.with_help(expected));
            return Content::Nothing;
        }
        let finding = Finding::new(format!("expected {}, found {}", variants.tag_is, tag.found()));
        let help = if tag.hidden { expected } else { suggestion(written, variants.names()) };
        self.report(tag.location(), &tag_path, finding.with_help(help));
        // The other keys are held against what was probably meant.
        if let Some(object) = nearest(written, variants.names()).and_then(|name| variants.named(name)) {
            let before = self.diagnostics.len();
            self.object(node, object, path);
            let found = self.diagnostics.split_off(before);
            self.diagnostics.extend(found.into_iter().filter(|diagnostic| diagnostic.path != tag_path));
        }
        Content::Nothing
    }
}

/// The names of a map's entries.
fn names_of(node: &Node) -> Option<Vec<String>> {
    match &node.kind {
        Kind::Map(entries) => Some(entries.iter().map(|entry| entry.name.clone()).collect()),
        _ => None,
    }
}
