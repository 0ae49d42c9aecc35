//! What ended a connection: the open phase and the typed cause → a failure kind and a sentence.
//!
//! Every kind of probe that connects over TCP shares this. Causes are found by type in the chain of sources, never by text.

pub(crate) mod certificate;
mod dns;
mod facts;
mod tcp;
pub(crate) mod tls;

pub(crate) use facts::Facts;

use super::phases;
use crate::net::{Causes, ConnectError};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind};
use crate::wording;

/// Names what ended [`dial`](crate::net::dial) or [`secure`](crate::net::secure).
pub(crate) fn of_connection(error: &ConnectError, facts: &Facts<'_>) -> Failure {
    let phase = phases::connecting(facts.timestamps).unwrap_or(Op::NetTcp);
    let named = match error {
        ConnectError::TlsSettings(error) => return unusable_settings(error),
        ConnectError::TimedOut => timed_out(phase, facts),
        _ => failed(&Causes::of(error), phase, facts),
    };
    let (kind, sentence) =
        named.unwrap_or_else(|| (Kind::ConnectFailed, format!("no connection to {}", facts.target())));
    Failure::within(kind, phase, sentence)
}

/// Names settings that no connection can be made with.
pub(crate) fn unusable_settings(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Kind::TlsFailed, format!("no connection can be made with these settings: {error}"))
}

/// Names the end of the time for a run: that of the invocation in any phase, that of the probe while it connected. `None`: the
/// connection was there, and what was waited for on it is the probe kind's to say.
pub(crate) fn timed_out(phase: Op, facts: &Facts<'_>) -> Option<(Kind, String)> {
    if facts.invocation_ended {
        let after = wording::duration(facts.ended - facts.began);
        return Some((Kind::Deadline, format!("the invocation ran out of time after {after} in {}", phase.as_str())));
    }
    let limit = wording::duration(facts.timeout);
    match phase {
        Op::NetDns => Some((Kind::DnsTimeout, dns::no_answer(facts.host, &limit))),
        Op::NetTcp => Some(tcp::timed_out(facts, &limit)),
        Op::NetTls => Some(tls::timed_out(facts, &limit)),
        _ => None,
    }
}

/// Names what ended a connection while it was made, or what went wrong in its TLS later. `None`: what went wrong on a
/// connection that was there.
pub(crate) fn failed(causes: &Causes<'_>, phase: Op, facts: &Facts<'_>) -> Option<(Kind, String)> {
    if let (Op::NetDns, Some(error)) = (phase, &facts.timestamps.dns_error) {
        return Some(dns::name(error, facts));
    }
    if let Some(error) = causes.find::<rustls::Error>() {
        return Some(tls::failed(error, phase, facts));
    }
    if causes.find::<rustls::pki_types::InvalidDnsNameError>().is_some() {
        return Some(tls::invalid_name(facts));
    }
    match phase {
        Op::NetDns | Op::NetTcp => Some(tcp::failed(causes.io(), facts)),
        Op::NetTls => Some(tls::cut(causes.io(), facts)),
        _ => None,
    }
}
