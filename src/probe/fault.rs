//! What went wrong in an exchange: the open phase and the typed cause → a failure kind and a sentence.
//!
//! Causes are found by type in the chain of sources, never by text.

mod answer;
mod body;
mod certificate;
mod connecting;
mod http2;
mod name;
mod tls;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

pub(super) use self::certificate::title as certificate_title;
use super::phases::open_phase;
use super::words;
use crate::net::{Causes, HttpError, Marks};
use crate::outcome::{Failure, FailureKind as Kind, Op};

/// What a sentence may mention.
pub(super) struct Facts<'a> {
    /// Host of the URL, as written.
    pub(super) host: &'a str,
    /// Port.
    pub(super) port: u16,
    /// What the hooks saw.
    pub(super) marks: &'a Marks,
    /// How long the run was allowed to take.
    pub(super) timeout: Duration,
    /// Whether the time that ran out was the invocation's, not the probe's.
    pub(super) invocation_ended: bool,
    /// When the hop began and ended.
    pub(super) span: (Instant, Instant),
    /// When the run's time, or the invocation's, is up.
    pub(super) deadline: Instant,
}

impl Facts<'_> {
    fn target(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// ` (192.0.2.1, 2001:db8::1)`, where the name stands for addresses.
    fn addresses(&self) -> String {
        let texts: Vec<String> = self.marks.addresses.iter().map(ToString::to_string).collect();
        if texts.is_empty() { String::new() } else { format!(" ({})", texts.join(", ")) }
    }

    /// How long it has been trying to connect.
    fn connecting(&self) -> Duration {
        let start = self.marks.dns_end.or(self.marks.connect_start).unwrap_or(self.span.0);
        self.span.1.saturating_duration_since(start)
    }

    /// ` (connected in 23 ms)`, where it did.
    fn connected(&self) -> String {
        match (self.marks.is_fresh(), self.marks.connect_start, self.marks.ready) {
            (true, Some(start), Some(ready)) => format!(" (connected in {})", words::duration(ready - start)),
            (false, _, _) => " (on a kept connection)".to_owned(),
            _ => String::new(),
        }
    }
}

/// Names what ended an exchange.
pub(super) fn name(error: &HttpError, facts: &Facts<'_>) -> Failure {
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
    let limit = words::duration(facts.timeout);
    let (kind, sentence) = match phase {
        Op::NetDns => (Kind::DnsTimeout, name::no_answer(facts.host, &limit)),
        Op::NetTcp => connecting::timed_out(facts, &limit),
        Op::NetTls => tls::timed_out(facts, &limit),
        Op::HttpSend => (Kind::SendTimeout, format!("{target} did not take the whole request within {limit}")),
        Op::HttpWait => (Kind::WaitTimeout, format!("no answer within {limit}{}", facts.connected())),
        _ => (Kind::RecvTimeout, format!("the answer's body did not end within {limit}")),
    };
    if facts.invocation_ended {
        let after = words::duration(facts.span.1 - facts.span.0);
        return (Kind::Deadline, format!("the invocation's time was up after {after} in {}", phase.as_str()));
    }
    (kind, sentence)
}

fn failed(error: &reqwest::Error, phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    if let (Op::NetDns, Some(fault)) = (phase, &facts.marks.dns_fault) {
        return name::name(fault, facts);
    }
    let causes = Causes::of(error);
    if let Some(error) = causes.find::<rustls::Error>() {
        return tls::failed(error, phase, facts);
    }
    let io = causes.io();
    match phase {
        Op::NetDns | Op::NetTcp => connecting::failed(io, facts),
        Op::NetTls => tls::cut(io, facts),
        Op::HttpRecv => body::name(&causes, io),
        _ if is_cut(&causes) && tls::is_client_unknown(facts) => tls::hung_up(facts),
        _ if is_cut_at_once(&causes) && tls::is_client_known(facts) => tls::turned_away(facts),
        _ => answer::name(&causes, io, phase, facts),
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
