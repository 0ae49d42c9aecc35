//! The timestamps of a request → its phases.

use std::time::Instant;

use super::active_request::ActiveRequest;
use crate::net::Timestamps;
use crate::outcome::FailureKind;
use crate::outcome::phase::Op;
use crate::probe::phases::{PhaseWriter, connecting};
use crate::probe::recorder::Recorder;

/// The phase that was open when the timestamps end.
pub(crate) fn open_phase(timestamps: &Timestamps) -> Op {
    connecting(timestamps).unwrap_or(if timestamps.head.is_some() {
        Op::HttpRecv
    } else if timestamps.sent.is_some() {
        Op::HttpWait
    } else {
        Op::HttpSend
    })
}

/// What is known of a request at its end.
pub(crate) struct RequestEnd<'a> {
    /// What the hooks recorded.
    pub(crate) timestamps: &'a Timestamps,
    /// When the body's last byte came, if one was waited for.
    pub(crate) received: Option<Instant>,
    /// Why the request failed in the phase that was open, if it did; and when.
    pub(crate) failure: Option<(FailureKind, Instant)>,
}

/// Writes the phases of a request under its span.
pub(crate) fn record(recorder: &mut Recorder, request: &ActiveRequest, end: &RequestEnd<'_>) {
    let timestamps = end.timestamps;
    let failed = end.failure.map(|(kind, at)| (open_phase(timestamps), kind, at));
    let mut writer = PhaseWriter::new(recorder, request.url.host_str().unwrap_or_default(), failed);
    let parent = Some(request.span);
    // On a kept connection, sending begins with the request.
    let mut send_start = Some(request.began);
    if timestamps.is_fresh() {
        send_start = timestamps.ready;
        writer.connection(parent, request.began, timestamps);
    }
    // An answer that comes while the request is still being sent ends the sending.
    let sent = match (timestamps.sent, timestamps.head) {
        (Some(sent), Some(head)) => Some(sent.min(head)),
        (sent, head) => sent.or(head),
    };
    writer.phase(Op::HttpSend, parent, send_start, sent);
    writer.phase(Op::HttpWait, parent, timestamps.sent.and(sent), timestamps.head);
    writer.phase(Op::HttpRecv, parent, timestamps.head, end.received);
}
