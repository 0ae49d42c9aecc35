//! Clients for SentryNet's own requests, to Sentry and AWS, whose connections are kept from one invocation to the next.

#[cfg(target_os = "linux")]
use std::time::Duration;

/// A connection on which sent bytes stay unacknowledged for so long is dead, as happens when a NAT gateway forgets it while
/// the sandbox is frozen. The peer's system acknowledges at once, however long its answer takes, and this leaves time for one
/// or two lost packets on the longest path.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(1);

/// A client over this TLS configuration that notices dead connections, where the system can tell (Linux).
pub fn client(tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls);
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(UNACKNOWLEDGED);
    builder
}
