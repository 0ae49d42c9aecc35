//! Delivering envelopes to Sentry, and knowing which of them arrived.
//!
//! The SDK's own transport is not used for results: it sends one envelope at a time, drops what does not fit its queue,
//! and reports success in all cases. This one sends many concurrently, retries what can be retried, ends by its deadline,
//! and accounts for every envelope.

mod backoff;
mod batch;
mod error;
pub mod rate_limits;
mod response;
mod shrink;
mod spool;
mod transport;

use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sentry::types::Dsn;
use tokio::time::Instant;

use self::batch::{Batch, DeliveryOutcome};
use self::rate_limits::Limits;
use self::spool::Spool;
use self::transport::Transport;
use super::envelope::Envelope;
use crate::shutdown::Shutdown;

/// What became of the envelopes of one delivery: each is counted once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivered {
    /// How many there were, including those kept from earlier deliveries; the sum of the next three.
    pub envelopes: usize,
    /// How many Sentry took.
    pub delivered: usize,
    /// How many were given up.
    pub lost: usize,
    /// How many are kept for the next delivery.
    pub spooled: usize,
    /// How many of all had been kept from earlier deliveries.
    pub carried: usize,
    /// How many of the others did not arrive.
    pub missing: usize,
    /// How many of all did not arrive because time was up before Sentry answered at all.
    pub late: usize,
    /// How long it took.
    pub duration: Duration,
    /// For people: why some did not arrive, each reason once.
    pub problems: Vec<String>,
}

/// Delivers envelopes to one Sentry project. Cheap to make: nothing is built before the first delivery.
pub struct DeliveryClient {
    dsn: Dsn,
    tls: rustls::ClientConfig,
    transport: OnceLock<Result<Transport, String>>,
    limits: Mutex<Limits>,
    /// `None`: there will be no next delivery.
    spool: Option<Mutex<Spool>>,
    /// Whether envelopes are written to the log when they are kept, not only when they are given up.
    logs_kept: bool,
    shutdown: Shutdown,
}

impl DeliveryClient {
    /// How many requests are in flight at the same time, where there are as many envelopes.
    pub const AT_ONCE: usize = transport::CONNECTIONS;

    /// A client for the project behind `dsn`, over this TLS configuration.
    pub fn new(dsn: Dsn, tls: rustls::ClientConfig) -> Self {
        Self {
            dsn,
            tls,
            transport: OnceLock::new(),
            limits: Mutex::default(),
            spool: None,
            logs_kept: true,
            shutdown: Shutdown::default(),
        }
    }

    /// The same, but envelopes that did not arrive and can be retried are kept: the next delivery sends them first.
    pub fn retain_for_next(self) -> Self {
        Self { spool: Some(Mutex::default()), ..self }
    }

    /// The same, but kept envelopes are written to the log only when they are given up: for a process that has the time to
    /// do so when it exits.
    pub fn retain_until_exit(self) -> Self {
        Self { logs_kept: false, ..self.retain_for_next() }
    }

    /// The same, but this shutdown cuts deliveries short.
    pub fn with_shutdown(self, shutdown: Shutdown) -> Self {
        Self { shutdown, ..self }
    }

    /// How many envelopes wait for the next delivery.
    pub fn waiting(&self) -> usize {
        self.spool().map_or(0, |spool| spool.len())
    }

    /// Gives up the envelopes that wait for the next delivery, and returns how many. Those that are not in the log yet are
    /// written to it.
    pub fn give_up(&self, log: &mut (dyn Write + Send)) -> usize {
        let waiting = self.spool().map(|mut spool| spool.take()).unwrap_or_default();
        if !self.logs_kept {
            waiting.iter().for_each(|envelope| write(log, envelope));
        }
        waiting.len()
    }

