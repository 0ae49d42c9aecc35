//! TODO

pub(crate) mod certificate;
pub(crate) mod dns;
pub(crate) mod tcp;
pub(crate) mod tls;

use std::time::{Duration, Instant};

use crate::net::Timestamps;
use crate::wording;

/// What a sentence may mention.
pub(crate) struct Facts<'a> {
    /// Host of the URL, as written.
    pub(crate) host: &'a str,
    /// Port.
    pub(crate) port: u16,
    /// What the hooks saw.
    pub(crate) marks: &'a Timestamps,
    /// How long the run was allowed to take.
    pub(crate) timeout: Duration,
    /// Whether the time that ran out was the invocation's, not the probe's.
    pub(crate) invocation_ended: bool,
    /// When the hop began and ended.
    pub(crate) span: (Instant, Instant),
    /// When the run's time, or the invocation's, is up.
    pub(crate) deadline: Instant,
}

impl Facts<'_> {
    pub(crate) fn target(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// ` (192.0.2.1, 2001:db8::1)`, where the name stands for addresses.
    fn addresses(&self) -> String {
        let texts: Vec<String> = self.marks.addresses.iter().map(ToString::to_string).collect();
        if texts.is_empty() { String::new() } else { format!(" ({})", texts.join(", ")) }
    }

    /// How long it has been trying to connect.
    fn connecting(&self) -> Duration {
        let start = self.marks.dns_end.or(self.marks.connect_start).unwrap_or(self.span.0);
        self.span.1.saturating_duration_since(start)
    }

    /// ` (connected in 23 ms)`, where it did.
    pub(crate) fn connected(&self) -> String {
        match (self.marks.is_fresh(), self.marks.connect_start, self.marks.ready) {
            (true, Some(start), Some(ready)) => format!(" (connected in {})", wording::duration(ready - start)),
            (false, _, _) => " (on a kept connection)".to_owned(),
            _ => String::new(),
        }
    }
}
