//! Why a request to Sentry got no answer, worded for people. Causes are found by type in the chain of sources.

use std::io;
use std::io::ErrorKind;

use rustls::CertificateError;

use crate::net::Causes;

/// What kept a request from being answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// No connection could be made; a retry may succeed.
    Unreachable(&'static str),
    /// TLS does not trust the server; retrying does not help.
    Untrusted(&'static str),
    /// The connection broke. Whether Sentry has the envelope is unknown.
    Broken(&'static str),
}

impl SendError {
    /// The cause of an error of `reqwest`.
    pub fn of(error: &reqwest::Error) -> Self {
        let causes = Causes::of(error);
        let io = causes.io();
        if let Some(tls) = causes.find::<rustls::Error>() {
            return of_tls(tls);
        }
        if error.is_connect() {
            return Self::Unreachable(match io {
                _ if error.is_timeout() => "the connection timed out",
                Some(ErrorKind::ConnectionRefused) => "connection refused",
                Some(ErrorKind::TimedOut) => "the connection timed out",
                Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => "no route to host",
                Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) => "the connection was reset",
                Some(ErrorKind::UnexpectedEof) => "the connection was closed during the TLS handshake",
                // Name lookup has no kind of error of its own; every error of a socket has a number.
                _ if causes.find::<io::Error>().is_some_and(|error| error.raw_os_error().is_none()) => {
                    "its host name could not be resolved"
                }
                _ => "the connection failed",
            });
        }
        let hyper = causes.find::<hyper::Error>();
        Self::Broken(match io {
            _ if hyper.is_some_and(hyper::Error::is_parse) => "the response is not HTTP",
            Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe) => {
                "the connection was reset"
            }
            Some(ErrorKind::TimedOut) => "the connection timed out",
            _ if causes.find::<h2::Error>().is_some() => "the connection was reset",
            _ => "the connection was closed without a response",
        })
    }
}

fn of_tls(error: &rustls::Error) -> SendError {
    use CertificateError as C;
    let rustls::Error::InvalidCertificate(why) = error else {
        return SendError::Unreachable("the TLS handshake failed");
    };
    SendError::Untrusted(match why {
        C::Expired | C::ExpiredContext { .. } => "its certificate has expired",
        C::NotValidYet | C::NotValidYetContext { .. } => "its certificate is not valid yet",
        C::NotValidForName | C::NotValidForNameContext { .. } => "its certificate is for another name",
        C::UnknownIssuer => "its certificate is from an unknown issuer",
        _ => "its certificate is not trusted",
    })
}
