//! What a format string is made of: literal text and replacement fields.

/// A piece of a format string.
#[derive(Clone, PartialEq)]
pub enum Part {
    /// Text that stands for itself; `{{` and `}}` are single braces here.
    Literal(String),
    /// What is between `{` and `}`.
    Field(Field),
}

/// A replacement field: `{key[0][name]!r:>10}`.
#[derive(Clone, PartialEq)]
pub struct Field {
    /// Name of the key; never empty and never a number.
    pub key: String,
    /// Steps into the key's value, in order.
    pub accessors: Vec<Accessor>,
    /// What is made of the value before it is formatted.
    pub conversion: Option<Conversion>,
    /// The format spec; its fields have no fields within their own specs.
    pub spec: Vec<Part>,
}

/// A step from a value to one inside it.
#[derive(Clone, PartialEq, Eq)]
pub enum Accessor {
    /// `[0]`: digits only, which to Python is a number and never the name of an entry.
    Index(usize),
    /// `[name]`: anything else; `[-1]` too.
    Name(String),
    /// `.name`. JSON values have no attributes: rendering it is an error.
    Attribute(String),
}

/// What `!` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `!r`: Python's `repr()`.
    Repr,
    /// `!s`: Python's `str()`.
    Str,
    /// `!a`: Python's `ascii()`.
    Ascii,
}
