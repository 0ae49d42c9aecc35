//! The verifier of a server's certificates together with the name it verified them for: what a handshake said of now, it can
//! say of another time (`tls.min_days`).

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier as _};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

/// What verifies a server's certificates, and for which name. Empty with `tls.insecure`.
#[derive(Clone, Debug, Default)]
pub struct ChainVerifier(pub(super) Option<(Arc<WebPkiServerVerifier>, ServerName<'static>)>);

impl ChainVerifier {
    /// Verifies certificates as the handshake does, at the time `now`. With `tls.insecure` all are accepted.
    ///
    /// # Errors
    ///
    /// What `rustls` finds wrong with them.
    pub(super) fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.0 {
            Some((verifier, name)) => verifier.verify_server_cert(leaf, rest, name, &[], now),
            None => Ok(ServerCertVerified::assertion()),
        }
    }
}
