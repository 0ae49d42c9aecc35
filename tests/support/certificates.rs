//! What else a throw-away authority can do: authorities below it, servers that ask for certificates, clients that have one.

use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::authority::{Authority, authority_params, params, provider, server_config, signing};

impl Authority {
    /// An authority below this one whose certificate is good from and until so many days from now.
    pub fn intermediate(&self, name: &str, from_days: i64, until_days: i64) -> Self {
        let params = authority_params(name, from_days, until_days);
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    /// The authority's certificate, to be presented.
    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// The same, for clients that speak TLS 1.2 at most.
    pub fn server_tls12(&self, name: &str) -> Arc<ServerConfig> {
        let (certificate, key) = self.sign(&params(name, -1, 1));
        server_config(vec![certificate], signing(&key), &[&rustls::version::TLS12])
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
}

/// A server whose certificate is signed by itself.
pub fn self_signed(params: &CertificateParams) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    server_config(vec![certificate.der().clone()], signing(&key), rustls::ALL_VERSIONS)
}
