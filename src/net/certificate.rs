//! What the certificates that a server presented say of themselves (RFC 5280).

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Any, Class};
use x509_parser::certificate::{Validity, X509Certificate};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use crate::wording;

/// One of the certificates.
pub(crate) struct Certificate<'a> {
    /// Its place in the chain: 0 is the server's own.
    pub(crate) place: usize,
    parsed: X509Certificate<'a>,
}

/// The certificates that can be read, the server's own first.
pub(crate) fn read<'a>(chain: &'a [CertificateDer<'_>]) -> Vec<Certificate<'a>> {
    let parse = |(place, der): (usize, &'a CertificateDer<'_>)| {
        X509Certificate::from_der(der).ok().map(|(_, parsed)| Certificate { place, parsed })
    };
    chain.iter().enumerate().filter_map(parse).collect()
}

/// When the server's own certificate ends: its last valid second.
pub(crate) fn leaf_not_after(chain: &[CertificateDer<'_>]) -> Option<OffsetDateTime> {
    // Every run asks, so nothing else of it is taken apart: what comes before (RFC 5280, section 4.1) is passed over.
    let (_, certificate) = Any::from_der(chain.first()?).ok()?;
    let (_, signed) = Any::from_der(certificate.data).ok()?;
    let mut rest = signed.data;
    for field in ["version", "serialNumber", "signature", "issuer"] {
        let (after, found) = Any::from_der(rest).ok()?;
        // The version of the first version is left out.
        if field != "version" || found.class() == Class::ContextSpecific {
            rest = after;
        }
    }
    let (_, validity) = Validity::from_der(rest).ok()?;
    Some(validity.not_after.to_datetime())
}

impl Certificate<'_> {
    /// When it ends: its last valid second.
    pub(crate) fn not_after(&self) -> OffsetDateTime {
        self.parsed.validity().not_after.to_datetime()
    }

    /// When it begins.
    pub(crate) fn not_before(&self) -> OffsetDateTime {
        self.parsed.validity().not_before.to_datetime()
    }

    /// Whom it is for.
    pub(crate) fn subject(&self) -> String {
        name(self.parsed.subject())
    }

    /// Who signed it.
    pub(crate) fn issuer(&self) -> String {
        name(self.parsed.issuer())
    }

    /// Whether it names itself as the one who signed it.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.parsed.issuer().as_raw() == self.parsed.subject().as_raw()
    }

    /// Whether it is an authority's.
    pub(crate) fn is_authority(&self) -> bool {
        self.parsed.is_ca()
    }

    /// Whether it holds a condition (a critical extension) that nobody here knows.
    pub(crate) fn has_unknown_condition(&self) -> bool {
        let is_unknown = |extension: &ParsedExtension<'_>| {
            matches!(extension, ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. })
        };
        self.parsed.extensions().iter().any(|extension| extension.critical && is_unknown(extension.parsed_extension()))
    }

    /// The hosts that it is for: names and addresses. The common name does not count (RFC 9525, section 2).
    pub(crate) fn hosts(&self) -> Vec<String> {
        let Ok(Some(names)) = self.parsed.subject_alternative_name() else { return Vec::new() };
        names.value.general_names.iter().filter_map(host).collect()
    }

    /// The length of its RSA key in bits, if it has one.
    pub(crate) fn rsa_bits(&self) -> Option<usize> {
        match self.parsed.public_key().parsed().ok()? {
            PublicKey::RSA(key) => Some(key.key_size()),
            _ => None,
        }
    }

    /// The algorithm that it was signed with, as an object identifier.
    pub(crate) fn signature_algorithm(&self) -> String {
        self.parsed.signature_algorithm.algorithm.to_id_string()
    }
}

/// The common name, or all of the name where there is none.
fn name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().find_map(|common| common.as_str().ok());
    common.map_or_else(|| wording::cut(&name.to_string()), wording::cut)
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(wording::cut(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_found_without_reading_it_whole() {
        for year in [2031, 2049, 2050, 2999] {
            let key = rcgen::KeyPair::generate().expect("a key");
            let mut params = rcgen::CertificateParams::new(["a.test".to_owned()]).expect("a name");
            params.not_after = rcgen::date_time_ymd(year, 2, 3);
            let chain = [params.self_signed(&key).expect("a certificate").der().clone()];
            let whole = read(&chain).first().map(Certificate::not_after);
            assert_eq!(leaf_not_after(&chain), whole);
            assert_eq!(whole.map(OffsetDateTime::year), Some(year));
        }
        assert_eq!(leaf_not_after(&[]), None);
        for broken in [&b""[..], b"\x30\x00", b"\x30\x02\x30\x00", b"no certificate"] {
            assert_eq!(leaf_not_after(&[CertificateDer::from(broken)]), None);
        }
    }
}
