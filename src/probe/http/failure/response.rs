//! Exchanges that failed between a ready connection and the head of the answer.

use std::io::ErrorKind;

use super::http2;
use crate::net::Causes;
use crate::outcome::FailureKind as Kind;
use crate::outcome::phase::Op;
use crate::probe::failure::Facts;

/// Names what went wrong while the request was sent, or its answer waited for.
pub(crate) fn name(causes: &Causes<'_>, io: Option<ErrorKind>, phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    let target = facts.target();
    if let Some(error) = causes.find::<hyper::Error>() {
        if error.is_parse_too_large() {
            return (
                Kind::BadResponse,
                format!("the answer from {target} has a head that is too large, or too many headers"),
            );
        }
        if error.is_parse_status() {
            return (Kind::BadResponse, format!("the answer from {target} has an invalid HTTP status"));
        }
        if error.is_parse() {
            return (Kind::BadResponse, format!("the answer from {target} is not HTTP, or violates the protocol"));
        }
        if error.is_canceled() {
            // The server closed, or spoke unasked, before the request could be given to the connection.
            return (Kind::ClosedEarly, format!("the connection to {target} was closed before the request was sent"));
        }
    }
    if let Some(named) = causes.find::<h2::Error>().and_then(|error| http2::answer(error, &target)) {
        return named;
    }
    match (phase, io) {
        (Op::HttpSend, Some(ErrorKind::ConnectionReset)) => {
            (Kind::SendFailed, format!("{target} reset the connection while the request was sent"))
        }
        (Op::HttpSend, _) => (Kind::SendFailed, format!("{target} closed the connection while the request was sent")),
        (_, Some(ErrorKind::ConnectionReset)) => {
            (Kind::Reset, format!("{target} reset the connection before it answered"))
        }
        _ => (Kind::ClosedEarly, format!("{target} closed the connection before it answered")),
    }
}
