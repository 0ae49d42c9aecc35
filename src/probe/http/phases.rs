//! The marks of a hop → the phases of a run.

use std::time::Instant;

use crate::net::Timestamps;
use crate::outcome::FailureKind;
use crate::outcome::phase::Op;
use crate::probe::recorder::Recorder;

/// The phase that was going on when the marks ended.
pub(crate) fn open_phase(marks: &Timestamps) -> Op {
    if marks.is_fresh() && marks.ready.is_none() {
        if marks.dns_start.is_some() && (marks.dns_end.is_none() || marks.dns_fault.is_some()) {
            Op::NetDns
        } else if marks.tls_start.is_none() {
            Op::NetTcp
        } else {
            Op::NetTls
        }
    } else if marks.head.is_some() {
        Op::HttpRecv
    } else if marks.sent.is_some() {
        Op::HttpWait
    } else {
        Op::HttpSend
    }
}

/// What is known of a hop at its end.
pub(crate) struct HopEnd<'a> {
    /// When it began: on a kept connection, sending begins with it.
    pub(crate) begin: Instant,
    /// What the hooks saw.
    pub(crate) marks: &'a Timestamps,
    /// When the body's last byte came, if one was waited for.
    pub(crate) received: Option<Instant>,
    /// Why the hop ended in the phase that was open, if it did; and when.
    pub(crate) failure: Option<(FailureKind, Instant)>,
}

/// Writes the phases of one hop under the span `request`. A phase that did not happen leaves no span; the one in which
/// the hop failed ends at that instant and is marked; later ones do not exist.
pub(crate) fn record(recorder: &mut Recorder, request: usize, host: &str, hop: &HopEnd<'_>) {
    let marks = hop.marks;
    let failing = hop.failure.map(|(kind, at)| (open_phase(marks), kind, at));
    let mut writer = Writer { recorder, failing };
    let mut send_start = Some(hop.begin);
    if marks.is_fresh() {
        send_start = marks.ready;
        let begin = marks.connect_start.unwrap_or(hop.begin);
        // TCP ends where TLS begins, or where the connection is ready.
        let connection = writer.connection(request, host, begin, marks.ready);
        writer.phase(Op::NetDns, host, connection, marks.dns_start, marks.dns_end);
        let tcp_start = match (marks.dns_start, marks.dns_fault.is_some()) {
            (None, _) => Some(begin),
            (Some(_), false) => marks.dns_end,
            (Some(_), true) => None,
        };
        writer.phase(Op::NetTcp, host, connection, tcp_start, marks.tls_start.or(marks.ready));
        writer.phase(Op::NetTls, host, connection, marks.tls_start, marks.ready);
    }
    // An answer that comes while the request is still being sent ends the sending.
    let sent = match (marks.sent, marks.head) {
        (Some(sent), Some(head)) => Some(sent.min(head)),
        (sent, head) => sent.or(head),
    };
    writer.phase(Op::HttpSend, host, request, send_start, sent);
    writer.phase(Op::HttpWait, host, request, marks.sent.and(sent), marks.head);
    writer.phase(Op::HttpRecv, host, request, marks.head, hop.received);
}

struct Writer<'a> {
    recorder: &'a mut Recorder,
    failing: Option<(Op, FailureKind, Instant)>,
}

impl Writer<'_> {
    /// The span around name lookup, TCP and TLS: it failed if one of them did.
    fn connection(&mut self, request: usize, host: &str, begin: Instant, ready: Option<Instant>) -> usize {
        let (end, failure) = match (ready, self.failing) {
            (Some(ready), _) => (ready, None),
            (None, Some((_, kind, at))) => (at, Some(kind)),
            (None, None) => (begin, None),
        };
        let (start, end) = (self.recorder.offset(begin), self.recorder.offset(end));
        self.recorder.add(Op::NetConn, host.to_owned(), Some(request), start, end, failure)
    }

    fn phase(&mut self, op: Op, host: &str, parent: usize, start: Option<Instant>, end: Option<Instant>) {
        let Some(start) = start else { return };
        let (end, failure) = match self.failing {
            Some((failing, kind, at)) if failing == op => (at, Some(kind)),
            _ => match end {
                Some(end) => (end, None),
                None => return,
            },
        };
        let (start, end) = (self.recorder.offset(start), self.recorder.offset(end));
        self.recorder.add(op, host.to_owned(), Some(parent), start, end, failure);
    }
}
