//! What ends a stream of HTTP/2 or its connection (RFC 9113, sections 5.4 and 7).

use h2::Reason;

use crate::outcome::FailureKind as Kind;

/// Names what came in place of an answer; `None` where the connection itself failed.
pub(crate) fn answer(error: &h2::Error, target: &str) -> Option<(Kind, String)> {
    let reason = error.reason().map(reason).unwrap_or_default();
    if error.reason() == Some(Reason::HTTP_1_1_REQUIRED) {
        return Some((Kind::Reset, format!("{target} does not answer this over HTTP/2{reason}: set `http: 1.1`")));
    }
    match () {
        () if error.is_remote() && error.is_reset() => {
            Some((Kind::Reset, format!("{target} reset the HTTP/2 stream{reason}")))
        }
        () if error.is_remote() && error.is_go_away() => {
            Some((Kind::ClosedEarly, format!("{target} ended the HTTP/2 connection without an answer{reason}")))
        }
        () if error.is_io() => None,
        () => Some((Kind::BadResponse, format!("the answer from {target} violates HTTP/2{reason}"))),
    }
}

/// Names what ended a body; `None` where the connection itself failed.
pub(crate) fn body(error: &h2::Error) -> Option<(Kind, String)> {
    let reason = error.reason().map(reason).unwrap_or_default();
    match () {
        () if error.is_remote() && error.is_reset() => {
            Some((Kind::Truncated, format!("the HTTP/2 stream was reset within the answer's body{reason}")))
        }
        () if error.is_remote() && error.is_go_away() => {
            Some((Kind::Truncated, format!("the HTTP/2 connection was ended within the answer's body{reason}")))
        }
        () if error.is_io() => None,
        () => Some((Kind::BadResponse, format!("the answer's body violates HTTP/2{reason}"))),
    }
}

/// The name that RFC 9113 gives to an error code, in brackets.
fn reason(reason: Reason) -> String {
    let name = match reason {
        Reason::NO_ERROR => "NO_ERROR",
        Reason::PROTOCOL_ERROR => "PROTOCOL_ERROR",
        Reason::INTERNAL_ERROR => "INTERNAL_ERROR",
        Reason::FLOW_CONTROL_ERROR => "FLOW_CONTROL_ERROR",
        Reason::SETTINGS_TIMEOUT => "SETTINGS_TIMEOUT",
        Reason::STREAM_CLOSED => "STREAM_CLOSED",
        Reason::FRAME_SIZE_ERROR => "FRAME_SIZE_ERROR",
        Reason::REFUSED_STREAM => "REFUSED_STREAM",
        Reason::CANCEL => "CANCEL",
        Reason::COMPRESSION_ERROR => "COMPRESSION_ERROR",
        Reason::CONNECT_ERROR => "CONNECT_ERROR",
        Reason::ENHANCE_YOUR_CALM => "ENHANCE_YOUR_CALM",
        Reason::INADEQUATE_SECURITY => "INADEQUATE_SECURITY",
        Reason::HTTP_1_1_REQUIRED => "HTTP_1_1_REQUIRED",
        other => return format!(" (error {})", u32::from(other)),
    };
    format!(" ({name})")
}
