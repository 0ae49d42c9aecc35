//! Certificates of a throw-away authority.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
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
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
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

    /// The same, for clients that speak TLS 1.2 at most.
    pub fn server_tls12(&self, name: &str) -> Arc<ServerConfig> {
        let (certificate, key) = self.sign(name, -1, 1);
        server_config(certificate, &key, &[&rustls::version::TLS12])
    }

    /// A server with a certificate for `name` that is good from and until so many days from now.
    pub fn server_valid(&self, name: &str, from_days: i64, until_days: i64) -> Arc<ServerConfig> {
        let (certificate, key) = self.sign(name, from_days, until_days);
        server_config(certificate, &key, rustls::ALL_VERSIONS)
    }

    fn sign(&self, name: &str, from_days: i64, until_days: i64) -> (CertificateDer<'static>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let certificate = params(name, from_days, until_days).signed_by(&key, &self.0).unwrap();
        (certificate.der().clone(), key)
    }
}

/// A server whose certificate is signed by itself.
pub fn self_signed(name: &str) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let certificate = params(name, -1, 1).self_signed(&key).unwrap();
    server_config(certificate.der().clone(), &key, rustls::ALL_VERSIONS)
}

fn params(name: &str, from_days: i64, until_days: i64) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    params.not_before = now + Duration::days(from_days);
    params.not_after = now + Duration::days(until_days);
    params
}

fn server_config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}
