//! A YAML value together with its place: what the tables of keys are held against.

use serde_json::Value;

use crate::diagnostics::source::{Location, Position, Span};

/// The parser of values and the one of places do not see the same: it would not be known what is where, and so what must
/// not be shown. YAML 1.1 ends lines at U+0085, U+2028 and U+2029, and YAML 1.2 does not.
pub(crate) const AMBIGUOUS: &str =
    "this is ambiguous YAML: it may contain an invisible line break (U+0085, U+2028, U+2029)";

/// A value, and where it stands.
#[derive(Clone)]
pub(crate) struct Node {
    pub span: Span,
    /// Of an alias: what it stands for. Of what stands behind one: the alias.
    pub other: Option<Span>,
    pub kind: Kind,
    /// It came from a secret, or looks like one: no message may show it.
    pub hidden: bool,
    /// It is the value of a secret: it is not interpolated.
    pub secret: bool,
    /// It stands for a secret whose value is not known: any value would do.
    pub placeholder: bool,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Kind {
    /// Anything without parts: its value and, where that is not a text, how it is written (`1.10`, `yes`, `~`).
    Scalar { value: Value, written: Option<String> },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written, merge keys followed.
    Map(Vec<Entry>),
}

/// An entry of a map.
#[derive(Clone)]
pub(crate) struct Entry {
    pub name: String,
    /// Where the name stands.
    pub location: Location,
    pub value: Node,
    pub(crate) merges: bool,
}

impl Entry {
    pub fn new(name: &str, value: Node) -> Self {
        Self { name: name.to_owned(), location: value.location(), value, merges: false }
    }
}

impl Node {
    /// The value of a secret, in the place of its reference.
    pub fn of_secret(text: &str, location: impl Into<Location>) -> Self {
        let kind = Kind::Scalar { value: Value::String(text.to_owned()), written: None };
        let Location { span, other } = location.into();
        Self { span, other, kind, hidden: true, secret: true, placeholder: false }
    }

    /// A text that is put in the place of another value, or beside one.
    pub fn of_text(text: &str, location: impl Into<Location>) -> Self {
        Self { hidden: false, secret: false, ..Self::of_secret(text, location) }
    }

    /// A scalar as it is written without quotes; only whole numbers are told from texts.
    pub fn plain(text: &str) -> Self {
        let node = Self::of_text(text, Span::default());
        match text.parse::<u64>() {
            Ok(number) => Self { kind: Kind::Scalar { value: number.into(), written: Some(text.to_owned()) }, ..node },
            Err(_) => node,
        }
    }

    pub const fn position(&self) -> Position {
        self.span.start
    }

    pub const fn location(&self) -> Location {
        Location { span: self.span, other: self.other }
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
            Kind::Scalar { value: Value::String(text), .. } if text.is_empty() => "an empty string".to_owned(),
            Kind::Scalar { value: Value::String(text), .. } => {
                let short: String = text.chars().take(60).collect();
                let rest = if short.len() < text.len() { "…" } else { "" };
                format!("the string {short:?}{rest}")
            }
            Kind::Scalar { value: Value::Bool(_), written } => {
                format!("the boolean {}", written.as_deref().unwrap_or_default())
            }
            Kind::Scalar { written, .. } => format!("the number {}", written.as_deref().unwrap_or_default()),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }
}
