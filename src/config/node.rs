//! A YAML value together with its place: what the tables of keys are held against.

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Number, Value};

use super::places::{Part, PartKind};
use super::problem::{Code, Fault, Problem};
use super::source::{Extent, Place, Source, Spot};

/// The parser of values and the one of places do not see the same: it would not be known what is where, and so what must
/// not be shown. YAML 1.1 ends lines at U+0085, U+2028 and U+2029, and YAML 1.2 does not.
const AMBIGUOUS: &str =
    "this can be read as YAML in two ways: it may hold an invisible end of a line (U+0085, U+2028, U+2029)";

/// A value, and where it stands.
#[derive(Clone)]
pub(super) struct Node {
    pub extent: Extent,
    /// Of an alias: what it stands for. Of what stands behind one: the alias.
    pub other: Option<Extent>,
    pub kind: Kind,
    /// It came from a secret, or looks like one: no message may show it.
    pub hidden: bool,
    /// It is the value of a secret: it is not interpolated.
    pub secret: bool,
    /// It stands for a secret whose value is not known: any value would do.
    pub stand_in: bool,
}

/// What a value is.
#[derive(Clone)]
pub(super) enum Kind {
    /// Anything without parts: its value and, where that is not a text, how it is written (`1.10`, `yes`, `~`).
    Scalar { value: Value, written: Option<String> },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written, merge keys followed.
    Map(Vec<Entry>),
}

/// An entry of a map.
#[derive(Clone)]
pub(super) struct Entry {
    pub name: String,
    /// Where the name stands.
    pub spot: Spot,
    pub value: Node,
    merges: bool,
}

impl Entry {
    pub fn new(name: &str, value: Node) -> Self {
        Self { name: name.to_owned(), spot: value.spot(), value, merges: false }
    }
}

impl Node {
    /// The value of a secret, in the place of its reference.
    pub fn of_secret(text: &str, spot: impl Into<Spot>) -> Self {
        let kind = Kind::Scalar { value: Value::String(text.to_owned()), written: None };
        let Spot { extent, other } = spot.into();
        Self { extent, other, kind, hidden: true, secret: true, stand_in: false }
    }

    /// A text that is put in the place of another value, or beside one.
    pub fn of_text(text: &str, spot: impl Into<Spot>) -> Self {
        Self { hidden: false, secret: false, ..Self::of_secret(text, spot) }
    }

    pub const fn place(&self) -> Place {
        self.extent.start
    }

    pub const fn spot(&self) -> Spot {
        Spot { extent: self.extent, other: self.other }
    }

    /// Whether it holds the same values, written the same way, in the same order, wherever they stand.
    pub fn says_the_same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar { value: one, written: how }, Kind::Scalar { value: other, written: other_how }) => {
                one == other && how == other_how
            }
            (Kind::List(one), Kind::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.says_the_same(other))
            }
            (Kind::Map(one), Kind::Map(other)) => {
                let same =
                    |(one, other): (&Entry, &Entry)| one.name == other.name && one.value.says_the_same(&other.value);
                one.len() == other.len() && one.iter().zip(other).all(same)
            }
            _ => false,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { value: Value::String(text), .. } => Some(text),
            _ => None,
        }
    }

    /// Any scalar but null as it is written: `1.10`, `true`, `text`.
    pub fn written(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { value: Value::Null, .. } => None,
            Kind::Scalar { value: Value::String(text), .. } => Some(text),
            Kind::Scalar { written, .. } => written.as_deref(),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Scalar { value: Value::Null, .. })
    }

    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The value under a key; null counts as absent.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|entry| &entry.value).filter(|value| !value.is_null())
    }

    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.name == name)
    }

    /// The value as JSON.
    pub fn json(&self) -> Value {
        match &self.kind {
            Kind::Scalar { value, .. } => value.clone(),
            Kind::List(items) => Value::Array(items.iter().map(Self::json).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.name.clone(), entry.value.json())).collect())
            }
        }
    }

    /// What a message says was found here.
    pub fn found(&self) -> String {
        match &self.kind {
            _ if self.hidden => "another value (not shown: it may be a secret)".to_owned(),
            Kind::Scalar { value: Value::Null, .. } => "nothing".to_owned(),
            Kind::Scalar { value: Value::String(text), .. } if text.is_empty() => "an empty text".to_owned(),
            Kind::Scalar { value: Value::String(text), .. } => {
                let short: String = text.chars().take(60).collect();
                let rest = if short.len() < text.len() { "…" } else { "" };
                format!("the text {short:?}{rest}")
            }
            Kind::Scalar { value: Value::Bool(_), written } => written.clone().unwrap_or_default(),
            Kind::Scalar { written, .. } => format!("the number {}", written.as_deref().unwrap_or_default()),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }
}

