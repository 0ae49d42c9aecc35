//! Why there is no connection.

use std::io;

use super::dns_error::DnsError;
use super::tls::TlsError;

/// Why a connection could not be made. The typed cause (`io::Error`, `rustls::Error`) is in the source chain.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The deadline passed.
    #[error("time is up")]
    TimedOut,
    /// The name could not be resolved to an address.
    #[error("the name lookup failed")]
    Dns(#[from] DnsError),
    /// No address took the connection: the error of the first that was tried.
    #[error("the connection failed")]
    Tcp(#[source] io::Error),
    /// The TLS settings cannot be used.
    #[error(transparent)]
    TlsSettings(#[from] TlsError),
    /// The server's name is neither a host name nor an address, so no certificate can be verified for it.
    #[error("the server name is not valid")]
    ServerName(#[from] rustls::pki_types::InvalidDnsNameError),
    /// The handshake failed.
    #[error("the TLS handshake failed")]
    Tls(#[source] io::Error),
}
