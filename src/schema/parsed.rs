//! What reading makes of a document: typed values, each with its location.

use std::time::Duration;

use regex::Regex;

use super::path::join;
use super::scalar::{self, Scalar};
use super::shape::{Key, Object, Presence};
use super::value::Expected;
use crate::diagnostics::source::Location;
use crate::yaml::node::Node;

/// A value that was read.
pub(crate) struct Parsed {
    pub mark: Mark,
    pub content: Content,
}

/// Where a value stands, and what may be said of it.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub location: Location,
    /// It is the value of a secret.
    pub secret: bool,
    /// It stands for a secret whose value is not known.
    pub placeholder: bool,
}

impl Mark {
    pub fn of(node: &Node) -> Self {
        Self { location: node.location(), secret: node.secret, placeholder: node.placeholder }
    }
}

/// What a value is.
pub(crate) enum Content {
    /// What is not more than its text, and JSON: as it stands.
    Node(Node),
    Scalar(Scalar),
    List(Vec<Parsed>),
    Map(Vec<Named>),
    Fields(Fields),
    /// It has been reported, or is the placeholder of a secret.
    Nothing,
}

impl From<Scalar> for Content {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Text(node) => Self::Node(node),
            scalar => Self::Scalar(scalar),
        }
    }
}

/// An entry of a map whose names are the user's.
pub(crate) struct Named {
    pub name: String,
    pub value: Parsed,
}

/// The values of an object's keys.
pub(crate) struct Fields {
    pub object: &'static Object,
    pub path: String,
    pub location: Location,
    pub entries: Vec<Field>,
}

/// A key and its value.
pub(crate) struct Field {
    pub key: &'static Key,
    /// Where the key stands.
    pub location: Location,
    pub value: Parsed,
}

impl Fields {
    /// The key path of a key in here.
    pub fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// A key that is there, with something behind it.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.entries.iter().find(|field| field.key.name == name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    pub fn get(&self, name: &str) -> Option<&Parsed> {
        self.field(name).map(|field| &field.value)
    }

    /// The node of what is not more than its text, or of JSON.
    pub fn node(&self, name: &str) -> Option<&Node> {
        match &self.get(name)?.content {
            Content::Node(node) => Some(node),
            _ => None,
        }
    }

    /// A string; numbers and the like are none.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.node(name).and_then(Node::text)
    }

    /// A duration, or the key's default.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        self.read(name, |scalar| if let Scalar::Duration(duration) = scalar { Some(*duration) } else { None })
    }

    /// A whole number, or the key's default.
    pub fn integer(&self, name: &str) -> Option<u64> {
        self.read(name, |scalar| if let Scalar::Integer(number) = scalar { Some(*number) } else { None })
    }

    /// The same as a `u32`, which every number of the tables fits but bytes.
    pub fn count(&self, name: &str) -> Option<u32> {
        self.integer(name).and_then(|number| u32::try_from(number).ok())
    }

    /// True or false, or the key's default.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.read(name, |scalar| if let Scalar::Boolean(boolean) = scalar { Some(*boolean) } else { None })
    }

    /// A word, or the key's default.
    pub fn word(&self, name: &str) -> Option<&'static str> {
        self.read(name, |scalar| if let Scalar::Word(word) = scalar { Some(*word) } else { None })
    }

    pub fn method(&self, name: &str) -> Option<http::Method> {
        self.read(name, |scalar| if let Scalar::Method(method) = scalar { Some(method.clone()) } else { None })
    }

    pub fn expected(&self, name: &str) -> Option<Expected> {
        self.read(name, |scalar| if let Scalar::Expected(codes) = scalar { Some(codes.clone()) } else { None })
    }

    pub fn pattern(&self, name: &str) -> Option<Regex> {
        self.read(name, |scalar| if let Scalar::Pattern(pattern) = scalar { Some(pattern.clone()) } else { None })
    }

    pub fn pem(&self, name: &str) -> Option<String> {
        self.read(name, |scalar| if let Scalar::Pem(pem) = scalar { Some(pem.clone()) } else { None })
    }

    pub fn list(&self, name: &str) -> &[Parsed] {
        match self.get(name).map(|value| &value.content) {
            Some(Content::List(items)) => items,
            _ => &[],
        }
    }

    pub fn map(&self, name: &str) -> &[Named] {
        match self.get(name).map(|value| &value.content) {
            Some(Content::Map(entries)) => entries,
            _ => &[],
        }
    }

    pub fn fields(&self, name: &str) -> Option<&Fields> {
        match &self.get(name)?.content {
            Content::Fields(fields) => Some(fields),
            _ => None,
        }
    }

    /// What is there; where nothing is, or nothing that can be read, the default of the table.
    fn read<T>(&self, name: &str, take: impl Fn(&Scalar) -> Option<T>) -> Option<T> {
        let written = match self.get(name).map(|value| &value.content) {
            Some(Content::Scalar(scalar)) => take(scalar),
            _ => None,
        };
        written.or_else(|| take(&default(self.object, name)?))
    }
}

/// What a key is without being there, if the table says so.
pub(crate) fn default(object: &Object, name: &str) -> Option<Scalar> {
    let key = object.key(name)?;
    let Presence::Default(text) = key.presence else { return None };
    scalar::read(&Node::plain(text), &key.shape, None).ok()
}
