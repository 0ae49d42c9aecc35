//! What went wrong in an exchange: the open phase and the typed cause → a failure kind and a sentence.
//!
//! Causes are found by type in the chain of sources, never by text.

mod body;
mod http2;
mod response;

use std::io::ErrorKind;

use super::phases::open_phase;
use crate::net::{Causes, HttpError};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind};
use crate::probe::failure::{Facts, dns, tcp, tls};
use crate::wording;

pub(crate) use crate::probe::failure::certificate::title as certificate_title;

/// Names what ended an exchange.
pub(crate) fn name(error: &HttpError, facts: &Facts<'_>) -> Failure {
    let phase = open_phase(facts.marks);
    let (kind, sentence) = match error {
        HttpError::TimedOut => timed_out(phase, facts),
        HttpError::Unbuildable(_) => (Kind::SendFailed, "the request cannot be written as HTTP".to_owned()),
        // The client's own limit for connecting is the deadline too, and may be noticed first.
        HttpError::Failed(error) if error.is_timeout() && facts.span.1 >= facts.deadline => timed_out(phase, facts),
        HttpError::Failed(error) => failed(error, phase, facts),
    };
    Failure::within(kind, phase, sentence)
}

fn timed_out(phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    let target = facts.target();
    let limit = wording::duration(facts.timeout);
    let (kind, sentence) = match phase {
        Op::NetDns => (Kind::DnsTimeout, dns::no_answer(facts.host, &limit)),
        Op::NetTcp => tcp::timed_out(facts, &limit),
        Op::NetTls => tls::timed_out(facts, &limit),
        Op::HttpSend => (Kind::SendTimeout, format!("{target} did not take the whole request within {limit}")),
        Op::HttpWait => (Kind::WaitTimeout, format!("no answer within {limit}{}", facts.connected())),
        _ => (Kind::RecvTimeout, format!("the answer's body did not end within {limit}")),
    };
    if facts.invocation_ended {
        let after = wording::duration(facts.span.1 - facts.span.0);
        return (Kind::Deadline, format!("the invocation's time was up after {after} in {}", phase.as_str()));
    }
    (kind, sentence)
}

fn failed(error: &reqwest::Error, phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    if let (Op::NetDns, Some(fault)) = (phase, &facts.marks.dns_fault) {
        return dns::name(fault, facts);
    }
    let causes = Causes::of(error);
    if let Some(error) = causes.find::<rustls::Error>() {
        return tls::failed(error, phase, facts);
    }
    let io = causes.io();
    match phase {
        Op::NetDns | Op::NetTcp => tcp::failed(io, facts),
        Op::NetTls => tls::cut(io, facts),
        Op::HttpRecv => body::name(&causes, io),
        _ if is_cut(&causes) && tls::is_client_unknown(facts) => tls::hung_up(facts),
        _ if is_cut_at_once(&causes) && tls::is_client_known(facts) => tls::turned_away(facts),
        _ => response::name(&causes, io, phase, facts),
    }
}

/// Whether the connection ended, and nothing wrong was said on it.
fn is_cut(causes: &Causes<'_>) -> bool {
    let is_said = causes.find::<hyper::Error>().is_some_and(hyper::Error::is_parse);
    !is_said && causes.find::<h2::Error>().is_none_or(h2::Error::is_io)
}

/// Whether the connection ended in TLS, or before the request was on it. Over HTTP/2 no more is known of the cause.
fn is_cut_at_once(causes: &Causes<'_>) -> bool {
    causes.io() == Some(ErrorKind::InvalidData) || causes.find::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
}
