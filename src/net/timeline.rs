//! The instants of one request, written by hooks on several tasks.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::pki_types::{CertificateDer, UnixTime};

use super::dns_error::DnsFault;
use super::verifier::ChainVerifier;

/// When what happened. An instant that is not there did not happen.
#[derive(Clone, Debug, Default)]
pub struct Timestamps {
    /// The connector was asked for a connection. `None`: a kept connection served.
    pub connect_start: Option<Instant>,
    /// The name was given to the resolver. `None`: the host is an address.
    pub dns_start: Option<Instant>,
    /// The resolver answered.
    pub dns_end: Option<Instant>,
    /// Why the resolver had no address.
    pub dns_fault: Option<DnsFault>,
    /// The addresses that the name stands for, in the order of trying.
    pub addresses: Vec<IpAddr>,
    /// TCP was up and TLS began.
    pub tls_start: Option<Instant>,
    /// The certificates that the server presented, its own first, also when they were not accepted.
    pub chain: Arc<[CertificateDer<'static>]>,
    /// Whether these certificates were accepted.
    pub is_chain_good: bool,
    /// Who judged them.
    pub judge: ChainVerifier,
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
        self.chain.split_first().is_some_and(|(leaf, rest)| self.judge.verify(leaf, rest, time).is_ok())
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

/// The marks of one request, shared with the hooks. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct RequestTimeline(Arc<Mutex<Timestamps>>);

tokio::task_local! {
    static CURRENT: RequestTimeline;
}

impl RequestTimeline {
    /// Runs `future` with this hop as the one that the hooks write to.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// The hop of the running future, if it has one.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Writes to the current hop's marks, if there is one.
    pub(crate) fn mark_current(write: impl FnOnce(&mut Timestamps)) {
        let _ = CURRENT.try_with(|hop| hop.mark(write));
    }

    /// Writes to the marks.
    pub(crate) fn mark(&self, write: impl FnOnce(&mut Timestamps)) {
        // A panic while writing leaves at worst one mark unwritten.
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The marks so far.
    pub fn marks(&self) -> Timestamps {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
