//! TLS faults: what `rustls` found wrong with a handshake or a certificate.

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{AlertDescription, CertificateError, Error};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Kind, words};
use crate::net::Marks;
use crate::outcome::Op;

/// Names a TLS fault. `phase` may be later than the handshake: in TLS 1.3 a server refuses a client's certificate
/// after its own side is done.
pub(super) fn tls(error: &Error, phase: Op, host: &str, marks: &Marks) -> (Kind, String) {
    match error {
        Error::InvalidCertificate(fault) => certificate(fault, host, marks),
        Error::AlertReceived(alert) => alerted(*alert, host),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } if phase == Op::NetTls => {
            (Kind::TlsProtocol, format!("{host} does not speak TLS on this port"))
        }
        Error::PeerIncompatible(why) => {
            (Kind::TlsProtocol, format!("{host} shares no TLS version or cipher with us ({why:?})"))
        }
        Error::NoApplicationProtocol => {
            (Kind::TlsProtocol, format!("{host} does not offer the HTTP version asked for (ALPN)"))
        }
        Error::NoCertificatesPresented => (Kind::TlsFailed, format!("{host} presented no certificate")),
        other => (Kind::TlsFailed, format!("TLS with {host} failed: {other}")),
    }
}

fn alerted(alert: AlertDescription, host: &str) -> (Kind, String) {
    match alert {
        AlertDescription::ProtocolVersion
        | AlertDescription::HandshakeFailure
        | AlertDescription::InsufficientSecurity
        | AlertDescription::NoApplicationProtocol => {
            (Kind::TlsProtocol, format!("{host} shares no TLS version or cipher with us (alert {alert:?})"))
        }
        AlertDescription::CertificateRequired => {
            (Kind::TlsFailed, format!("{host} wants a client certificate (tls.cert and tls.key)"))
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            (Kind::TlsFailed, format!("{host} did not accept the client certificate (alert {alert:?})"))
        }
        other => (Kind::TlsFailed, format!("{host} broke the TLS handshake off (alert {other:?})")),
    }
}

fn certificate(fault: &CertificateError, host: &str, marks: &Marks) -> (Kind, String) {
    match fault {
        CertificateError::ExpiredContext { time, not_after } => {
            let ago = words::long_duration(time.as_secs().saturating_sub(not_after.as_secs()));
            (Kind::TlsExpired, format!("certificate of {host} expired {ago} ago ({})", date(*not_after)))
        }
        CertificateError::Expired => (Kind::TlsExpired, format!("certificate of {host} expired")),
        CertificateError::NotValidYetContext { time, not_before } => {
            let ahead = words::long_duration(not_before.as_secs().saturating_sub(time.as_secs()));
            let from = date(*not_before);
            (Kind::TlsNotYetValid, format!("certificate of {host} is not valid for another {ahead} (from {from})"))
        }
        CertificateError::NotValidYet => (Kind::TlsNotYetValid, format!("certificate of {host} is not valid yet")),
        CertificateError::Revoked => (Kind::TlsRevoked, format!("certificate of {host} was revoked")),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().take(5).map(|name| bare_name(name)).collect();
            let names = if names.is_empty() { "no name at all".to_owned() } else { words::list(&names, "and") };
            (Kind::TlsWrongHost, format!("certificate is for {names}, not for {host}"))
        }
        CertificateError::NotValidForName => (Kind::TlsWrongHost, format!("certificate is not for {host}")),
        // webpki refuses a self-signed authority that is used as a server's certificate with an error of its own.
        CertificateError::UnknownIssuer | CertificateError::Other(_) if is_self_signed(marks.leaf.as_ref()) => {
            (Kind::TlsSelfSigned, format!("certificate of {host} is signed by itself, not by an authority"))
        }
        CertificateError::UnknownIssuer => {
            let issuer = issuer(marks.leaf.as_ref()).map(|issuer| format!(" (issuer: {issuer})")).unwrap_or_default();
            let why = "is signed by an unknown authority, or an intermediate certificate is missing";
            (Kind::TlsUnknownIssuer, format!("certificate of {host} {why}{issuer}"))
        }
        CertificateError::BadSignature => {
            (Kind::TlsUnknownIssuer, format!("certificate of {host} was not signed by the authority that it names"))
        }
        other => (Kind::TlsFailed, format!("certificate of {host} is not usable: {other}")),
    }
}

/// `example.com` of `DnsName("example.com")`, which is how webpki lists the names of a certificate.
fn bare_name(presented: &str) -> String {
    presented.split('"').nth(1).unwrap_or(presented).to_owned()
}

fn date(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .map_or_else(|| "at an unknown date".to_owned(), |time| time.date().to_string())
}

fn is_self_signed(leaf: Option<&CertificateDer<'_>>) -> bool {
    leaf.and_then(|leaf| X509Certificate::from_der(leaf).ok())
        .is_some_and(|(_, leaf)| leaf.issuer().as_raw() == leaf.subject().as_raw())
}

fn issuer(leaf: Option<&CertificateDer<'_>>) -> Option<String> {
    let (_, leaf) = X509Certificate::from_der(leaf?).ok()?;
    Some(leaf.issuer().to_string())
}
