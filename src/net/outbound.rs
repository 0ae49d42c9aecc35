//! Clients for SentryNet's own requests, to Sentry and AWS, whose connections are kept from one invocation to the next.

#[cfg(target_os = "linux")]
use std::time::Duration;

/// What was sent and not acknowledged for so long was sent in vain: the connection is dead, as happens where a NAT gateway
/// forgets it while the sandbox is frozen. The other end's system acknowledges at once, however long its answer takes;
/// there is time for one or two losses on the way to the other end of the world.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(1);

/// A client over this TLS configuration that learns of dead connections, where the system can tell (Linux).
pub fn client(tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls);
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(UNACKNOWLEDGED);
    builder
}
