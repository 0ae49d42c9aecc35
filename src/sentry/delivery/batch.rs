//! One delivery: many envelopes in flight at once, retried while there is time, each with its outcome.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::backoff::Backoff;
use super::error::SendError;
use super::rate_limits::{ActiveLimit, Category, Limits};
use super::response::Verdict;
use super::shrink;
use super::transport::{Connections, Reply, Transport};
use crate::clock::SuspendAwareInstant;
use crate::sentry::envelope::Envelope;
use crate::shutdown::Shutdown;

/// A request gets two thirds of the time that is left, so that a retry can follow, but not less than this… What is reserved
/// for a delivery is twice what the last one took: half of that would be just what it took.
const MIN_LENGTH: Duration = Duration::from_secs(1);
/// … and not more than this.
const MAX_LENGTH: Duration = Duration::from_secs(10);

/// How long the first request, which negotiates the protocol, is sent alone.
const ALONE: Duration = Duration::from_secs(1);

/// A Sentry that refused all connections for this long, or for a fifth of the time, is given up.
const UNREACHABLE: Duration = Duration::from_secs(3);

/// A rate limit ends for everybody at the same instant: requests that waited for it are spread over this time.
const SPREAD: Duration = Duration::from_millis(250);

/// What became of one envelope. Reasons are sentences for people.
pub enum DeliveryOutcome {
    /// Sentry accepted it.
    Delivered,
    /// It did not arrive, but a later attempt may succeed.
    Retryable(String),
    /// The same, and more time may be all that it takes: Sentry did not answer any attempt.
    TimedOut(String),
    /// Sentry rejects it for good.
    Lost(String),
}

/// What the envelopes of one delivery share.
pub struct Batch<'a> {
    transport: &'a Transport,
    limits: &'a Mutex<Limits>,
    shutdown: &'a Shutdown,
    connections: Mutex<Connections>,
    permits: Semaphore,
    /// Whether all permits are available: not before the first request has negotiated the protocol.
    is_open: AtomicBool,
    /// Whether Sentry has answered at all.
    is_reachable: AtomicBool,
    /// When a Sentry that has not answered at all is given up.
    unreachable: Instant,
}

impl<'a> Batch<'a> {
    /// A delivery of `envelopes` envelopes that begins now.
    ///
    /// # Errors
    ///
    /// A sentence for people.
    pub fn new(
        transport: &'a Transport,
        limits: &'a Mutex<Limits>,
        shutdown: &'a Shutdown,
        envelopes: usize,
        deadline: Instant,
    ) -> Result<Self, String> {
        let connections = transport.connect()?;
        let now = Instant::now();
        let waits = envelopes > 1 && transport.is_protocol_unknown(&connections);
        Ok(Self {
            transport,
            limits,
            shutdown,
            connections: connections.into(),
            permits: Semaphore::new(if waits { 1 } else { transport.at_once() }),
            is_open: (!waits).into(),
            is_reachable: false.into(),
            unreachable: now + UNREACHABLE.max(deadline.saturating_duration_since(now) / 5),
        })
    }

    /// Drives `envelopes`, the futures of [`Self::deliver`], and releases all permits in time.
    pub async fn drive<F: Future>(&self, envelopes: F) -> F::Output {
        let opening = async {
            sleep(ALONE).await;
            self.open();
            std::future::pending::<std::convert::Infallible>().await
        };
        tokio::select! {
            biased;
            output = envelopes => output,
            never = opening => match never {},
        }
    }

