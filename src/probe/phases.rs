//! The timestamps of a connection → its phases: `net.conn` around `net.dns`, `net.tcp` and `net.tls`.

use std::time::Instant;

use super::recorder::Recorder;
use crate::net::Timestamps;
use crate::outcome::FailureKind;
use crate::outcome::phase::Op;

/// The phase that was open when the timestamps end; `None`: the connection was there.
pub(crate) fn connecting(timestamps: &Timestamps) -> Option<Op> {
    if !timestamps.is_fresh() || timestamps.ready.is_some() {
        None
    } else if timestamps.dns_start.is_some() && (timestamps.dns_end.is_none() || timestamps.dns_error.is_some()) {
        Some(Op::NetDns)
    } else if timestamps.tls_start.is_none() {
        Some(Op::NetTcp)
    } else {
        Some(Op::NetTls)
    }
}

/// Writes phases to the recorder. A phase that did not happen leaves no span; the one that failed ends at that instant and is
/// marked; later ones do not exist.
pub(crate) struct PhaseWriter<'a> {
    recorder: &'a mut Recorder,
    host: &'a str,
    failed: Option<(Op, FailureKind, Instant)>,
}

impl<'a> PhaseWriter<'a> {
    /// A writer of phases that are described by `host`, of which one may have failed at an instant.
    pub(crate) fn new(recorder: &'a mut Recorder, host: &'a str, failed: Option<(Op, FailureKind, Instant)>) -> Self {
        Self { recorder, host, failed }
    }

    /// Writes the span around name lookup, TCP and TLS, and those within it. It began at `began` where the timestamps do not
    /// say it, and failed if one of the phases did.
    pub(crate) fn connection(&mut self, parent: Option<usize>, began: Instant, timestamps: &Timestamps) {
        let begin = timestamps.connect_start.unwrap_or(began);
        let (end, failure) = match (timestamps.ready, self.failed) {
            (Some(ready), _) => (ready, None),
            (None, Some((_, kind, at))) => (at, Some(kind)),
            (None, None) => (begin, None),
        };
        let (start, end) = (self.recorder.offset(begin), self.recorder.offset(end));
        let connection = Some(self.recorder.add(Op::NetConn, self.host.to_owned(), parent, start, end, failure));
        self.phase(Op::NetDns, connection, timestamps.dns_start, timestamps.dns_end);
        let tcp_start = match (timestamps.dns_start, timestamps.dns_error.is_some()) {
            (None, _) => Some(begin),
            (Some(_), false) => timestamps.dns_end,
            (Some(_), true) => None,
        };
        let tcp_end = timestamps.connected.or(timestamps.tls_start).or(timestamps.ready);
        self.phase(Op::NetTcp, connection, tcp_start, tcp_end);
        self.phase(Op::NetTls, connection, timestamps.tls_start, timestamps.ready);
    }

    /// Writes a phase that began at `start`, if it did, and ended at `end`, if it did.
    pub(crate) fn phase(&mut self, op: Op, parent: Option<usize>, start: Option<Instant>, end: Option<Instant>) {
        let Some(start) = start else { return };
        let (end, failure) = match self.failed {
            Some((failed, kind, at)) if failed == op => (at, Some(kind)),
            _ => match end {
                Some(end) => (end, None),
                None => return,
            },
        };
        let (start, end) = (self.recorder.offset(start), self.recorder.offset(end));
        self.recorder.add(op, self.host.to_owned(), parent, start, end, failure);
    }
}
