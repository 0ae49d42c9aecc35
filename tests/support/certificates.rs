//! Certificates of a throw-away authority, and servers that present them.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use time::{Duration, OffsetDateTime};

/// An authority that no one trusts unless told to.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new authority.
    pub fn new() -> Self {
        Self::named("SentryNet test authority")
    }

    /// A new authority of that name.
    pub fn named(name: &str) -> Self {
        let params = authority_params(name, -1, 365);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// An authority below this one whose certificate is good from and until so many days from now.
    pub fn intermediate(&self, name: &str, from_days: i64, until_days: i64) -> Self {
        let params = authority_params(name, from_days, until_days);
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    /// The authority's certificate, for `tls.ca`.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// The authority's certificate, to be presented.
    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A server with a certificate for `name` that is good for a day.
    pub fn server(&self, name: &str) -> Arc<ServerConfig> {
        self.server_valid(name, -1, 1)
    }

    /// The same, for clients that speak TLS 1.2 at most.
    pub fn server_tls12(&self, name: &str) -> Arc<ServerConfig> {
        let (certificate, key) = self.sign(&params(name, -1, 1));
        server_config(vec![certificate], signing(&key), &[&rustls::version::TLS12])
    }

    /// A server with a certificate for `name` that is good from and until so many days from now.
    pub fn server_valid(&self, name: &str, from_days: i64, until_days: i64) -> Arc<ServerConfig> {
        self.server_with(&params(name, from_days, until_days), &[])
    }

    /// A server with a certificate of these parameters that presents `above` besides it.
    pub fn server_with(&self, params: &CertificateParams, above: &[CertificateDer<'static>]) -> Arc<ServerConfig> {
        let (certificate, key) = self.sign(params);
        server_config([&[certificate], above].concat(), signing(&key), rustls::ALL_VERSIONS)
    }

    /// A server for `name` that asks clients for a certificate of their authority, and may insist.
    pub fn server_for_clients(
        &self,
        name: &str,
        clients: &Self,
        version: &'static SupportedProtocolVersion,
        insists: bool,
    ) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(clients.der()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider());
        let verifier = if insists { verifier } else { verifier.allow_unauthenticated() }.build().unwrap();
        let (certificate, key) = self.sign(&params(name, -1, 1));
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Arc::new(config)
    }

    /// A client's certificate and key, for `tls.cert` and `tls.key`.
    pub fn client(&self) -> (String, String) {
        let mut params = params("client", -1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// A certificate of these parameters, and its key.
    pub fn sign(&self, params: &CertificateParams) -> (CertificateDer<'static>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (self.sign_key(params, &key), key)
    }

    /// A certificate of these parameters for a key.
    pub fn sign_key(&self, params: &CertificateParams, key: &impl rcgen::PublicKeyData) -> CertificateDer<'static> {
        params.signed_by(key, &self.0).unwrap().der().clone()
    }
}

/// A server whose certificate is signed by itself.
pub fn self_signed(params: &CertificateParams) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    server_config(vec![certificate.der().clone()], signing(&key), rustls::ALL_VERSIONS)
}

/// What a certificate for `name` says that is good from and until so many days from now.
pub fn params(name: &str, from_days: i64, until_days: i64) -> CertificateParams {
    params_between(name, Duration::days(from_days), Duration::days(until_days))
}

/// The same, to the second.
pub fn params_between(name: &str, from: Duration, until: Duration) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    params.not_before = now + from;
    params.not_after = now + until;
    params
}

fn authority_params(name: &str, from_days: i64, until_days: i64) -> CertificateParams {
    let mut params = params(name, from_days, until_days);
    params.subject_alt_names.clear();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// What a server signs its handshakes with.
pub fn signing(key: &KeyPair) -> Arc<dyn SigningKey> {
    ring::sign::any_supported_type(&PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap()
}

/// A server that presents this chain and signs with this key, whether they belong together or not.
pub fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: Arc<dyn SigningKey>,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))));
    Arc::new(config)
}
