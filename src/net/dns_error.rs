//! Why a look-up found no address: the cases that a failure tells apart.

use super::settings::IpVersion;

/// Why a name could not be resolved to an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// No name server can be asked for it: a label is longer than 63 bytes, or the whole longer than 255 (RFC 1035).
    #[error("this cannot be a name")]
    NotAName,
    /// The name does not exist, or the one that it is an alias (CNAME) of.
    #[error("the name does not exist")]
    NoSuchName {
        /// The name at the end of its aliases, where that is another one.
        alias_of: Option<String>,
    },
    /// The name exists, but has no address of the family asked for.
    #[error("the name has no address")]
    NoAddress {
        /// The family; `None`: neither has one.
        family: Option<IpVersion>,
        /// The name at the end of its aliases, where that is another one.
        alias_of: Option<String>,
    },
    /// The name's aliases lead in a circle, or there are too many of them.
    #[error("the name's aliases form a loop")]
    EndlessAlias,
    /// The name server answered with this error code (RFC 6895, section 2.3).
    #[error("the name server answered with the error code {0}")]
    Answered(u16),
    /// What the name server answered cannot be read.
    #[error("the name server's answer cannot be read")]
    Garbled,
    /// The answer was too long for UDP, and there was none over TCP.
    #[error("the name server's answer was cut off")]
    CutOff,
    /// The name server could not be reached.
    #[error("the name server could not be reached")]
    Unreachable,
    /// There is no configuration of name servers here, or none that can be used.
    #[error("no name server is configured")]
    Unconfigured,
    /// The look-up failed in another way.
    #[error("the name could not be looked up")]
    Failed,
    /// No name server answered, however often it was asked.
    #[error("no name server answered")]
    TimedOut,
}

impl DnsError {
    /// The error to report when the look-ups for both families failed: a server in trouble before a missing record.
    pub(super) fn or_worse(self, other: Self) -> Self {
        let weight = |error: &Self| match error {
            Self::NoAddress { .. } => 0,
            Self::NoSuchName { .. } => 1,
            _ => 2,
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}
