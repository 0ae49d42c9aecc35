//! TLS handshakes that failed: what `rustls` found wrong, or what the peer says is wrong.

use std::io::ErrorKind;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use super::certificate;
use super::facts::Facts;
use crate::net::ClientCertificate;
use crate::outcome::FailureKind as Kind;
use crate::outcome::phase::Op;

/// Names what is wrong. `phase` may be later than the handshake: in TLS 1.3 a server refuses a client's certificate
/// after its own side is done.
pub(super) fn failed(error: &Error, phase: Op, facts: &Facts<'_>) -> (Kind, String) {
    let host = facts.host;
    let in_handshake = phase == Op::NetTls;
    match error {
        Error::InvalidCertificate(error) => certificate::failed(error, facts),
        Error::NoCertificatesPresented => (Kind::TlsFailed, format!("{host} presented no certificate")),
        Error::AlertReceived(alert) => alerted(*alert, in_handshake, facts),
        // The first bytes of anything but TLS do not read as a record's head.
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge,
        ) if in_handshake && facts.timestamps.chain.is_empty() => {
            (Kind::TlsProtocol, format!("{host} does not speak TLS on port {}", facts.port))
        }
        Error::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) if in_handshake => {
            let likely = "probably because its certificate has too many names";
            (Kind::TlsFailed, format!("{host} sends a TLS handshake message of more than 64 KiB, {likely}"))
        }
        Error::PeerIncompatible(why) => (Kind::TlsProtocol, incompatible(why, host)),
        Error::NoApplicationProtocol | Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol) => {
            (Kind::TlsProtocol, other_http(host))
        }
        Error::DecryptError => {
            let sentence =
                format!("a TLS message from {host} cannot be decrypted: it was altered in transit, or is malformed");
            (Kind::TlsFailed, sentence)
        }
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_)
        | Error::PeerSentOversizedRecord => {
            let place = if in_handshake { " in the handshake" } else { "" };
            (Kind::TlsFailed, format!("{host} violates the TLS protocol{place}"))
        }
        _ => (Kind::TlsFailed, format!("TLS with {host} failed")),
    }
}

/// The connection ended in the handshake, without an alert.
pub(super) fn cut(io: Option<ErrorKind>, facts: &Facts<'_>) -> (Kind, String) {
    let target = facts.target();
    let what = match io {
        Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted) => {
            "reset the connection in the TLS handshake"
        }
        Some(ErrorKind::UnexpectedEof) => "closed the connection in the TLS handshake",
        _ => "aborted the TLS handshake",
    };
    let asked = if is_client_unknown(facts) {
        " after it had asked for a client certificate, and tls.cert is not set"
    } else {
        ""
    };
    (Kind::TlsFailed, format!("{target} {what}{asked}"))
}

/// The host can be the name of no certificate.
pub(super) fn invalid_name(facts: &Facts<'_>) -> (Kind, String) {
    (Kind::TlsFailed, format!("{} is not a name that a certificate can be verified for", facts.host))
}

/// The handshake did not end in time.
pub(super) fn timed_out(facts: &Facts<'_>, limit: &str) -> (Kind, String) {
    let progress =
        if facts.timestamps.chain.is_empty() { "no certificate was received" } else { "its certificate was received" };
    (Kind::TlsTimeout, format!("{} did not finish the TLS handshake within {limit}: {progress}", facts.target()))
}

/// Whether the server asked for a client certificate and got none.
pub(crate) fn is_client_unknown(facts: &Facts<'_>) -> bool {
    facts.timestamps.client_certificate == ClientCertificate::Missing
}

/// Such a server ended the connection before it answered: what it says of the reason may be lost when it also resets
/// the connection.
pub(crate) fn hung_up(facts: &Facts<'_>) -> (Kind, String) {
    let why = "after it had asked for a client certificate, and tls.cert is not set";
    (Kind::TlsFailed, format!("{} ended the connection without an answer {why}", facts.target()))
}

/// Whether the server asked for a client certificate and got one, on this connection.
pub(crate) fn is_client_known(facts: &Facts<'_>) -> bool {
    facts.timestamps.client_certificate == ClientCertificate::Given
}

/// Such a server ended the connection before anything was asked of it. In TLS 1.3 it refuses a certificate after the
/// client's side of the handshake is done, and over HTTP/2 its reason is lost on the way.
pub(crate) fn turned_away(facts: &Facts<'_>) -> (Kind, String) {
    let sentence = format!("{} ended the connection as soon as it had the client certificate", facts.target());
    (Kind::TlsFailed, sentence)
}