    /// Delivers what it can until `deadline`, and never takes longer. Kept envelopes go first; where there are new ones too,
    /// the kept ones get the first half of the time only. Envelopes that did not arrive are written to `log` in full, once,
    /// one line of JSON each.
    pub async fn deliver(
        &self,
        envelopes: Vec<Envelope>,
        deadline: Instant,
        log: &mut (dyn Write + Send),
    ) -> Delivered {
        let started = Instant::now();
        let mut all = self.spool().map(|mut spool| spool.take()).unwrap_or_default();
        let carried = all.len();
        all.extend(envelopes);
        let mut delivered = Delivered { envelopes: all.len(), carried, ..Delivered::default() };
        let outcomes = self.outcomes(&all, carried, deadline).await;

        let mut problems = Problems::default();
        for (index, (envelope, outcome)) in all.into_iter().zip(outcomes).enumerate() {
            let (reason, can_retry) = match outcome {
                DeliveryOutcome::Delivered => {
                    delivered.delivered += 1;
                    continue;
                }
                DeliveryOutcome::Retryable(reason) => (reason, true),
                DeliveryOutcome::TimedOut(reason) => {
                    delivered.late += 1;
                    (reason, true)
                }
                DeliveryOutcome::Lost(reason) => (reason, false),
            };
            problems.add(reason);
            let is_new = index >= carried;
            delivered.missing += usize::from(is_new);
            match self.spool().filter(|_| can_retry) {
                Some(mut spool) => {
                    if is_new && self.logs_kept {
                        write(log, &envelope);
                    }
                    let dropped = spool.keep(envelope);
                    delivered.spooled = (delivered.spooled + 1).saturating_sub(dropped.len());
                    delivered.lost += dropped.len();
                    if !self.logs_kept {
                        dropped.iter().for_each(|envelope| write(log, envelope));
                    }
                }
                None => {
                    delivered.lost += 1;
                    if is_new || !self.logs_kept {
                        write(log, &envelope);
                    }
                }
            }
        }
        let _ = log.flush();
        Delivered { duration: started.elapsed(), problems: problems.sentences(), ..delivered }
    }

    /// The outcome of each envelope; the first `carried` are kept ones.
    async fn outcomes(&self, all: &[Envelope], carried: usize, deadline: Instant) -> Vec<DeliveryOutcome> {
        if all.is_empty() {
            return Vec::new();
        }
        let all_lost = |reason: &String| all.iter().map(|_| DeliveryOutcome::Lost(reason.clone())).collect();
        let transport = match self.transport.get_or_init(|| Transport::new(&self.dsn, self.tls.clone())) {
            Ok(transport) => transport,
            Err(reason) => return all_lost(reason),
        };
        let batch = match Batch::new(transport, &self.limits, &self.shutdown, all.len(), deadline) {
            Ok(batch) => batch,
            Err(reason) => return all_lost(&reason),
        };
        let now = Instant::now();
        let half = now + deadline.saturating_duration_since(now) / 2;
        let has_new = carried < all.len();
        let deliver = async |index: usize, envelope: &Envelope| {
            let until = if index < carried && has_new { half } else { deadline };
            (index, batch.deliver(envelope, until).await)
        };
        let deliveries = all.iter().enumerate().map(|(index, envelope)| deliver(index, envelope));
        let deliveries = deliveries.collect::<FuturesUnordered<_>>().collect::<Vec<_>>();
        let mut outcomes = batch.drive(deliveries).await;
        batch.close();
        outcomes.sort_unstable_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn spool(&self) -> Option<MutexGuard<'_, Spool>> {
        self.spool.as_ref().map(|spool| spool.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for DeliveryClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeliveryClient({})", self.dsn.host())
    }
}

/// Nothing can be done about a log that cannot be written; the loss is counted.
fn write(log: &mut (dyn Write + Send), envelope: &Envelope) {
    let _ = writeln!(log, "{}", envelope.log_line());
}

/// Reasons in the order in which they occurred, each with its number of envelopes.
#[derive(Default)]
struct Problems(Vec<(String, usize)>);

impl Problems {
    fn add(&mut self, sentence: String) {
        match self.0.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, count)) => *count += 1,
            None => self.0.push((sentence, 1)),
        }
    }

    fn sentences(self) -> Vec<String> {
        let say = |(sentence, count)| match count {
            1 => sentence,
            _ => format!("{sentence} ({count} envelopes)"),
        };
        self.0.into_iter().map(say).collect()
    }
}
