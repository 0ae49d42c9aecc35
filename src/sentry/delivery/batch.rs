//! One delivery: many envelopes on their way at once, tried again while there is time, each with its fate.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::backoff::Backoff;
use super::error::Fault;
use super::rate_limits::{Category, InForce, Limits};
use super::response::Verdict;
use super::transport::{Connections, Reply, Transport};
use crate::clock::SuspendAwareInstant;
use crate::sentry::envelope::Envelope;
use crate::shutdown::Shutdown;

/// A request gets half of the time that is left, so that another one can follow, but not less than this…
const MIN_LENGTH: Duration = Duration::from_secs(1);
/// … and not more than this.
const MAX_LENGTH: Duration = Duration::from_secs(10);

/// A first request that tells which protocol is spoken is waited for no longer.
const ALONE: Duration = Duration::from_secs(1);

/// A Sentry that nothing could be connected to for so long, or for a fifth of the time, will not be there in time.
const UNREACHED: Duration = Duration::from_secs(3);

/// A limit ends for everybody at the same instant: what waited for it goes on within this time.
const SPREAD: Duration = Duration::from_millis(250);

/// What became of one envelope.
pub enum DeliveryOutcome {
    /// Sentry took it.
    Delivered,
    /// It did not arrive, but it might another time; the sentence says why.
    Later(String),
    /// The same, and all that it takes may be more time.
    Late(String),
    /// Sentry will not take it; the sentence says why.
    Lost(String),
}

/// What the envelopes of one delivery share.
pub struct Batch<'a> {
    post: &'a Transport,
    limits: &'a Mutex<Limits>,
    shutdown: &'a Shutdown,
    line: Mutex<Connections>,
    permits: Semaphore,
    /// Whether all the permits are there: not before the first request has told which protocol is spoken.
    is_open: AtomicBool,
    /// Whether Sentry was there at all.
    is_reached: AtomicBool,
    /// When a Sentry that was never there is given up.
    unreached: Instant,
}

impl<'a> Batch<'a> {
    /// A delivery of so many envelopes that begins now. An error is a sentence.
    pub fn new(
        post: &'a Transport,
        limits: &'a Mutex<Limits>,
        shutdown: &'a Shutdown,
        envelopes: usize,
        deadline: Instant,
    ) -> Result<Self, String> {
        let line = post.line()?;
        let now = Instant::now();
        let waits = envelopes > 1 && post.is_unknown(&line);
        Ok(Self {
            post,
            limits,
            shutdown,
            line: line.into(),
            permits: Semaphore::new(if waits { 1 } else { post.at_once() }),
            is_open: (!waits).into(),
            is_reached: false.into(),
            unreached: now + UNREACHED.max(deadline.saturating_duration_since(now) / 5),
        })
    }

