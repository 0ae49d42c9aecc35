//! TLS: `rustls` with `ring` and Mozilla's roots, with two watchers that write to the current hop's marks.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue, WebPkiServerVerifier,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, NamedGroup, RootCertStore, SignatureScheme};

use super::hop::Hop;
use crate::config::TlsSettings;

/// Why TLS settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM text does not hold what it should.
    #[error("{what} is not usable PEM: {source}")]
    Pem {
        /// `tls.ca`, `tls.cert` or `tls.key`.
        what: &'static str,
        /// What the parser says.
        source: rustls::pki_types::pem::Error,
    },
    /// `rustls` does not take them.
    #[error("the TLS settings are not usable: {0}")]
    Rustls(#[from] rustls::Error),
    /// The authorities cannot be used to verify anything.
    #[error("tls.ca is not usable: {0}")]
    Verifier(#[from] rustls::client::VerifierBuilderError),
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

/// Mozilla's roots, parsed once.
fn public_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let parse = || Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    ROOTS.get_or_init(parse).clone()
}

/// A configuration for SentryNet's own requests (to Sentry and AWS): no watchers, sessions are resumed.
///
/// # Errors
///
/// None in practice: `ring` knows the protocol versions that `rustls` asks for.
pub fn client_config() -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(public_roots())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A configuration for probes: watched, and without resumption, so that every handshake is a whole one.
pub(super) fn probe_config(settings: &TlsSettings, alpn: Vec<Vec<u8>>) -> Result<ClientConfig, TlsError> {
    let provider = provider();
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?.dangerous();
    let judge = if settings.insecure {
        None
    } else {
        let roots = match &settings.ca {
            Some(pem) => Arc::new(private_roots(pem)?),
            None => public_roots(),
        };
        Some(WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build()?)
    };
    let builder = builder.with_custom_certificate_verifier(Arc::new(LeafWatcher { judge, provider }));
    let mut config = match (&settings.cert, &settings.key) {
        (Some(cert), Some(key)) => {
            let chain: Result<_, _> = CertificateDer::pem_slice_iter(cert.as_bytes()).collect();
            let chain = chain.map_err(|source| TlsError::Pem { what: "tls.cert", source })?;
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
                .map_err(|source| TlsError::Pem { what: "tls.key", source })?;
            builder.with_client_auth_cert(chain, key)?
        }
        _ => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::store(Arc::new(HandshakeWatcher));
    config.alpn_protocols = alpn;
    Ok(config)
}

fn private_roots(pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|source| TlsError::Pem { what: "tls.ca", source })?)?;
    }
    Ok(roots)
}

/// An empty session store. The first thing that `rustls` does in a handshake is to ask it for a ticket (in TLS 1.2 as
/// in 1.3): that is the instant at which TCP is up and TLS begins.
#[derive(Debug)]
struct HandshakeWatcher;

impl ClientSessionStore for HandshakeWatcher {
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        Hop::mark_current(|marks| {
            marks.tls_start.get_or_insert_with(Instant::now);
        });
        None
    }

    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}
}

/// Keeps the server's certificate, whatever the verdict on it is.
#[derive(Debug)]
struct LeafWatcher {
    /// `None` (`tls.insecure`): any certificate will do, but the handshake's signatures still have to be right.
    judge: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for LeafWatcher {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Hop::mark_current(|marks| marks.leaf = Some(end_entity.clone().into_owned()));
        match &self.judge {
            Some(judge) => judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
