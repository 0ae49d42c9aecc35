//! A throw-away certificate authority, and servers whose certificates it signs.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::{ServerConfig, SupportedProtocolVersion};
use time::{Duration, OffsetDateTime};

/// An authority that no one trusts unless told to.
pub struct Authority(pub(super) CertifiedIssuer<'static, KeyPair>);

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

    /// The authority's certificate, for `tls.ca`.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server with a certificate for `name` that is good for a day.
    pub fn server(&self, name: &str) -> Arc<ServerConfig> {
        self.server_valid(name, -1, 1)
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

pub(super) fn authority_params(name: &str, from_days: i64, until_days: i64) -> CertificateParams {
    let mut params = params(name, from_days, until_days);
    params.subject_alt_names.clear();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

pub(super) fn provider() -> Arc<CryptoProvider> {
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
