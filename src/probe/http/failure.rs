//! What ended an exchange: the open phase and the typed cause → a failure kind and a sentence.
//!
//! What HTTP shares with all connections is named by [`crate::probe::failure`]; here is what happens on a connection.

mod body;
mod http2;
mod response;

use std::io::ErrorKind;

use super::phases::open_phase;
use crate::net::{Causes, HttpError};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind};
use crate::probe::failure;
use crate::probe::failure::{Facts, tls};
use crate::wording;

/// Names what ended an exchange.
pub(crate) fn name(error: &HttpError, facts: &Facts<'_>) -> Failure {
    let phase = open_phase(facts.timestamps);
    let (kind, sentence) = match error {
        HttpError::TimedOut => timed_out(phase, facts),
        HttpError::Unbuildable(_) => (Kind::SendFailed, "the request cannot be written as HTTP".to_owned()),
        // The client's own limit for connecting is the deadline too, and may be noticed first.
        HttpError::Failed(error) if error.is_timeout() && facts.ended >= facts.deadline => timed_out(phase, facts),
        HttpError::Failed(error) => failed(error, phase, facts),
    };
    Failure::within(kind, phase, sentence)
}

fn timed_out(phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    failure::timed_out(phase, facts).unwrap_or_else(|| {
        let limit = wording::duration(facts.timeout);
        match phase {
            Op::HttpSend => {
                let target = facts.target();
                (Kind::SendTimeout, format!("{target} did not read the whole request within {limit}"))
            }
            Op::HttpWait => (Kind::WaitTimeout, format!("no answer within {limit}{}", facts.connected())),
            _ => (Kind::RecvTimeout, format!("the answer's body did not end within {limit}")),
        }
    })
}

fn failed(error: &reqwest::Error, phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    let causes = Causes::of(error);
    if let Some(named) = failure::failed(&causes, phase, facts) {
        return named;
    }
    let io = causes.io();
    match phase {
        Op::HttpRecv => body::name(&causes, io),
        _ if is_cut(&causes) && tls::is_client_unknown(facts) => tls::hung_up(facts),
        _ if is_cut_at_once(&causes) && tls::is_client_known(facts) => tls::turned_away(facts),
        _ => response::name(&causes, io, phase, facts),
    }
}

/// Whether the connection ended, with nothing wrong in what came before.
fn is_cut(causes: &Causes<'_>) -> bool {
    let is_said = causes.find::<hyper::Error>().is_some_and(hyper::Error::is_parse);
    !is_said && causes.find::<h2::Error>().is_none_or(h2::Error::is_io)
}

/// Whether the connection ended in TLS, or before the request was on it. Over HTTP/2 no more is known of the cause.
fn is_cut_at_once(causes: &Causes<'_>) -> bool {
    causes.io() == Some(ErrorKind::InvalidData) || causes.find::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
}
