//! How a configuration asks for a connection to be made: TLS, address family, HTTP version.

use crate::secrets::Secret;

/// How to verify the server's certificates, and which to present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Accept any certificate.
    pub insecure: bool,
    /// PEM text of authorities to trust in place of the built-in ones.
    pub ca: Option<String>,
    /// PEM text of the client certificate chain.
    pub cert: Option<String>,
    /// PEM text of the client certificate's key; present exactly when `cert` is.
    pub key: Option<Secret>,
}

/// A family of IP addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}
