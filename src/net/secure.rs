//! TLS over any stream, verified and clocked as that of the HTTP client.

use std::time::Instant;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connect_error::ConnectError;
use super::dial::without_brackets;
use super::network::Network;
use super::settings::TlsSettings;
use super::timeline::RequestTimeline;

/// Makes a TLS handshake on `stream`, as a client, with `host` as the server's name, and offers the protocols `alpn` in the
/// order of preference. Start and end, the server's certificates and the verdict on them are recorded to `timeline`: the one
/// that `stream` was dialled with, where the handshake belongs to that connection.
///
/// # Errors
///
/// The settings or the name cannot be used, the handshake failed, or it did not end before `deadline`.
pub async fn secure<S>(
    network: &Network,
    stream: S,
    host: &str,
    settings: &TlsSettings,
    alpn: &[&[u8]],
    timeline: &RequestTimeline,
    deadline: Instant,
) -> Result<TlsStream<S>, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    timeline.record(|timestamps| {
        timestamps.tls_start = Some(Instant::now());
        timestamps.ready = None;
    });
    let config = network.tls_config(settings, alpn)?;
    let name = ServerName::try_from(without_brackets(host).to_owned())?;
    let handshake = timeline.scope(TlsConnector::from(config).connect(name, stream));
    let stream = timeout_at(deadline.into(), handshake).await.map_err(|_| ConnectError::TimedOut)?;
    let stream = stream.map_err(ConnectError::Tls)?;
    timeline.record(|timestamps| timestamps.ready = Some(Instant::now()));
    Ok(stream)
}
