//! Name lookups that failed.

use super::facts::Facts;
use crate::net::{DnsError, IpVersion};
use crate::outcome::FailureKind as Kind;
use crate::wording;

/// Names what the resolver reported.
pub(super) fn name(error: &DnsError, facts: &Facts<'_>) -> (Kind, String) {
    let host = facts.host;
    let failed = |why: &str| (Kind::DnsFailure, format!("{host} could not be looked up: {why}"));
    match error {
        DnsError::NotAName => {
            let most = "63 characters between dots, 253 in all";
            (Kind::DnsNotFound, format!("{host} cannot be looked up: it is too long for a name ({most})"))
        }
        DnsError::NoSuchName { alias_of: None } => (Kind::DnsNotFound, format!("{host} does not exist (NXDOMAIN)")),
        DnsError::NoSuchName { alias_of: Some(name) } => {
            (Kind::DnsNotFound, format!("{host} is an alias (CNAME) of {name}, which does not exist (NXDOMAIN)"))
        }
        DnsError::EndlessAlias => {
            let what = "an alias (CNAME) in a loop, or in too long a chain";
            (Kind::DnsNotFound, format!("{host} is {what}"))
        }
        DnsError::NoAddress { family, alias_of } => {
            let what = match family {
                None => "no address",
                Some(IpVersion::V4) => "no IPv4 address",
                Some(IpVersion::V6) => "no IPv6 address",
            };
            let sentence = match alias_of {
                None => format!("{host} exists, but has {what}"),
                Some(name) => format!("{host} is an alias (CNAME) of {name}, which has {what}"),
            };
            (Kind::DnsNotFound, sentence)
        }
        DnsError::Answered(code) => failed(&format!("the name server answered {}", answered(*code))),
        DnsError::Garbled => failed("the name server's answer is not a valid DNS message"),
        DnsError::CutOff => failed("the answer is too long for UDP, and the name server does not send it over TCP"),
        DnsError::Unreachable => failed("the name server cannot be reached from here"),
        DnsError::Unconfigured => failed("no usable name server is configured here"),
        DnsError::Failed => failed("the name server could not be queried"),
        DnsError::TimedOut => {
            let waited = match (facts.timestamps.dns_start, facts.timestamps.dns_end) {
                (Some(start), Some(end)) => end - start,
                _ => facts.timeout,
            };
            (Kind::DnsTimeout, no_answer(host, &wording::duration(waited)))
        }
    }
}

/// What to say when no name server answered for so long.
pub(super) fn no_answer(host: &str, waited: &str) -> String {
    format!("no answer from the name server for {host} within {waited}")
}

/// An error code (RFC 6895, section 2.3) and what it means.
fn answered(code: u16) -> String {
    let text = match code {
        1 => "FORMERR (it did not understand the query)",
        2 => "SERVFAIL (it could not resolve the name)",
        4 => "NOTIMP (it does not support such queries)",
        5 => "REFUSED (its policy forbids an answer for this name, or to this client)",
        9 => "NOTAUTH (it is not authoritative for this name)",
        code => return format!("with the error code {code}"),
    };
    text.to_owned()
}
