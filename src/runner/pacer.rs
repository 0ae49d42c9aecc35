//! When the next run may start, so that runs do not measure each other.
//!
//! A run needs the processor in short bursts (a handshake, an answer) and waits in between. Started together, each of many
//! runs waits for the bursts of all others, and that wait is in its phases. The pacer therefore starts runs one after the
//! other, at the rate at which they leave the processor free for a part of the time; runs that wait for the network
//! overlap as they like. What a run costs is learnt from the thread's processor time, and how much of a processor there is
//! follows from the environment.

mod processor_share;
mod run_cost;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use time::OffsetDateTime;
use tokio::sync::oneshot;

use self::processor_share::processor_share;
use self::run_cost::RunCost;

/// How much of its share of a processor may be in use: what is left keeps queues short.
const UTILIZATION: f64 = 0.65;

/// How far starts may fall behind their pace and catch up: timers have milliseconds.
const CATCH_UP: Duration = Duration::from_millis(2);

/// Lag of the event loop up to this is that of its timers.
const USUAL_LAG: Duration = Duration::from_micros(2500);

/// How often a start is put off because the loop lags, at most: a lag that lasts is not the pacer's to cure.
const MAX_POSTPONEMENTS: u32 = 20;

/// Paces the starts of runs; one for all groups of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pacer(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// The share of a processor.
    share: f64,
    cost: RunCost,
    /// When the next run may start.
    next: Instant,
    /// Who waits, by when a start is too late and by the order of arrival.
    waiting: BTreeMap<(OffsetDateTime, u64), oneshot::Sender<Admission>>,
    /// Counts waiters, so that equally urgent ones keep their order.
    arrivals: u64,
    /// Whether a task lets waiters start.
    is_pumping: bool,
}

/// A run that may start, or has; the pacer learns from its end what it cost.
#[derive(Debug)]
pub struct Admission(Pacer);

impl Default for Pacer {
    fn default() -> Self {
        Self::with_share(processor_share())
    }
}

impl Pacer {
    /// A pacer for this share of a processor: above 0, at most 1.
    pub fn with_share(share: f64) -> Self {
        let state = State {
            share,
            cost: RunCost::default(),
            next: Instant::now(),
            waiting: BTreeMap::new(),
            arrivals: 0,
            is_pumping: false,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits until a run may start that is too late after `latest`: the most urgent first, else in order.
    pub async fn admit(&self, latest: OffsetDateTime) -> Admission {
        let turn = {
            let mut state = self.state();
            if state.waiting.is_empty() && state.next <= Instant::now() {
                state.started(Instant::now());
                return Admission(self.clone());
            }
            let (start, turn) = oneshot::channel();
            let urgency = (latest, state.arrivals);
            state.arrivals += 1;
            state.waiting.insert(urgency, start);
            if !std::mem::replace(&mut state.is_pumping, true) {
                tokio::spawn(self.clone().pump());
            }
            turn
        };
        match turn.await {
            Ok(admission) => admission,
            // The runtime ends.
            Err(_) => std::future::pending().await,
        }
    }

    /// Lets waiters start, until none is left.
    async fn pump(self) {
        let mut postponed = 0;
        loop {
            let next = self.state().next;
            if next > Instant::now() {
                tokio::time::sleep_until(next.into()).await;
                if next.elapsed() > USUAL_LAG && postponed < MAX_POSTPONEMENTS {
                    // What has piled up comes first.
                    postponed += 1;
                    self.state().next = Instant::now() + USUAL_LAG / 2;
                    continue;
                }
            }
            postponed = 0;
            let start = {
                let mut state = self.state();
                let Some((_, start)) = state.waiting.pop_first() else {
                    state.is_pumping = false;
                    return;
                };
                if start.is_closed() {
                    continue;
                }
                state.started(Instant::now());
                start
            };
            // Where nobody waits any more, the admission is dropped, and with it what it counted.
            drop(start.send(Admission(self.clone())));
            tokio::task::yield_now().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic leaves is still in order.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn started(&mut self, now: Instant) {
        self.cost.started(processor_time());
        let apart = self.cost.estimate().div_f64(UTILIZATION * self.share);
        self.next = self.next.max(now.checked_sub(CATCH_UP).unwrap_or(now)) + apart;
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.0.state().cost.ended(processor_time());
    }
}

/// The processor time of this thread, which is the event loop's.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_most_urgent_starts_first_and_equals_in_order() {
        let pacer = Pacer::with_share(0.05);
        let order = Arc::new(Mutex::new(Vec::new()));
        let (first, now) = (pacer.admit(OffsetDateTime::UNIX_EPOCH).await, OffsetDateTime::UNIX_EPOCH);
        let mut tasks = tokio::task::JoinSet::new();
        for (name, seconds) in [("a", 60), ("b", 300), ("c", 60), ("d", 10), ("e", 300)] {
            let (pacer, order) = (pacer.clone(), order.clone());
            tasks.spawn(async move {
                let admission = pacer.admit(now + Duration::from_secs(seconds)).await;
                order.lock().expect("no panic").push(name);
                drop(admission);
            });
        }
        tasks.join_all().await;
        drop(first);
        assert_eq!(*order.lock().expect("no panic"), ["d", "a", "c", "b", "e"]);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_takes_no_turn() {
        let pacer = Pacer::with_share(0.05);
        let _first = pacer.admit(OffsetDateTime::UNIX_EPOCH).await;
        let given_up = tokio::time::timeout(Duration::ZERO, pacer.admit(OffsetDateTime::UNIX_EPOCH)).await;
        assert!(given_up.is_err());
        let _second = pacer.admit(OffsetDateTime::UNIX_EPOCH).await;
        assert_eq!(pacer.state().cost.running(), 2);
    }
}
