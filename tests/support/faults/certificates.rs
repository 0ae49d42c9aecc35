//! Certificates that are not, or no longer, or not yet good for their host.

use std::sync::Arc;
use std::time::Duration as Time;

use rcgen::{BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::sign::{Signer, SigningKey};
use time::Duration;

use super::Fault;
use crate::support::authority::{Authority, params, params_between, server_config, signing};
use crate::support::certificates::self_signed;
use crate::support::name_server::{NameServer, Reply};
use crate::support::target::{Target, answer};

pub(super) const GOOD: &str = "net.dns net.tcp net.tls http.send http.wait http.recv";
pub(super) const BAD: &str = "net.dns net.tcp net.tls!";

/// What a probe of this host meets that trusts `authority`.
pub(super) async fn at(host: &str, authority: &Authority, config: Arc<ServerConfig>) -> Fault {
    let names = NameServer::start(|_| Reply::Addresses(vec![[127, 0, 0, 1].into()], Time::ZERO)).await;
    let target = Target::https(config, |_| answer("200 OK", &[], "")).await;
    Fault::at(target.https_url(host, "/")).trusting(authority).named_by(names.addr).keeping((names, target)).phases(BAD)
}

/// What a probe of good.test meets whose certificate has these parameters.
async fn with(params: &CertificateParams) -> Fault {
    let authority = Authority::new();
    at("good.test", &authority, authority.server_with(params, &[])).await
}

pub async fn a_good_certificate_is_fine() -> Fault {
    with(&params("good.test", -1, 1)).await.answering(200).phases(GOOD)
}

pub async fn an_expired_certificate_says_for_how_many_days() -> Fault {
    with(&params("good.test", -93, -3)).await.fails("tls_expired", "certificate of good.test expired 3 days ago (20*)")
}

pub async fn an_expired_certificate_says_for_how_many_hours() -> Fault {
    let params = params_between("good.test", Duration::days(-90), Duration::minutes(-150));
    with(&params).await.fails("tls_expired", "certificate of good.test expired 2 hours ago (20*)")
}

pub async fn a_certificate_from_tomorrow_is_not_yet_valid() -> Fault {
    let params = params_between("good.test", Duration::hours(36), Duration::days(9));
    let sentence = "certificate of good.test is not valid for another 1 day (from 20*)";
    with(&params).await.fails("tls_not_yet_valid", sentence)
}

pub async fn a_certificate_for_another_host_says_for_which() -> Fault {
    let mut params = params("other.test", -1, 1);
    let more = ["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"].map(str::to_owned);
    params.subject_alt_names.extend(CertificateParams::new(more).expect("names").subject_alt_names);
    let names = "other.test, a.test, b.test, c.test, d.test and 2 more";
    with(&params).await.fails("tls_wrong_host", format!("certificate is for {names}, not for good.test"))
}

pub async fn a_certificate_for_another_address_says_for_which() -> Fault {
    let authority = Authority::new();
    let target = Target::https(authority.server("127.0.0.2"), |_| answer("200 OK", &[], "")).await;
    Fault::at(target.https_url("127.0.0.1", "/"))
        .trusting(&authority)
        .fails("tls_wrong_host", "certificate is for 127.0.0.2, not for 127.0.0.1")
        .phases("net.tcp net.tls!")
        .keeping(target)
}

pub async fn a_certificate_for_the_address_is_fine() -> Fault {
    let authority = Authority::new();
    let target = Target::https(authority.server("127.0.0.1"), |_| answer("200 OK", &[], "")).await;
    Fault::at(target.https_url("127.0.0.1", "/"))
        .trusting(&authority)
        .answering(200)
        .phases("net.tcp net.tls http.send http.wait http.recv")
        .keeping(target)
}

pub async fn a_wildcard_stands_for_one_label() -> Fault {
    let authority = Authority::new();
    let sentence = "certificate is for *.test, not for a.b.test: a wildcard matches one label only";
    at("a.b.test", &authority, authority.server("*.test")).await.fails("tls_wrong_host", sentence)
}

pub async fn a_common_name_alone_names_no_host() -> Fault {
    let mut params = params("good.test", -1, 1);
    params.subject_alt_names.clear();
    let sentence = "certificate of good.test names a host only in its common name (good.test), which is ignored";
    with(&params).await.fails("tls_wrong_host", sentence)
}

pub async fn no_name_at_all_names_no_host() -> Fault {
    let mut params = params("good.test", -1, 1);
    params.subject_alt_names.clear();
    params.distinguished_name = rcgen::DistinguishedName::new();
    with(&params)
        .await
        .fails("tls_wrong_host", "certificate of good.test names no host (it has no subject alternative name)")
}

pub async fn a_certificate_for_clients_is_not_for_servers() -> Fault {
    let mut params = params("good.test", -1, 1);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    with(&params).await.fails("tls_failed", "certificate of good.test is not meant for servers (extended key usage)")
}

pub async fn an_authority_is_no_server() -> Fault {
    let mut params = params("good.test", -1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let sentence = "certificate of good.test is a certificate authority's, which a server may not use";
    with(&params).await.fails("tls_failed", sentence)
}

pub async fn a_condition_that_nobody_knows_cannot_be_met() -> Fault {
    let mut params = params("good.test", -1, 1);
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
    extension.set_criticality(true);
    params.custom_extensions.push(extension);
    let sentence = "certificate of good.test has a critical extension that is not supported";
    with(&params).await.fails("tls_failed", sentence)
}

pub async fn a_certificate_with_thousands_of_names_is_too_large() -> Fault {
    let names: Vec<String> = (0..4000).map(|number| format!("host-{number}.good.test")).collect();
    let mut params = params("good.test", -1, 1);
    params.subject_alt_names = CertificateParams::new(names).expect("names").subject_alt_names;
    with(&params).await.fails(
        "tls_failed",
        "good.test sends a TLS handshake message of more than 64 KiB, probably because its certificate has too many \
                names",
    )
}

/// What a probe of good.test meets that presents this chain and signs with this key.
async fn presenting(authority: &Authority, chain: Vec<CertificateDer<'static>>, key: Arc<dyn SigningKey>) -> Fault {
    at("good.test", authority, server_config(chain, key, rustls::ALL_VERSIONS)).await
}

pub async fn a_certificate_that_cannot_be_read_is_told() -> Fault {
    let authority = Authority::new();
    let (_, key) = authority.sign(&params("good.test", -1, 1));
    presenting(&authority, vec![CertificateDer::from(vec![0x30, 3, 2, 1, 1])], signing(&key))
        .await
        .fails("tls_failed", "certificate of good.test cannot be read")
}

pub async fn no_certificate_at_all_is_told() -> Fault {
    let authority = Authority::new();
    let (_, key) = authority.sign(&params("good.test", -1, 1));
    presenting(&authority, Vec::new(), signing(&key)).await.fails("tls_failed", "good.test presented no certificate")
}

pub async fn an_outdated_signature_is_not_accepted() -> Fault {
    let authority = Authority::new();
    let (certificate, key) = authority.sign(&params("good.test", -1, 1));
    // ecdsa-with-SHA256 becomes ecdsa-with-SHA224, which is looked at before the signature.
    let mut der = certificate.to_vec();
    let algorithm = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    for at in 0..der.len() - algorithm.len() {
        if der[at..].starts_with(&algorithm) {
            der[at + 7] = 1;
        }
    }
    let why = "is signed with an algorithm that is too weak or unknown (SHA-224 with ECDSA)";
    presenting(&authority, vec![der.into()], signing(&key))
        .await
        .fails("tls_failed", format!("certificate of good.test {why}"))
}

pub async fn a_server_without_the_certificates_key_is_told() -> Fault {
    let authority = Authority::new();
    let (certificate, _) = authority.sign(&params("good.test", -1, 1));
    let (_, another) = authority.sign(&params("good.test", -1, 1));
    presenting(&authority, vec![certificate], signing(&another))
        .await
        .fails("tls_failed", "the server at good.test does not use the private key of its certificate")
}

/// An RSA key of 1024 bits, as far as a certificate shows it. Nobody has its other half, and nobody needs it: such a
/// key is refused before it is used.
#[derive(Debug)]
struct WeakKey(Vec<u8>);

impl WeakKey {
    fn new() -> Self {
        let modulus = [0xc3; 128];
        Self([&[0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0][..], &modulus, &[0x02, 0x03, 1, 0, 1]].concat())
    }
}

impl PublicKeyData for WeakKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for WeakKey {
    fn choose_scheme(&self, _: &[rustls::SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(Self::new()))
    }

    fn algorithm(&self) -> rustls::SignatureAlgorithm {
        rustls::SignatureAlgorithm::RSA
    }
}

impl Signer for WeakKey {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Ok(vec![1; 128])
    }

    fn scheme(&self) -> rustls::SignatureScheme {
        rustls::SignatureScheme::RSA_PSS_SHA256
    }
}

pub async fn a_weak_key_is_not_accepted() -> Fault {
    let (authority, key) = (Authority::new(), WeakKey::new());
    let certificate = authority.sign_key(&params("good.test", -1, 1), &key);
    presenting(&authority, vec![certificate], Arc::new(key))
        .await
        .fails("tls_failed", "certificate of good.test has a key that is too weak (RSA, 1024 bits)")
}

/// What a probe meets that accepts any certificate.
async fn insecure(params: &CertificateParams) -> Fault {
    let target = Target::https(self_signed(params), |_| answer("200 OK", &[], "")).await;
    Fault::at(target.https_url("localhost", "/"))
        .with("tls: {insecure: true}")
        .answering(200)
        .phases(GOOD)
        .keeping(target)
}

pub async fn an_expired_certificate_is_accepted_where_any_is() -> Fault {
    insecure(&params("localhost", -9, -3)).await
}

pub async fn a_certificate_for_another_host_is_accepted_where_any_is() -> Fault {
    insecure(&params("other.test", -1, 1)).await
}