fn wanted(host: &str) -> String {
    format!("{host} requires a client certificate, and tls.cert is not set")
}

fn other_http(host: &str) -> String {
    format!("{host} does not offer the requested HTTP version")
}

fn incompatible(why: &PeerIncompatible, host: &str) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired => {
            format!("{host} speaks neither TLS 1.2 nor 1.3, only an older version")
        }
        PeerIncompatible::NoCipherSuitesInCommon => format!("{host} shares no TLS cipher with us"),
        PeerIncompatible::NoKxGroupsInCommon => format!("{host} shares no key exchange group with us"),
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            format!("{host} shares no signature algorithm with us")
        }
        _ => format!("{host} requires something in the TLS handshake that SentryNet does not support"),
    }
}

fn alerted(alert: AlertDescription, in_handshake: bool, facts: &Facts<'_>) -> (Kind, String) {
    use AlertDescription as A;
    let host = facts.host;
    let name = alert_name(alert);
    let (kind, what) = match (alert, facts.timestamps.client_certificate) {
        // Servers do not agree on what to say to a client without a certificate.
        (
            A::CertificateRequired | A::HandshakeFailure | A::BadCertificate | A::CertificateUnknown | A::AccessDenied,
            ClientCertificate::Missing,
        ) => (Kind::TlsFailed, wanted(host)),
        (
            A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::UnknownCA
            | A::AccessDenied
            | A::DecryptError,
            ClientCertificate::Given,
        ) => (Kind::TlsFailed, format!("{host} did not accept the client certificate")),
        (A::ProtocolVersion, _) => (Kind::TlsProtocol, format!("{host} speaks neither TLS 1.2 nor 1.3")),
        (A::HandshakeFailure | A::InsufficientSecurity, _) => {
            (Kind::TlsProtocol, format!("{host} shares no TLS version, cipher or signature algorithm with us"))
        }
        (A::NoApplicationProtocol, _) => (Kind::TlsProtocol, other_http(host)),
        (A::UnrecognisedName, _) => (Kind::TlsFailed, format!("the server at {host} does not recognise this name")),
        (A::InternalError, _) => (Kind::TlsFailed, format!("{host} had an internal error")),
        _ if in_handshake => (Kind::TlsFailed, format!("{host} aborted the TLS handshake")),
        _ => (Kind::TlsFailed, format!("{host} ended the TLS connection")),
    };
    (kind, format!("{what} (alert {name})"))
}

/// The name that RFC 8446, section 6, and its predecessors give an alert.
fn alert_name(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let name = match alert {
        A::CloseNotify => "close_notify",
        A::UnexpectedMessage => "unexpected_message",
        A::BadRecordMac => "bad_record_mac",
        A::DecryptionFailed => "decryption_failed",
        A::RecordOverflow => "record_overflow",
        A::DecompressionFailure => "decompression_failure",
        A::HandshakeFailure => "handshake_failure",
        A::NoCertificate => "no_certificate",
        A::BadCertificate => "bad_certificate",
        A::UnsupportedCertificate => "unsupported_certificate",
        A::CertificateRevoked => "certificate_revoked",
        A::CertificateExpired => "certificate_expired",
        A::CertificateUnknown => "certificate_unknown",
        A::IllegalParameter => "illegal_parameter",
        A::UnknownCA => "unknown_ca",
        A::AccessDenied => "access_denied",
        A::DecodeError => "decode_error",
        A::DecryptError => "decrypt_error",
        A::ExportRestriction => "export_restriction",
        A::ProtocolVersion => "protocol_version",
        A::InsufficientSecurity => "insufficient_security",
        A::InternalError => "internal_error",
        A::InappropriateFallback => "inappropriate_fallback",
        A::UserCanceled => "user_canceled",
        A::NoRenegotiation => "no_renegotiation",
        A::MissingExtension => "missing_extension",
        A::UnsupportedExtension => "unsupported_extension",
        A::UnrecognisedName => "unrecognized_name",
        A::BadCertificateStatusResponse => "bad_certificate_status_response",
        A::UnknownPSKIdentity => "unknown_psk_identity",
        A::CertificateRequired => "certificate_required",
        A::NoApplicationProtocol => "no_application_protocol",
        A::EncryptedClientHelloRequired => "ech_required",
        other => return u8::from(other).to_string(),
    };
    name.to_owned()
}
