//! What went wrong in an exchange: the open phase and the typed cause → a failure kind and a sentence.
//!
//! Causes are found by type in the chain of sources, never by text.

mod answer;
mod body;
mod certificate;
mod http2;

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use super::phases::open_phase;
use super::words;
use crate::net::{DnsFault, HttpError, Marks};
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
        HttpError::Failed(error) => failed(error, phase, facts),
    };
    Failure::within(kind, phase, sentence)
}

fn timed_out(phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    let target = facts.target();
    let limit = words::duration(facts.timeout);
    let (kind, sentence) = match phase {
        Op::NetDns => (Kind::DnsTimeout, format!("no answer from the name server for {} within {limit}", facts.host)),
        Op::NetTcp => {
            let addresses = facts.addresses();
            (Kind::ConnectTimeout, format!("{target} did not answer the connection request within {limit}{addresses}"))
        }
        Op::NetTls => (Kind::TlsTimeout, format!("{target} did not finish the TLS handshake within {limit}")),
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
        return dns(fault, facts.host);
    }
    let causes = causes(error);
    if let Some(tls) = find::<rustls::Error>(&causes) {
        return certificate::tls(tls, phase, facts.host, facts.marks);
    }
    // The outermost io::Error: what it wraps was looked at above.
    let io = find::<io::Error>(&causes).map(io::Error::kind);
    match phase {
        Op::NetDns | Op::NetTcp => connect(io, facts),
        Op::NetTls => handshake(io, facts),
        Op::HttpRecv => body::name(&causes, io),
        _ => answer::name(&causes, io, phase, facts),
    }
}

fn dns(fault: &DnsFault, host: &str) -> (Kind, String) {
    match fault {
        DnsFault::NoSuchName => (Kind::DnsNotFound, format!("{host} does not exist (NXDOMAIN)")),
        DnsFault::NoAddress => (Kind::DnsNotFound, format!("{host} has no address of the kind asked for")),
        DnsFault::Failed(why) => (Kind::DnsFailure, format!("{host} could not be looked up: {why}")),
        DnsFault::TimedOut => (Kind::DnsTimeout, format!("no name server answered for {host}")),
    }
}

fn connect(io: Option<ErrorKind>, facts: &Facts<'_>) -> (Kind, String) {
    let (target, addresses) = (facts.target(), facts.addresses());
    match io {
        Some(ErrorKind::ConnectionRefused) => {
            (Kind::ConnectRefused, format!("{target} refused the connection{addresses}"))
        }
        Some(ErrorKind::TimedOut) => {
            (Kind::ConnectTimeout, format!("{target} did not answer the connection request{addresses}"))
        }
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable) => {
            (Kind::ConnectUnreachable, format!("there is no route to {target}{addresses}"))
        }
        other => (Kind::ConnectFailed, format!("connecting to {target} failed{}{addresses}", because(other))),
    }
}

fn handshake(io: Option<ErrorKind>, facts: &Facts<'_>) -> (Kind, String) {
    let target = facts.target();
    match io {
        Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
            (Kind::TlsFailed, format!("{target} reset the connection in the TLS handshake"))
        }
        Some(ErrorKind::UnexpectedEof) => {
            (Kind::TlsFailed, format!("{target} closed the connection in the TLS handshake"))
        }
        other => (Kind::TlsFailed, format!("the TLS handshake with {target} failed{}", because(other))),
    }
}

fn because(io: Option<ErrorKind>) -> String {
    io.map(|kind| format!(": {kind}")).unwrap_or_default()
}

/// The error and everything behind it. `io::Error::source()` passes over what it wraps, so that is asked for first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        causes.push(error);
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    causes
}

fn find<'a, E: Error + 'static>(causes: &[&'a (dyn Error + 'static)]) -> Option<&'a E> {
    causes.iter().find_map(|cause| cause.downcast_ref::<E>())
}
