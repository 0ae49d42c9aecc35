//! Bodies of answers that are broken or incomplete.

use std::io::ErrorKind;

use super::http2;
use crate::net::Causes;
use crate::outcome::FailureKind as Kind;

/// Names what is wrong with a body. What the connection did is seen by hyper and h2; what is left is the decoder's.
pub(crate) fn name(causes: &Causes<'_>, io: Option<ErrorKind>) -> (Kind, String) {
    let h2 = causes.find::<h2::Error>();
    if let Some(named) = h2.and_then(http2::body) {
        return named;
    }
    // h2 does not show what it wraps as a source.
    let io = io.or_else(|| h2.and_then(h2::Error::get_io).map(std::io::Error::kind));
    let is_transport = h2.is_some() || causes.find::<hyper::Error>().is_some();
    match (is_transport, io) {
        (true, Some(ErrorKind::InvalidInput | ErrorKind::InvalidData)) => {
            (Kind::BadResponse, "the answer's body is not correctly chunked".to_owned())
        }
        (true, Some(ErrorKind::ConnectionReset)) => {
            (Kind::Truncated, "the connection was reset within the answer's body".to_owned())
        }
        (true, _) => (Kind::Truncated, "the connection was closed within the answer's body".to_owned()),
        (false, _) => {
            (Kind::BadEncoding, "the answer's body cannot be decoded as its content-encoding says".to_owned())
        }
    }
}
