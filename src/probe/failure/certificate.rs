//! Certificates that were not accepted: what `rustls` found wrong with them.

use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use time::OffsetDateTime;

use super::facts::Facts;
use crate::net::certificate;
use crate::net::certificate::Certificate;
use crate::outcome::FailureKind as Kind;
use crate::wording;

/// How many of a certificate's names a sentence lists.
const NAMES: usize = 5;

/// The shortest RSA key that is accepted, in bits.
const RSA_BITS: usize = 2048;

/// Names what is wrong with the certificates, or of the proof that the server has the key of its own.
pub(super) fn failed(error: &CertificateError, facts: &Facts<'_>) -> (Kind, String) {
    let host = facts.host;
    let certificates = certificate::read(&facts.timestamps.chain);
    let leaf = certificates.first().filter(|leaf| leaf.place == 0);
    if facts.timestamps.is_chain_good {
        return (Kind::TlsFailed, key(leaf, host));
    }
    let unusable = |why: &str| (Kind::TlsFailed, format!("certificate of {host} {why}"));
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            let ago = wording::long_duration(time.as_secs().saturating_sub(not_after.as_secs()));
            let end = instant(*not_after);
            let which = which(&certificates, host, |certificate| Some(certificate.not_after()) == end);
            (Kind::TlsExpired, format!("{which} expired {ago} ago ({})", date(end)))
        }
        CertificateError::Expired => {
            (Kind::TlsExpired, format!("certificate of {host} has expired, or its validity ends before it begins"))
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            let ahead = wording::long_duration(not_before.as_secs().saturating_sub(time.as_secs()));
            let begin = instant(*not_before);
            let which = which(&certificates, host, |certificate| Some(certificate.not_before()) == begin);
            (Kind::TlsNotYetValid, format!("{which} is not valid for another {ahead} (from {})", date(begin)))
        }
        CertificateError::NotValidYet => (Kind::TlsNotYetValid, format!("certificate of {host} is not valid yet")),
        CertificateError::Revoked => (Kind::TlsRevoked, format!("certificate of {host} was revoked")),
        CertificateError::NotValidForNameContext { .. } | CertificateError::NotValidForName => {
            (Kind::TlsWrongHost, wrong_host(leaf, host))
        }
        // webpki refuses a self-signed authority that is used as a server's certificate with an error of its own.
        CertificateError::UnknownIssuer | CertificateError::Other(_)
            if leaf.is_some_and(Certificate::is_self_signed) =>
        {
            (Kind::TlsSelfSigned, format!("certificate of {host} is self-signed, not signed by an authority"))
        }
        CertificateError::UnknownIssuer => (Kind::TlsUnknownIssuer, unknown_issuer(&certificates, host)),
        CertificateError::BadSignature => {
            let issuer = leaf.map(|leaf| format!(" ({})", leaf.issuer())).unwrap_or_default();
            let why = "was not signed by the authority that it names";
            (Kind::TlsUnknownIssuer, format!("certificate of {host} {why}{issuer}"))
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            unusable("is not meant for servers (extended key usage)")
        }
        CertificateError::Other(_) if leaf.is_some_and(Certificate::is_authority) => {
            unusable("is a certificate authority's, which a server may not use")
        }
        CertificateError::BadEncoding => unusable("cannot be read"),
        CertificateError::Other(_) if leaf.is_some_and(Certificate::has_unknown_condition) => {
            unusable("has a critical extension that is not supported")
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            let algorithm =
                leaf.map(|leaf| format!(" ({})", algorithm(&leaf.signature_algorithm()))).unwrap_or_default();
            unusable(&format!("is signed with an algorithm that is too weak or unknown{algorithm}"))
        }
        _ => unusable("violates the rules for server certificates"),
    }
}

/// `certificate of example.com`, or the one above it that fits.
fn which(certificates: &[Certificate<'_>], host: &str, fits: impl Fn(&Certificate<'_>) -> bool) -> String {
    let place = certificates.iter().find(|certificate| fits(certificate));
    place.map_or_else(|| format!("certificate of {host}"), |certificate| title(certificate, host))
}

/// How a sentence calls a certificate of the chain.
pub(crate) fn title(certificate: &Certificate<'_>, host: &str) -> String {
    match certificate.place {
        0 => format!("certificate of {host}"),
        _ => format!("intermediate certificate of {host}, {},", certificate.subject()),
    }
}

fn wrong_host(leaf: Option<&Certificate<'_>>, host: &str) -> String {
    let Some(leaf) = leaf else { return format!("certificate is not for {host}") };
    let hosts = leaf.hosts();
    if hosts.is_empty() {
        return match leaf.subject().as_str() {
            "" => format!("certificate of {host} names no host (it has no subject alternative name)"),
            name => {
                format!("certificate of {host} names a host only in its common name ({name}), which is ignored")
            }
        };
    }
    let more = hosts.len().saturating_sub(NAMES);
    let mut names: Vec<String> = hosts.iter().take(NAMES).cloned().collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let names = wording::list(&names, "and");
    let is_deeper = |name: &String| name.strip_prefix('*').is_some_and(|zone| host.ends_with(zone));
    let wildcard = if hosts.iter().any(is_deeper) { ": a wildcard matches one label only" } else { "" };
    format!("certificate is for {names}, not for {host}{wildcard}")
}

fn unknown_issuer(certificates: &[Certificate<'_>], host: &str) -> String {
    match certificates {
        [] => format!("certificate of {host} is signed by an unknown authority"),
        [leaf] => {
            let why = "is signed by an unknown authority, or an intermediate certificate is missing";
            format!("certificate of {host} {why} (issuer: {})", leaf.issuer())
        }
        [.., top] if top.is_self_signed() => {
            format!("certificate of {host} chains to an unknown authority ({})", top.subject())
        }
        [.., top] => {
            let why = "chains to an unknown authority, or an intermediate certificate is missing";
            format!("certificate of {host} {why} (issuer: {})", top.issuer())
        }
    }
}

/// The certificate is fine, but what the server signed with its key is not.
fn key(leaf: Option<&Certificate<'_>>, host: &str) -> String {
    match leaf.and_then(Certificate::rsa_bits) {
        Some(bits) if bits < RSA_BITS => format!("certificate of {host} has a key that is too weak (RSA, {bits} bits)"),
        _ => format!("the server at {host} does not use the private key of its certificate"),
    }
}

/// The names of algorithms that once were common.
fn algorithm(identifier: &str) -> &str {
    match identifier {
        "1.2.840.113549.1.1.4" => "MD5 with RSA",
        "1.2.840.113549.1.1.5" => "SHA-1 with RSA",
        "1.2.840.10045.4.1" => "SHA-1 with ECDSA",
        "1.2.840.10045.4.3.1" => "SHA-224 with ECDSA",
        "1.2.840.113549.1.1.14" => "SHA-224 with RSA",
        "1.2.840.10040.4.3" => "SHA-1 with DSA",
        other => other,
    }
}

fn instant(time: UnixTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(i64::try_from(time.as_secs()).ok()?).ok()
}

fn date(time: Option<OffsetDateTime>) -> String {
    time.map_or_else(|| "at an unknown date".to_owned(), |time| time.date().to_string())
}
