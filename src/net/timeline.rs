//! The instants of one connection and the request on it.
//!
//! One [`RequestTimeline`] belongs to one request (or to one connection of a kind that is not HTTP). It travels as a task-local
//! value, so that hooks deep inside `reqwest` and `rustls` find it: whoever runs in [`RequestTimeline::scope`] is clocked, and
//! [`dial`](super::dial) and [`secure`](super::secure) use the same hooks as the HTTP client.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::pki_types::{CertificateDer, UnixTime};

use super::dns_error::DnsError;
use super::verifier::ChainVerifier;

/// When what happened. `None`: it did not happen (yet).
#[derive(Clone, Debug, Default)]
pub struct Timestamps {
    /// The connection was asked for. `None`: a kept connection served.
    pub connect_start: Option<Instant>,
    /// The name was given to the resolver. `None`: the host is an address.
    pub dns_start: Option<Instant>,
    /// The resolver answered.
    pub dns_end: Option<Instant>,
    /// Why the resolver had no address.
    pub dns_error: Option<DnsError>,
    /// The addresses that the name stands for, in the name server's order.
    pub addresses: Vec<IpAddr>,
    /// TCP was up. The HTTP client has no hook for it: there TCP ends where TLS begins, or where the connection is ready.
    pub connected: Option<Instant>,
    /// The TLS handshake began.
    pub tls_start: Option<Instant>,
    /// The certificates that the server presented, its own first, also when they were not accepted.
    pub chain: Arc<[CertificateDer<'static>]>,
    /// Whether these certificates were accepted.
    pub is_chain_good: bool,
    /// What verified them.
    pub verifier: ChainVerifier,
    /// Whether the server asked for a client certificate.
    pub client_certificate: ClientCertificate,
    /// The connection could be used.
    pub ready: Option<Instant>,
    /// The whole request was handed to the connection.
    pub sent: Option<Instant>,
    /// The head of the answer was there.
    pub head: Option<Instant>,
}

/// What became of the client certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientCertificate {
    /// The server did not ask for one.
    #[default]
    NotAskedFor,
    /// The server asked, and there is none.
    Missing,
    /// The server asked, and got one.
    Given,
}

impl Timestamps {
    /// Whether the certificates that were presented will be good at `time`, by whatever path leads to an authority.
    pub fn is_chain_good_at(&self, time: UnixTime) -> bool {
        self.chain.split_first().is_some_and(|(leaf, rest)| self.verifier.verify(leaf, rest, time).is_ok())
    }

    /// Whether the request went over a connection of its own; if not, a kept one served it. A connection that was
    /// begun but lost the race against a kept one does not count.
    pub fn is_fresh(&self) -> bool {
        match (self.connect_start, self.ready, self.sent.or(self.head)) {
            (None, _, _) => false,
            (Some(_), Some(ready), Some(used)) => ready <= used,
            (Some(_), None, Some(_)) => false,
            (Some(_), _, None) => true,
        }
    }
}

/// The timestamps of one request, shared with the hooks. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct RequestTimeline(Arc<Mutex<Timestamps>>);

tokio::task_local! {
    static CURRENT: RequestTimeline;
}

impl RequestTimeline {
    /// Runs `future` with this timeline as the one that the hooks record to.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// The timeline of the running future, if it has one.
    pub(super) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Changes the timestamps of the running future's timeline, if it has one.
    pub(super) fn record_current(write: impl FnOnce(&mut Timestamps)) {
        let _ = CURRENT.try_with(|timeline| timeline.record(write));
    }

    /// Changes the timestamps.
    pub(super) fn record(&self, write: impl FnOnce(&mut Timestamps)) {
        // A panic while writing leaves at worst one timestamp unset.
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The timestamps so far.
    pub fn timestamps(&self) -> Timestamps {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
