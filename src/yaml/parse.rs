//! The values of a YAML text, by `serde_yaml`, each put beside the part that knows its position.

use serde::de;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess as _, Visitor};
use serde_json::{Number, Value};

use super::node::{AMBIGUOUS, Entry, Kind, Node};
use super::parts::{Part, PartKind};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Position, Source, Span};
use crate::diagnostics::{Code, Diagnostic};

/// Reads the text whose parts are known.
pub(crate) fn read(source: &Source, text: &str, part: &Part) -> Result<Node, Vec<Diagnostic>> {
    let seed = Seed { part, alias: None };
    let mut node = seed.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| {
        // Its lines may end where no others do.
        let at = error.location().map_or(Position::default(), |at| source.position(at.index()));
        let message = error.to_string();
        // serde's own messages quote values.
        let message = if message.contains(AMBIGUOUS) {
            AMBIGUOUS.to_owned()
        } else if message.contains("invalid ") {
            "this value does not match its tag".to_owned()
        } else {
            "some YAML parsers reject this".to_owned()
        };
        vec![source.syntax_problem(Span { start: at, end: at }, Finding::new(message))]
    })?;
    let mut diagnostics = Vec::new();
    merge(&mut node, source, &mut diagnostics);
    if diagnostics.is_empty() { Ok(node) } else { Err(diagnostics) }
}

/// Follows merge keys as PyYAML does: merged entries come first, a map's own entries win over merged ones, and maps
/// named earlier in a list win over later ones.
pub(crate) fn merge(node: &mut Node, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.kind {
        Kind::Scalar { .. } => {}
        Kind::List(items) => items.iter_mut().for_each(|item| merge(item, source, diagnostics)),
        Kind::Map(entries) => {
            entries.iter_mut().for_each(|entry| merge(&mut entry.value, source, diagnostics));
            if !entries.iter().any(|entry| entry.merges) {
                return;
            }
            let (merges, own): (Vec<Entry>, Vec<Entry>) =
                std::mem::take(entries).into_iter().partition(|entry| entry.merges);
            let mut layers: Vec<Vec<Entry>> = Vec::new();
            for Entry { value, location, .. } in merges {
                match value.kind {
                    Kind::Map(entries) => layers.push(entries),
                    Kind::List(items) if items.iter().all(|item| matches!(item.kind, Kind::Map(_))) => {
                        layers.extend(items.into_iter().rev().map(|item| item.entries().to_vec()));
                    }
                    _ => {
                        let finding =
                            Finding::new(format!("`<<` needs a map or a list of maps, found {}", value.found()));
                        diagnostics.push(source.diagnostic(location, "", finding.coded(Code::Syntax)));
                    }
                }
            }
            layers.push(own);
            let mut index = std::collections::HashMap::new();
            for entry in layers.into_iter().flatten() {
                match index.get(&entry.name) {
                    Some(&at) => entries[at] = entry,
                    None => {
                        index.insert(entry.name.clone(), entries.len());
                        entries.push(entry);
                    }
                }
            }
        }
    }
}

/// Reads a value alongside the part that knows its place.
#[derive(Clone, Copy)]
pub(crate) struct Seed<'a> {
    part: &'a Part,
    /// The alias that it is read through, the outermost of several.
    alias: Option<Span>,
}

impl Seed<'_> {
    fn node(&self, kind: Kind) -> Node {
        let is_alias = matches!(self.part.kind, PartKind::Alias(_));
        let other = if is_alias { Some(self.part.target().span) } else { self.alias };
        Node { span: self.part.span, other, kind, hidden: false, secret: false, placeholder: false }
    }

    /// What reads a part of this one.
    fn within<'a>(&self, part: &'a Part) -> Seed<'a> {
        let own = matches!(self.part.kind, PartKind::Alias(_)).then_some(self.part.span);
        Seed { part, alias: self.alias.or(own) }
    }

    /// The scalar as it is written.
    fn written<E: de::Error>(&self) -> Result<&str, E> {
        match &self.part.target().kind {
            PartKind::Scalar { written, .. } => Ok(written),
            _ => Err(E::custom(AMBIGUOUS)),
        }
    }

    fn scalar<E: de::Error>(&self, value: Value) -> Result<Node, E> {
        let written = Some(self.written()?.to_owned());
        Ok(self.node(Kind::Scalar { value, written }))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.scalar(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.scalar(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.scalar(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        self.scalar(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        self.scalar(value.into())
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        // Nothing here has a use for them, and JSON has no word for them.
        let number = Number::from_f64(value).ok_or_else(|| E::custom("infinity and NaN are not allowed"))?;
        self.scalar(Value::Number(number))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        self.written::<E>()?;
        Ok(self.node(Kind::Scalar { value: Value::String(value.to_owned()), written: None }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let ambiguous = || de::Error::custom(AMBIGUOUS);
        let PartKind::List(parts) = &self.part.target().kind else { return Err(ambiguous()) };
        let mut items = Vec::new();
        for part in parts {
            items.push(access.next_element_seed(self.within(part))?.ok_or_else(ambiguous)?);
        }
        match access.next_element::<de::IgnoredAny>()? {
            Some(_) => Err(ambiguous()),
            None => Ok(self.node(Kind::List(items))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let ambiguous = || de::Error::custom(AMBIGUOUS);
        let PartKind::Map(parts) = &self.part.target().kind else { return Err(ambiguous()) };
        let mut entries = Vec::new();
        for (name, value) in parts {
            let key = access.next_key_seed(self.within(name))?.ok_or_else(ambiguous)?;
            let merges = name.is_merge_key();
            let location = key.location();
            let Kind::Scalar { value: text, written } = key.kind else {
                return Err(de::Error::custom("a list or a map cannot be a key"));
            };
            let name = match text {
                Value::String(text) => text,
                _ => written.unwrap_or_default(),
            };
            entries.push(Entry { name, location, value: access.next_value_seed(self.within(value))?, merges });
        }
        match access.next_key::<de::IgnoredAny>()? {
            Some(_) => Err(ambiguous()),
            None => Ok(self.node(Kind::Map(entries))),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Node, A::Error> {
        // Tags are refused before this; be sure that none is silently dropped.
        let (_, variant) = access.variant::<String>()?;
        variant.newtype_variant::<de::IgnoredAny>()?;
        Err(de::Error::custom("custom YAML tags are not supported"))
    }
}