    /// Drives `envelopes`, the futures of [`Self::bring`], and opens the way for all of them in time.
    pub async fn watch<F: Future>(&self, envelopes: F) -> F::Output {
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

    /// The connections serve the next delivery, if they served this one.
    pub fn close(self) {
        if self.is_reached.into_inner() {
            self.post.keep(self.line.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Brings one envelope to Sentry, and says at the latest at `until` what became of it.
    pub async fn bring(&self, envelope: &Envelope, until: Instant) -> DeliveryOutcome {
        tokio::select! {
            biased;
            fate = self.attempts(envelope, until) => fate,
            () = self.shutdown.delivery() => {
                DeliveryOutcome::Later(self.say("SentryNet was shut down before", "answered"))
            }
        }
    }

    async fn attempts(&self, envelope: &Envelope, until: Instant) -> DeliveryOutcome {
        let category = Category::of(envelope.kind());
        let mut pauses = Backoff::default();
        let mut shrunk: Option<Envelope> = None;
        let mut why: Option<String> = None;
        // As long as nothing was heard, what is missing may be time.
        let mut has_heard = false;
        loop {
            if let Some(limit) = self.limit(category) {
                let end = Instant::now() + limit.left;
                if end >= until {
                    return DeliveryOutcome::Later(self.limited(why, limit));
                }
                sleep_until((end + SPREAD.mul_f64(fastrand::f64())).min(until)).await;
            }
            let Ok(Ok(permit)) = timeout_at(until, self.permits.acquire()).await else {
                return self.late(why, has_heard);
            };
            // It may have been a while.
            if self.limit(category).is_some() {
                continue;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.late(why, has_heard);
            }
            let share = (left / 2).clamp(MIN_LENGTH, MAX_LENGTH).min(left);
            let (client, is_kept) = {
                let line = self.line();
                (line.client(), line.is_kept())
            };
            let sent = shrunk.as_ref().unwrap_or(envelope);
            let reply = self.post.send(&client, sent, Instant::now() + share).await;
            self.open();
            drop(permit);

            let (mut least, mut end) = (Duration::ZERO, until);
            has_heard |= !matches!(reply, Reply::Silent);
            match reply {
                Reply::Answered(answer) => {
                    self.is_reached.store(true, Ordering::Relaxed);
                    self.limits().add(&answer.limits, SuspendAwareInstant::now());
                    match answer.verdict {
                        Verdict::Taken => return DeliveryOutcome::Delivered,
                        Verdict::Refused(said) => return DeliveryOutcome::Lost(self.say("", &said)),
                        Verdict::TooLarge(said) if shrunk.is_some() => {
                            return DeliveryOutcome::Lost(self.say("", &format!("{said}, also to what was cut down")));
                        }
                        Verdict::TooLarge(said) => match crate::sentry::delivery::shrink::shrunk(envelope) {
                            Some(smaller) => {
                                why = Some(self.say("", &said));
                                shrunk = Some(smaller);
                                continue;
                            }
                            None => return DeliveryOutcome::Lost(self.say("", &said)),
                        },
                        Verdict::Limited(said) => {
                            why = Some(self.say("", &said));
                            if self.limit(category).is_some() {
                                continue;
                            }
                        }
                        Verdict::Busy(said, wait) => {
                            why = Some(self.say("", &said));
                            least = wait;
                        }
                    }
                }
                Reply::Fault(Fault::Untrusted(cause)) => {
                    return DeliveryOutcome::Later(self.say("", &format!("could not be reached: {cause}")));
                }
                Reply::Fault(Fault::Unreached(cause)) => {
                    why = Some(self.say("", &format!("could not be reached: {cause}")));
                    if !self.is_reached.load(Ordering::Relaxed) {
                        end = until.min(self.unreached);
                    }
                }
                Reply::Fault(Fault::Broken(cause)) => {
                    why = Some(self.say("", &format!("gave no answer: {cause}")));
                    if is_kept {
                        self.line().renew(self.post);
                        continue;
                    }
                }
                Reply::Silent => {
                    // What it answered before tells more.
                    why.get_or_insert_with(|| self.say("", "did not answer in time"));
                    if is_kept {
                        self.line().renew(self.post);
                    }
                    // It took its time already.
                    continue;
                }
            }
            match pauses.next(end.saturating_duration_since(Instant::now()), least) {
                Some(pause) => sleep(pause).await,
                None => return DeliveryOutcome::Later(why.unwrap_or_default()),
            }
        }
    }

    /// What becomes of an envelope when time is up.
    fn late(&self, why: Option<String>, has_heard: bool) -> DeliveryOutcome {
        let why = why.unwrap_or_else(|| self.say("no time was left to send to", ""));
        if has_heard { DeliveryOutcome::Later(why) } else { DeliveryOutcome::Late(why) }
    }

    /// All may go.
    fn open(&self) {
        if !self.is_open.swap(true, Ordering::Relaxed) {
            self.permits.add_permits(self.post.at_once() - 1);
        }
    }

    fn limit(&self, category: Category) -> Option<InForce> {
        self.limits().on(category, SuspendAwareInstant::now())
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self) -> MutexGuard<'_, Connections> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limited(&self, why: Option<String>, limit: InForce) -> String {
        let seconds = limit.left.as_secs_f64().ceil();
        let limited = format!("takes {} for {seconds} s, longer than there was time", limit.category.as_str());
        match why {
            Some(why) => format!("{why}; it {limited}"),
            None => format!("not sent: {}", self.say("", &limited)),
        }
    }

    /// `BEFORE Sentry at HOST AFTER`.
    fn say(&self, before: &str, after: &str) -> String {
        format!("{before} Sentry at {} {after}", self.post.host()).trim().to_owned()
    }
}
