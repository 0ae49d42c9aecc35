//! TODO

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier as _};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

/// Who judges a server's certificates, and for which name.
#[derive(Clone, Debug, Default)]
pub struct ChainVerifier(pub(super) Option<(Arc<WebPkiServerVerifier>, ServerName<'static>)>);

impl ChainVerifier {
    /// As the handshake would judge them at `now`. Without a judge (`tls.insecure`) anything will do.
    pub(crate) fn verify(
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