    /// Keeps the connections for the next delivery, if they served this one.
    pub fn close(self) {
        if self.is_reachable.into_inner() {
            self.transport.keep(self.connections.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Delivers one envelope; the outcome is known at `until` at the latest.
    pub async fn deliver(&self, envelope: &Envelope, until: Instant) -> DeliveryOutcome {
        tokio::select! {
            biased;
            outcome = self.attempts(envelope, until) => outcome,
            () = self.shutdown.delivery() => {
                DeliveryOutcome::Retryable(self.sentence("SentryNet was shut down before", "answered"))
            }
        }
    }

    async fn attempts(&self, envelope: &Envelope, until: Instant) -> DeliveryOutcome {
        let category = Category::of(envelope.kind());
        let mut backoff = Backoff::default();
        let mut shrunk: Option<Envelope> = None;
        let mut why: Option<String> = None;
        // Without any answer, more time may be all that it takes.
        let mut has_answer = false;
        loop {
            if let Some(limit) = self.limit(category) {
                let end = Instant::now() + limit.left;
                if end >= until {
                    return DeliveryOutcome::Retryable(self.limited(why, limit));
                }
                sleep_until((end + SPREAD.mul_f64(fastrand::f64())).min(until)).await;
            }
            let Ok(Ok(permit)) = timeout_at(until, self.permits.acquire()).await else {
                return self.timed_out(why, has_answer);
            };
            // Waiting for the permit may have taken a while.
            if self.limit(category).is_some() {
                continue;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.timed_out(why, has_answer);
            }
            let share = (left * 2 / 3).clamp(MIN_LENGTH, MAX_LENGTH).min(left);
            let (client, is_kept) = {
                let connections = self.connections();
                (connections.client(), connections.is_kept())
            };
            let sent = shrunk.as_ref().unwrap_or(envelope);
            let reply = self.transport.send(&client, sent, Instant::now() + share).await;
            self.open();
            drop(permit);

            let (mut min_wait, mut end) = (Duration::ZERO, until);
            has_answer |= !matches!(reply, Reply::Timeout);
            match reply {
                Reply::Response(response) => {
                    self.is_reachable.store(true, Ordering::Relaxed);
                    self.limits().add(&response.limits, SuspendAwareInstant::now());
                    match response.verdict {
                        Verdict::Accepted => return DeliveryOutcome::Delivered,
                        Verdict::Rejected(answer) => return DeliveryOutcome::Lost(self.sentence("", &answer)),
                        Verdict::TooLarge(answer) if shrunk.is_some() => {
                            return DeliveryOutcome::Lost(
                                self.sentence("", &format!("{answer}, even after the envelope was reduced")),
                            );
                        }
                        Verdict::TooLarge(answer) => match shrink::shrunk(envelope) {
                            Some(smaller) => {
                                why = Some(self.sentence("", &answer));
                                shrunk = Some(smaller);
                                continue;
                            }
                            None => return DeliveryOutcome::Lost(self.sentence("", &answer)),
                        },
                        Verdict::Limited(answer) => {
                            why = Some(self.sentence("", &answer));
                            if self.limit(category).is_some() {
                                continue;
                            }
                        }
                        Verdict::Busy(answer, wait) => {
                            why = Some(self.sentence("", &answer));
                            min_wait = wait;
                        }
                    }
                }
                Reply::Error(SendError::Untrusted(cause)) => {
                    return DeliveryOutcome::Retryable(self.sentence("", &format!("could not be reached: {cause}")));
                }
                Reply::Error(SendError::Unreachable(cause)) => {
                    why = Some(self.sentence("", &format!("could not be reached: {cause}")));
                    if !self.is_reachable.load(Ordering::Relaxed) {
                        end = until.min(self.unreachable);
                    }
                }
                Reply::Error(SendError::Broken(cause)) => {
                    why = Some(self.sentence("", &format!("did not answer: {cause}")));
                    if is_kept {
                        self.connections().renew(self.transport);
                        continue;
                    }
                }
                Reply::Timeout => {
                    // An earlier answer says more.
                    why.get_or_insert_with(|| self.sentence("", "did not answer in time"));
                    if is_kept {
                        self.connections().renew(self.transport);
                    }
                    // Waiting for the answer was pause enough.
                    continue;
                }
            }
            match backoff.next(end.saturating_duration_since(Instant::now()), min_wait) {
                Some(pause) => sleep(pause).await,
                None => return DeliveryOutcome::Retryable(why.unwrap_or_default()),
            }
        }
    }

    /// The outcome of an envelope when time is up.
    fn timed_out(&self, why: Option<String>, has_answer: bool) -> DeliveryOutcome {
        let why = why.unwrap_or_else(|| self.sentence("no time left to send to", ""));
        if has_answer { DeliveryOutcome::Retryable(why) } else { DeliveryOutcome::TimedOut(why) }
    }

    /// Releases all permits.
    fn open(&self) {
        if !self.is_open.swap(true, Ordering::Relaxed) {
            self.permits.add_permits(self.transport.at_once() - 1);
        }
    }

    fn limit(&self, category: Category) -> Option<ActiveLimit> {
        self.limits().active(category, SuspendAwareInstant::now())
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limited(&self, why: Option<String>, limit: ActiveLimit) -> String {
        let seconds = limit.left.as_secs_f64().ceil();
        let limited = format!("rejects {} for {seconds} s, longer than the time left", limit.category.as_str());
        match why {
            Some(why) => format!("{why}; it {limited}"),
            None => format!("not sent: {}", self.sentence("", &limited)),
        }
    }

    /// `BEFORE Sentry at HOST AFTER`.
    fn sentence(&self, before: &str, after: &str) -> String {
        format!("{before} Sentry at {} {after}", self.transport.host()).trim().to_owned()
    }
}
