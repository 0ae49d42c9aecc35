//! Why a request to Sentry got no answer, in words for people. Causes are found by type in the chain of sources.

use std::io;
use std::io::ErrorKind;

use rustls::CertificateError;

use crate::net::Causes;

/// What kept a request from being answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There was no connection. It may be there in a moment.
    Unreached(&'static str),
    /// There can be no connection before somebody mends something.
    Untrusted(&'static str),
    /// There was a connection, and it broke. Whether Sentry has the envelope is not known.
    Broken(&'static str),
}

impl Fault {
    /// The fault behind what `reqwest` says.
    pub fn of(error: &reqwest::Error) -> Self {
        let causes = Causes::of(error);
        let io = causes.io();
        if let Some(tls) = causes.find::<rustls::Error>() {
            return of_tls(tls);
        }
        if error.is_connect() {
            return Self::Unreached(match io {
                _ if error.is_timeout() => "the connection was not made in time",
                Some(ErrorKind::ConnectionRefused) => "connection refused",
                Some(ErrorKind::TimedOut) => "the connection was not made in time",
                Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => "there is no route to it",
                Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) => "the connection was reset",
                Some(ErrorKind::UnexpectedEof) => "the connection was closed in the TLS handshake",
                // Name lookup has no kind of error of its own; every error of a socket has a number.
                _ if causes.find::<io::Error>().is_some_and(|error| error.raw_os_error().is_none()) => {
                    "its name could not be looked up"
                }
                _ => "no connection could be made",
            });
        }
        let hyper = causes.find::<hyper::Error>();
        Self::Broken(match io {
            _ if hyper.is_some_and(hyper::Error::is_parse) => "the answer is not HTTP",
            Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe) => {
                "the connection was reset"
            }
            Some(ErrorKind::TimedOut) => "the connection was dead",
            _ if causes.find::<h2::Error>().is_some() => "the connection was reset",
            _ => "the connection was closed without an answer",
        })
    }
}

fn of_tls(error: &rustls::Error) -> Fault {
    use CertificateError as C;
    let rustls::Error::InvalidCertificate(why) = error else {
        return Fault::Unreached("the TLS handshake failed");
    };
    Fault::Untrusted(match why {
        C::Expired | C::ExpiredContext { .. } => "its certificate has expired",
        C::NotValidYet | C::NotValidYetContext { .. } => "its certificate is not valid yet",
        C::NotValidForName | C::NotValidForNameContext { .. } => "its certificate is for another name",
        C::UnknownIssuer => "its certificate is from an unknown issuer",
        _ => "its certificate is not trusted",
    })
}
