//! Kinds of problems, for programs.

/// What kind of problem it is. The slugs are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The file cannot be read, or cannot be used as a whole.
    File,
    /// The text is not YAML, or more than a configuration may make of it.
    Syntax,
    /// There is no such key; this one was probably meant.
    UnknownKey(Option<&'static str>),
    /// This key has to be there.
    MissingKey(&'static str),
    /// The key or the word is planned.
    NotSupported,
    /// A list where a map belongs, and the like.
    WrongType,
    /// A value that cannot be.
    BadValue,
    /// What has to be different is there twice.
    Duplicate,
    /// Values that cannot be together.
    Conflict,
    /// A script uses a key that is not set.
    UnsetKey,
    /// A secret cannot be had.
    Secret,
    /// A warning: a period that the probe's own runs may exceed.
    ShortPeriod,
    /// A warning: credentials over plain HTTP.
    PlainCredentials,
    /// A warning: credentials to a server that nobody has checked.
    UncheckedServer,
    /// A warning: a group that Sentry cannot tell from others.
    NoTags,
    /// A warning: several probes of a group have one title.
    RepeatedTitle,
    /// A warning: an assertion about a key that nothing sets.
    UnsetAssertion,
    /// A warning: a key that nothing uses.
    UnusedKey,
    /// A warning: braces without quotes, which make a map.
    UnquotedKey,
    /// A warning: a limit that is never reached.
    UnreachableLimit,
    /// A warning: a redirect is expected, and followed.
    FollowedRedirect,
    /// A warning: a key that changes nothing.
    NoEffect,
}

impl Code {
    /// The stable name, e.g. `unknown-key`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Syntax => "syntax",
            Self::UnknownKey(_) => "unknown-key",
            Self::MissingKey(_) => "missing-key",
            Self::NotSupported => "not-supported",
            Self::WrongType => "wrong-type",
            Self::BadValue => "bad-value",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::UnsetKey => "unset-key",
            Self::Secret => "secret",
            Self::ShortPeriod => "short-period",
            Self::PlainCredentials => "plain-credentials",
            Self::UncheckedServer => "unchecked-server",
            Self::NoTags => "no-tags",
            Self::RepeatedTitle => "repeated-title",
            Self::UnsetAssertion => "unset-assertion",
            Self::UnusedKey => "unused-key",
            Self::UnquotedKey => "unquoted-key",
            Self::UnreachableLimit => "unreachable-limit",
            Self::FollowedRedirect => "followed-redirect",
            Self::NoEffect => "no-effect",
        }
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::ShortPeriod
            | Self::PlainCredentials
            | Self::UncheckedServer
            | Self::NoTags
            | Self::RepeatedTitle
            | Self::UnsetAssertion
            | Self::UnusedKey
            | Self::UnquotedKey
            | Self::UnreachableLimit
            | Self::FollowedRedirect
            | Self::NoEffect => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is run.
    Error,
    /// It runs, and is probably not what was meant.
    Warning,
}

impl Severity {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
