//! What a sentence about a failed connection may mention.

use std::time::{Duration, Instant};

use crate::net::Timestamps;
use crate::wording;

/// What is known of a connection that failed.
pub(crate) struct Facts<'a> {
    /// Host, as in the configuration or URL.
    pub(crate) host: &'a str,
    /// Port.
    pub(crate) port: u16,
    /// What the hooks recorded.
    pub(crate) timestamps: &'a Timestamps,
    /// How long the run was allowed to take.
    pub(crate) timeout: Duration,
    /// Whether the time that ran out was the invocation's, not the probe's.
    pub(crate) invocation_ended: bool,
    /// When the request, or the connection, was begun.
    pub(crate) began: Instant,
    /// When it failed.
    pub(crate) ended: Instant,
    /// When the run's time, or the invocation's, is up.
    pub(crate) deadline: Instant,
}

impl Facts<'_> {
    /// `HOST:PORT`; an IPv6 address in brackets.
    pub(crate) fn target(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// ` (192.0.2.1, 2001:db8::1)`, where the name stands for addresses.
    pub(super) fn addresses(&self) -> String {
        let texts: Vec<String> = self.timestamps.addresses.iter().map(ToString::to_string).collect();
        if texts.is_empty() { String::new() } else { format!(" ({})", texts.join(", ")) }
    }

    /// How long it has been trying to connect.
    pub(super) fn connecting(&self) -> Duration {
        let start = self.timestamps.dns_end.or(self.timestamps.connect_start).unwrap_or(self.began);
        self.ended.saturating_duration_since(start)
    }

    /// ` (connected in 23 ms)`, where it did.
    pub(crate) fn connected(&self) -> String {
        match (self.timestamps.is_fresh(), self.timestamps.connect_start, self.timestamps.ready) {
            (true, Some(start), Some(ready)) => format!(" (connected in {})", wording::duration(ready - start)),
            (false, _, _) => " (on a kept connection)".to_owned(),
            _ => String::new(),
        }
    }
}
