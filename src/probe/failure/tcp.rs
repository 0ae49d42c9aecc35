//! Connections that no address took.

use std::io::ErrorKind;

use super::facts::Facts;
use crate::outcome::FailureKind as Kind;
use crate::wording;

/// Names why no attempt succeeded. Of several the system's first error is known, but not which address it belongs to.
pub(super) fn failed(io: Option<ErrorKind>, facts: &Facts<'_>) -> (Kind, String) {
    let silent = || format!("did not answer the connection request within {}", wording::duration(facts.connecting()));
    let (kind, one, of_several) = match io {
        Some(ErrorKind::ConnectionRefused) => {
            (Kind::ConnectRefused, "refused the connection".to_owned(), "at least one refused it".to_owned())
        }
        Some(ErrorKind::TimedOut) => {
            let silent = silent();
            (Kind::ConnectTimeout, silent.clone(), format!("at least one {silent}"))
        }
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown) => {
            let why = "cannot be reached from here: there is no route to it";
            (Kind::ConnectUnreachable, why.to_owned(), format!("at least one {why}"))
        }
        Some(ErrorKind::AddrNotAvailable) => {
            let why = "cannot be reached from here: there is no local address to connect from";
            (Kind::ConnectUnreachable, why.to_owned(), format!("at least one {why}"))
        }
        Some(ErrorKind::PermissionDenied) => {
            let why = "cannot be reached from here: a local rule forbids it";
            (Kind::ConnectFailed, why.to_owned(), format!("at least one {why}"))
        }
        Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) => {
            let why = "reset the connection while it was being established";
            (Kind::ConnectFailed, why.to_owned(), format!("at least one {why}"))
        }
        _ => (Kind::ConnectFailed, "could not be connected to".to_owned(), "for an unknown reason".to_owned()),
    };
    (kind, sentence(facts, &one, &of_several))
}

/// Nobody answered until the run's time was up.
pub(super) fn timed_out(facts: &Facts<'_>, limit: &str) -> (Kind, String) {
    let (target, addresses) = (facts.target(), facts.addresses());
    let sentence = if facts.timestamps.addresses.len() > 1 {
        format!("none of the addresses of {target} accepted the connection within {limit}{addresses}")
    } else {
        format!("{target} did not answer the connection request within {limit}{addresses}")
    };
    (Kind::ConnectTimeout, sentence)
}

fn sentence(facts: &Facts<'_>, one: &str, of_several: &str) -> String {
    let (target, addresses) = (facts.target(), facts.addresses());
    if facts.timestamps.addresses.len() > 1 {
        format!("none of the addresses of {target} accepted the connection: {of_several}{addresses}")
    } else {
        format!("{target} {one}{addresses}")
    }
}
