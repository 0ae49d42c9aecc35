//! TLS: `rustls` with `ring` and Mozilla's roots, with three watchers that record to the current timeline.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionStore, ResolvesClientCert, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
    WebPkiServerVerifier,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, NamedGroup, RootCertStore, SignatureScheme};

use super::settings::TlsSettings;
use super::timeline::{ClientCertificate, RequestTimeline};
use super::verifier::ChainVerifier;

/// Why TLS settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM text does not hold what it should.
    #[error("{what} is not usable PEM")]
    Pem {
        /// `tls.ca`, `tls.cert` or `tls.key`.
        what: &'static str,
        /// What the parser says.
        source: rustls::pki_types::pem::Error,
    },
    /// The key and the certificate are not of one pair.
    #[error("tls.key is not the key of the certificate in tls.cert")]
    NoPair,
    /// A client certificate or its key are of a kind that cannot be used.
    #[error("tls.cert and tls.key cannot be used: the certificate is broken, or the key's algorithm is not supported")]
    ClientCertificate(#[source] rustls::Error),
    /// One of the authorities is no certificate.
    #[error("tls.ca contains a certificate that cannot be read")]
    Authority(#[source] rustls::Error),
    /// The authorities cannot be used to verify anything.
    #[error("tls.ca contains no certificate authority")]
    Verifier(#[from] rustls::client::VerifierBuilderError),
    /// `rustls` cannot be set up.
    #[error("TLS cannot be set up")]
    Rustls(#[from] rustls::Error),
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
/// None in practice: `ring` supports the protocol versions that `rustls` asks for.
pub fn client_config() -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(public_roots())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A configuration for probes: watched, and without resumption, so that every handshake is a full one.
pub(super) fn probe_config(settings: &TlsSettings, alpn: Vec<Vec<u8>>) -> Result<ClientConfig, TlsError> {
    let provider = provider();
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?.dangerous();
    let verifier = if settings.insecure {
        None
    } else {
        let roots = match &settings.ca {
            Some(pem) => Arc::new(private_roots(pem)?),
            None => public_roots(),
        };
        Some(WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build()?)
    };
    let chain_watcher = Arc::new(ChainWatcher { verifier, provider: provider.clone() });
    let request_watcher = RequestWatcher { certificate: client_certificate(settings, &provider)? };
    let mut config =
        builder.with_custom_certificate_verifier(chain_watcher).with_client_cert_resolver(Arc::new(request_watcher));
    config.resumption = Resumption::store(Arc::new(HandshakeWatcher));
    config.alpn_protocols = alpn;
    Ok(config)
}

fn client_certificate(
    settings: &TlsSettings,
    provider: &CryptoProvider,
) -> Result<Option<Arc<CertifiedKey>>, TlsError> {
    let (Some(cert), Some(key)) = (&settings.cert, &settings.key) else { return Ok(None) };
    let chain: Result<_, _> = CertificateDer::pem_slice_iter(cert.as_bytes()).collect();
    let chain = chain.map_err(|source| TlsError::Pem { what: "tls.cert", source })?;
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
        .map_err(|source| TlsError::Pem { what: "tls.key", source })?;
    let pair = CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::NoPair,
        error => TlsError::ClientCertificate(error),
    })?;
    Ok(Some(Arc::new(pair)))
}

fn private_roots(pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|source| TlsError::Pem { what: "tls.ca", source })?;
        roots.add(certificate).map_err(TlsError::Authority)?;
    }
    Ok(roots)
}

/// Presents the client certificate to a server that asks for one, and records that it asked.
#[derive(Debug)]
struct RequestWatcher {
    certificate: Option<Arc<CertifiedKey>>,
}

impl ResolvesClientCert for RequestWatcher {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let given = if self.certificate.is_some() { ClientCertificate::Given } else { ClientCertificate::Missing };
        RequestTimeline::record_current(|timestamps| timestamps.client_certificate = given);
        self.certificate.clone()
    }

    fn has_certs(&self) -> bool {
        self.certificate.is_some()
    }
}

/// An empty session store. The first thing that `rustls` does in a handshake is to ask it for a ticket (in TLS 1.2 as
/// in 1.3): that is the instant at which TCP is up and TLS begins.
#[derive(Debug)]
struct HandshakeWatcher;

impl ClientSessionStore for HandshakeWatcher {
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        RequestTimeline::record_current(|timestamps| {
            timestamps.tls_start.get_or_insert_with(Instant::now);
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

/// Verifies the server's certificates, and records them whatever the verdict is.
#[derive(Debug)]
struct ChainWatcher {
    /// `None` (`tls.insecure`): any certificate is accepted, but the handshake's signatures still have to be right.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ChainWatcher {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        // `rustls` does not look at OCSP responses either.
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verifier = ChainVerifier(self.verifier.clone().map(|verifier| (verifier, server_name.to_owned())));
        let verdict = verifier.verify(end_entity, intermediates, now);
        RequestTimeline::record_current(|timestamps| {
            let chain = std::iter::once(end_entity).chain(intermediates);
            timestamps.chain = chain.map(|certificate| certificate.clone().into_owned()).collect();
            timestamps.is_chain_good = verdict.is_ok();
            timestamps.verifier = verifier;
        });
        verdict
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
