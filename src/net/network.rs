//! What all connections of an invocation share.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;

use super::resolver::Resolver;
use super::settings::TlsSettings;
use super::tls::{TlsError, probe_config};

/// The resolver, and the TLS configurations, each built once. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    resolver: Resolver,
    tls: Arc<Mutex<Vec<KnownTls>>>,
}

/// A TLS configuration and what it was built for.
struct KnownTls {
    settings: TlsSettings,
    alpn: Vec<Vec<u8>>,
    config: Arc<ClientConfig>,
}

impl Network {
    /// A network that looks names up with `resolver`.
    pub fn new(resolver: Resolver) -> Self {
        Self { resolver, tls: Arc::default() }
    }

    /// What names are looked up with.
    pub(super) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// The TLS configuration for probes with these settings that offers these protocols (ALPN), in the order of preference.
    ///
    /// # Errors
    ///
    /// The settings cannot be used.
    pub(super) fn tls_config(&self, settings: &TlsSettings, alpn: &[&[u8]]) -> Result<Arc<ClientConfig>, TlsError> {
        let mut known = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.iter().find(|known| known.settings == *settings && known.alpn == alpn) {
            return Ok(known.config.clone());
        }
        let alpn: Vec<Vec<u8>> = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let config = Arc::new(probe_config(settings, alpn.clone())?);
        known.push(KnownTls { settings: settings.clone(), alpn, config: config.clone() });
        Ok(config)
    }
}
