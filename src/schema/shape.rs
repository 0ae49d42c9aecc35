//! The forms that values of a configuration can have.
//!
//! Shapes are data: the table of keys in [`crate::config::keys`] is made of them, the checker holds values against them, and the
//! JSON Schema and the reference of keys are rendered from them.

use std::time::Duration;

/// A key of the configuration.
#[derive(Debug)]
pub(crate) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    /// What happens without the key.
    pub presence: Presence,
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
            && matches!(self.shape, Shape::Map { .. } | Shape::Object(_) | Shape::List { least: 0, .. })
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

/// Keys that stand together in a map.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its name in the schema and in the reference's headings.
    pub name: &'static str,
    /// For people.
    pub about: &'static str,
    pub keys: &'static [&'static [Key]],
}

impl Object {
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + Clone {
        self.keys.iter().copied().flatten()
    }

    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

/// A kind of probe: a value of `probe`, and the keys that go with it.
#[derive(Debug)]
pub(crate) struct ProbeKind {
    pub name: &'static str,
    /// `None`: planned.
    pub object: Option<&'static Object>,
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
    /// A text of one line and at most so many characters.
    Text { most: usize },
    /// A text that must not be seen; it may be empty.
    Secret,
    /// The name of a group.
    Name,
    /// A Sentry environment.
    Environment,
    /// A DSN.
    Dsn,
    /// An absolute http(s) URL; in a step, a template of one.
    Url,
    /// An AWS region.
    Region,
    /// A span of time.
    Duration { least: Duration, most: Duration, whole: bool },
    /// A number of bytes.
    Size { most: u64 },
    /// A whole number.
    Integer { least: u64, most: u64 },
    /// True or false.
    Boolean,
    /// One of these words; numbers count as they are written.
    Words(&'static [&'static str]),
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
    List { of: &'static Shape, least: usize },
    /// A map from names to values of one shape.
    Map { names: Names, of: &'static Shape },
    /// A map of known keys.
    Object(&'static Object),
    /// A map of exactly one of the known keys.
    OneOf(&'static Object),
    /// A scalar that stands for `value`, or a map of these keys.
    Assertion(&'static Object),
    /// A map whose keys depend on `probe`.
    Probe,
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
                | Self::Probe
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
