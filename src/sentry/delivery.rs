//! Bringing envelopes to Sentry, and knowing that they arrived.
//!
//! The SDK's own transport is not used for results: it sends one envelope at a time, drops what does not fit its queue,
//! and says that all is well. This one sends many at once, tries again what can be
//! tried again, ends by its deadline, and accounts for every envelope.

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
    /// How many there were, those kept from deliveries before among them; the sum of the next three.
    pub envelopes: usize,
    /// How many Sentry took.
    pub delivered: usize,
    /// How many were given up.
    pub lost: usize,
    /// How many are kept for the next delivery.
    pub spooled: usize,
    /// How many of all had been kept from deliveries before.
    pub carried: usize,
    /// How many of the others did not arrive.
    pub missing: usize,
    /// How many of all did not arrive because time was up: Sentry was still silent.
    pub late: usize,
    /// How long it took.
    pub duration: Duration,
    /// For people: why some did not arrive, each reason once.
    pub problems: Vec<String>,
}

/// Brings envelopes to one Sentry project. Cheap to make: nothing is built before the first delivery.
pub struct DeliveryClient {
    dsn: Dsn,
    tls: rustls::ClientConfig,
    post: OnceLock<Result<Transport, String>>,
    limits: Mutex<Limits>,
    /// `None`: there will be no next delivery.
    spool: Option<Mutex<Spool>>,
    /// Whether what is kept stands in the log already.
    logs_kept: bool,
    shutdown: Shutdown,
}

impl DeliveryClient {
    /// So many requests are on their way at the same time, where there are as many envelopes.
    pub const AT_ONCE: usize = transport::CONNECTIONS;

    /// A courier to the project behind `dsn`, over this TLS configuration.
    pub fn new(dsn: Dsn, tls: rustls::ClientConfig) -> Self {
        Self {
            dsn,
            tls,
            post: OnceLock::new(),
            limits: Mutex::default(),
            spool: None,
            logs_kept: true,
            shutdown: Shutdown::default(),
        }
    }

    /// The same, which keeps what did not arrive but might another time: the next delivery sends it first.
    pub fn keeping(self) -> Self {
        Self { spool: Some(Mutex::default()), ..self }
    }

    /// The same, but what is kept is not written to the log before it is given up: for a process that has the time to say so
    /// at its end.
    pub fn patient(self) -> Self {
        Self { logs_kept: false, ..self.keeping() }
    }

    /// The same, whose deliveries this shutdown cuts short.
    pub fn until(self, shutdown: Shutdown) -> Self {
        Self { shutdown, ..self }
    }

    /// How many envelopes wait for the next delivery.
    pub fn waiting(&self) -> usize {
        self.spool().map_or(0, |spool| spool.len())
    }

    /// Gives up what waits, and says how much it was. It stands in `log` then, if it did not before.
    pub fn give_up(&self, log: &mut (dyn Write + Send)) -> usize {
        let waiting = self.spool().map(|mut spool| spool.take()).unwrap_or_default();
        if !self.logs_kept {
            waiting.iter().for_each(|envelope| write(log, envelope));
        }
        waiting.len()
    }

    /// Delivers what it can until `deadline`, and never takes longer; what was kept goes first, but where there is
    /// anything else only in the first half of the time. Envelopes that did not arrive are written to `log` in full, one
    /// line of JSON each, once.
    pub async fn deliver(
        &self,
        envelopes: Vec<Envelope>,
        deadline: Instant,
        log: &mut (dyn Write + Send),
    ) -> Delivered {
        let started = Instant::now();
        let mut mail = self.spool().map(|mut spool| spool.take()).unwrap_or_default();
        let carried = mail.len();
        mail.extend(envelopes);
        let mut delivered = Delivered { envelopes: mail.len(), carried, ..Delivered::default() };
        let fates = self.fates(&mail, carried, deadline).await;

        let mut problems = Problems::default();
        for (index, (envelope, fate)) in mail.into_iter().zip(fates).enumerate() {
            let (sentence, may_wait) = match fate {
                DeliveryOutcome::Delivered => {
                    delivered.delivered += 1;
                    continue;
                }
                DeliveryOutcome::Later(sentence) => (sentence, true),
                DeliveryOutcome::Late(sentence) => {
                    delivered.late += 1;
                    (sentence, true)
                }
                DeliveryOutcome::Lost(sentence) => (sentence, false),
            };
            problems.add(sentence);
            let is_new = index >= carried;
            delivered.missing += usize::from(is_new);
            match self.spool().filter(|_| may_wait) {
                Some(mut spool) => {
                    if is_new && self.logs_kept {
                        write(log, &envelope);
                    }
                    let gone = spool.keep(envelope);
                    delivered.spooled = (delivered.spooled + 1).saturating_sub(gone.len());
                    delivered.lost += gone.len();
                    if !self.logs_kept {
                        gone.iter().for_each(|envelope| write(log, envelope));
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

    /// What becomes of each envelope; the first `carried` are kept ones.
    async fn fates(&self, mail: &[Envelope], carried: usize, deadline: Instant) -> Vec<DeliveryOutcome> {
        if mail.is_empty() {
            return Vec::new();
        }
        let all_lost = |sentence: &String| mail.iter().map(|_| DeliveryOutcome::Lost(sentence.clone())).collect();
        let post = match self.post.get_or_init(|| Transport::new(&self.dsn, self.tls.clone())) {
            Ok(post) => post,
            Err(sentence) => return all_lost(sentence),
        };
        let round = match Batch::new(post, &self.limits, &self.shutdown, mail.len(), deadline) {
            Ok(round) => round,
            Err(sentence) => return all_lost(&sentence),
        };
        let now = Instant::now();
        let half = now + deadline.saturating_duration_since(now) / 2;
        let has_new = carried < mail.len();
        let bring = async |index: usize, envelope: &Envelope| {
            let until = if index < carried && has_new { half } else { deadline };
            (index, round.bring(envelope, until).await)
        };
        let brought = mail.iter().enumerate().map(|(index, envelope)| bring(index, envelope));
        let brought = brought.collect::<FuturesUnordered<_>>().collect::<Vec<_>>();
        let mut fates = round.watch(brought).await;
        round.close();
        fates.sort_unstable_by_key(|(index, _)| *index);
        fates.into_iter().map(|(_, fate)| fate).collect()
    }

    fn spool(&self) -> Option<MutexGuard<'_, Spool>> {
        self.spool.as_ref().map(|spool| spool.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for DeliveryClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Courier({})", self.dsn.host())
    }
}

/// Nothing can be done for a log that cannot be written; the loss is counted.
fn write(log: &mut (dyn Write + Send), envelope: &Envelope) {
    let _ = writeln!(log, "{}", envelope.log_line());
}

/// Reasons in the order in which they came up, each with its number of envelopes.
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