/// Reads the text whose parts are known.
pub(super) fn read(source: &Source, text: &str, part: &Part) -> Result<Node, Vec<Problem>> {
    let seed = Seed { part, alias: None };
    let mut node = seed.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| {
        // Its lines may end where no others do.
        let at = error.location().map_or(Place::default(), |at| source.place(at.index()));
        let message = error.to_string();
        // serde's own messages quote values.
        let message = if message.contains(AMBIGUOUS) {
            AMBIGUOUS.to_owned()
        } else if message.contains("invalid ") {
            "this is not what its tag says".to_owned()
        } else {
            "some readers of YAML do not take this".to_owned()
        };
        vec![source.syntax_problem(Extent { start: at, end: at }, Fault::new(message))]
    })?;
    let mut problems = Vec::new();
    merge(&mut node, source, &mut problems);
    if problems.is_empty() { Ok(node) } else { Err(problems) }
}

/// Follows merge keys as PyYAML does: merged entries come first, a map's own entries win over merged ones, and maps
/// named earlier in a list win over later ones.
fn merge(node: &mut Node, source: &Source, problems: &mut Vec<Problem>) {
    match &mut node.kind {
        Kind::Scalar { .. } => {}
        Kind::List(items) => items.iter_mut().for_each(|item| merge(item, source, problems)),
        Kind::Map(entries) => {
            entries.iter_mut().for_each(|entry| merge(&mut entry.value, source, problems));
            if !entries.iter().any(|entry| entry.merges) {
                return;
            }
            let (merges, own): (Vec<Entry>, Vec<Entry>) =
                std::mem::take(entries).into_iter().partition(|entry| entry.merges);
            let mut layers: Vec<Vec<Entry>> = Vec::new();
            for Entry { value, spot, .. } in merges {
                match value.kind {
                    Kind::Map(entries) => layers.push(entries),
                    Kind::List(items) if items.iter().all(|item| matches!(item.kind, Kind::Map(_))) => {
                        layers.extend(items.into_iter().rev().map(|item| item.entries().to_vec()));
                    }
                    _ => {
                        let fault = Fault::new(format!("`<<` takes a map or a list of maps, found {}", value.found()));
                        problems.push(source.problem(spot, "", fault.coded(Code::Syntax)));
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
struct Seed<'a> {
    part: &'a Part,
    /// The alias that it is read through, the outermost of several.
    alias: Option<Extent>,
}

impl Seed<'_> {
    fn node(&self, kind: Kind) -> Node {
        let is_alias = matches!(self.part.kind, PartKind::Alias(_));
        let other = if is_alias { Some(self.part.target().extent) } else { self.alias };
        Node { extent: self.part.extent, other, kind, hidden: false, secret: false, stand_in: false }
    }

    /// What reads a part of this one.
    fn within<'a>(&self, part: &'a Part) -> Seed<'a> {
        let own = matches!(self.part.kind, PartKind::Alias(_)).then_some(self.part.extent);
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
        let number = Number::from_f64(value).ok_or_else(|| E::custom("infinity and not-a-number are no values"))?;
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
            let spot = key.spot();
            let Kind::Scalar { value: text, written } = key.kind else {
                return Err(de::Error::custom("a list or a map cannot be a key"));
            };
            let name = match text {
                Value::String(text) => text,
                _ => written.unwrap_or_default(),
            };
            entries.push(Entry { name, spot, value: access.next_value_seed(self.within(value))?, merges });
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
        Err(de::Error::custom("there are no YAML tags of one's own in a configuration"))
    }
}
