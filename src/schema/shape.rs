//! The forms that values of a configuration can have.
//!
//! Shapes are data. The tables of keys are made of them; documents are read by them, and the JSON Schema and the reference
//! are rendered from them.

use std::time::Duration;

/// A key of the configuration.
#[derive(Debug)]
pub(crate) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    /// What happens without the key.
    pub presence: Presence,
    /// Whether its value may be seen.
    pub secrecy: Secrecy,
    /// For people: what it is.
    pub about: &'static str,
    /// YAML, as it stands in a configuration.
    pub example: &'static str,
    /// YAML with mistakes: the reference shows the errors they give.
    pub mistakes: &'static [&'static str],
}

impl Key {
    /// Whether a key with nothing behind it is as good as absent.
    pub fn may_be_empty(&self) -> bool {
        self.presence != Presence::Required
            && matches!(self.shape, Shape::Map { .. } | Shape::Object(_) | Shape::List { min: 0, .. })
    }
}

/// What happens without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is an error.
    Required,
    /// A value that can be written in YAML.
    Default(&'static str),
    /// Something that takes words to say.
    Otherwise(&'static str),
    /// Nothing.
    Optional,
    /// The key is planned: using it is an error that says so.
    NotYet,
}

/// Whether the value of a key may be seen. What is under it is as secret as it is, unless its own key says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// No secret, whatever names and values look like.
    Open,
    /// A secret where its name, or a name in it, looks like that of one.
    ByName,
    /// Messages do not show it.
    Hidden,
    /// Messages do not show it, and it is filtered out of everything that leaves SentryNet.
    Secret,
}

/// Keys that stand together in a map.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its name in the schema; of a kind of probe, also the word for it.
    pub name: &'static str,
    /// Its heading in the reference.
    pub heading: &'static str,
    /// For people.
    pub about: &'static str,
    pub keys: &'static [&'static [Key]],
    /// Where it stands, for examples.
    pub frame: Frame,
    /// The object whose section of the reference describes the same keys.
    pub described_by: Option<&'static Object>,
    /// The object around it, whose keys do not belong here.
    pub outer: Option<&'static Object>,
}

impl Object {
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + Clone {
        self.keys.iter().copied().flatten()
    }

    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }

    /// The keys that can be used today.
    pub fn usable(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys().filter(|key| key.presence != Presence::NotYet).map(|key| key.name)
    }

    pub fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Where an object stands in a configuration, and what has to stand beside a key of it.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The name of the object around it; none: it is a whole document.
    pub within: Option<&'static str>,
    /// The YAML that it stands below.
    pub at: &'static str,
    /// Keys that it cannot be without, each with a line.
    pub beside: &'static [(&'static str, &'static str)],
}

/// Objects of which a map is one, told apart by the value of one key.
#[derive(Debug)]
pub(crate) struct Variants {
    /// That key.
    pub tag: &'static str,
    /// What a map of them is called: `a probe`.
    pub what: &'static str,
    /// What the words are called: `a kind of probe`.
    pub tag_is: &'static str,
    /// The objects, each named like the word for it; the first is the usual one.
    pub objects: &'static [&'static Object],
    /// Words that are planned.
    pub planned: &'static [&'static str],
}

impl Variants {
    /// The words that can be used today.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.objects.iter().map(|object| object.name)
    }

    pub fn named(&self, name: &str) -> Option<&'static Object> {
        self.objects.iter().copied().find(|object| object.name == name)
    }

    /// The object that a map without its tag was probably meant to be: the one that knows most of its keys.
    pub fn guess<'k>(&self, names: impl Iterator<Item = &'k str> + Clone) -> Option<&'static Object> {
        let known = |object: &Object| names.clone().filter(|name| object.key(name).is_some()).count();
        // Of several the first.
        self.objects.iter().copied().rev().max_by_key(|object| known(object))
    }
}

/// What names of a map's entries have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Any text.
    Any,
    /// Names of tags.
    Tags,
    /// Names of HTTP headers.
    Headers,
}

/// The form of a value.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A string of one line and at most so many characters.
    Text { max: usize },
    /// A string; it may be empty.
    String,
    /// The name of a group.
    Name,
    /// A Sentry environment.
    Environment,
    /// A DSN.
    Dsn,
    /// An absolute http(s) URL.
    Url,
    /// A template of one.
    UrlTemplate,
    /// A host name, or an IP address.
    Host,
    /// An AWS region.
    Region,
    /// A duration.
    Duration { min: Duration, max: Duration, whole: bool },
    /// A number of bytes.
    Size { max: u64 },
    /// A whole number.
    Integer { min: u64, max: u64 },
    /// True or false.
    Boolean,
    /// One of these words; numbers count as they are written.
    Words(&'static [&'static str]),
    /// The word that tells of which of the [`Variants`] a map is.
    Tag,
    /// An HTTP method.
    Method,
    /// Status codes.
    Expected,
    /// A JSONPath expression.
    JsonPath,
    /// A regular expression.
    Pattern,
    /// PEM text, or the name of a file.
    Pem(Pem),
    /// The value of a tag: any scalar.
    TagValue,
    /// The value of a header: any scalar.
    HeaderValue,
    /// The value of a query parameter: any scalar, or a list of these.
    QueryValue,
    /// Any value.
    Json,
    /// A number or a text.
    Comparable,
    /// What a request sends: a text, a map or a list.
    Body,
    /// A list of values of one shape.
    List { of: &'static Shape, min: usize },
    /// A map from names to values of one shape.
    Map { names: Names, of: &'static Shape },
    /// A map of known keys.
    Object(&'static Object),
    /// A map of exactly one of the known keys.
    OneOf(&'static Object),
    /// A scalar that stands for `value`, or a map of these keys.
    Assertion(&'static Object),
    /// A map whose keys depend on one of them.
    Variants(&'static Variants),
}

impl Shape {
    /// Whether a single value is expected, so that a map can only be a reference to a secret.
    pub const fn is_scalar(&self) -> bool {
        !matches!(
            self,
            Self::Json
                | Self::Body
                | Self::List { .. }
                | Self::Map { .. }
                | Self::Object(_)
                | Self::OneOf(_)
                | Self::Variants(_)
        )
    }

    /// Whether a value of this shape is not more than its text.
    pub const fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Text { .. }
                | Self::String
                | Self::Name
                | Self::Environment
                | Self::Dsn
                | Self::Url
                | Self::UrlTemplate
                | Self::Host
                | Self::Region
                | Self::TagValue
                | Self::HeaderValue
                | Self::QueryValue
                | Self::Json
                | Self::Comparable
                | Self::Body
                | Self::Assertion(_)
        )
    }
}

/// What a PEM text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pem {
    /// One or more certificates.
    Certificates,
    /// A private key.
    Key,
}
