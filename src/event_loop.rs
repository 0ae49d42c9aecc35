//! The event loop that everything runs on, and how long it left what was ready waiting.
//!
//! SentryNet measures on the thread that it works on. While that thread is in another task, or gets no processor (a quota
//! that is used up, SIGSTOP, a busy machine), an answer may already be there, and the phase that waits for it looks
//! longer than it is. [`measured`] says by how much that may have falsified one run:
//!
//! - what the run itself had to wait for since the loop woke up, each time that it went on, and
//! - every stall of the loop that is longer than a millisecond, whether or not something of this run was ready.
//!
//! Only a runtime of [`runtime`] is observed; on any other one nothing is measured.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// A longer stretch of work, or a later wake-up, is a stall for every run that is being measured.
const STALL: Duration = Duration::from_millis(1);

/// How often a timer is due while something is measured: what stops the process while it waits is noticed by that.
const BEAT: Duration = Duration::from_millis(5);

/// tokio's timers are up to a millisecond late by themselves.
const TIMER_GRANULARITY: Duration = Duration::from_micros(1500);

/// A wait that is shorter has found something that was ready before.
const NO_WAIT: Duration = Duration::from_micros(50);

thread_local! {
    static LOOP: EventLoop = const { EventLoop::new() };
}

/// A runtime of one thread whose event loop is observed.
///
/// # Errors
///
/// The operating system gives no I/O driver.
pub fn runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    builder.on_thread_park(|| LOOP.with(|event_loop| event_loop.sleeps(Instant::now())));
    builder.on_thread_unpark(|| LOOP.with(|event_loop| event_loop.wakes(Instant::now())));
    builder.enable_all().build()
}

/// Runs `future`, and says by how much the process itself may have falsified its times.
pub async fn measured<F: Future>(future: F) -> (F::Output, Duration) {
    let _measurement = Measurement::begin();
    let stalled = || LOOP.with(|event_loop| event_loop.stalled_at(Instant::now()));
    let (before, mut waited, mut paused) = (stalled(), Duration::ZERO, None);
    let mut future = pin!(future);
    let output = poll_fn(|context| {
        // What it waited for before it began is not part of it.
        if let Some(paused) = paused {
            waited += LOOP.with(|event_loop| event_loop.short_wait(Instant::now(), paused));
        }
        let polled = future.as_mut().poll(context);
        paused = Some(Instant::now());
        polled
    })
    .await;
    (output, waited + stalled().saturating_sub(before))
}

/// What is known of a thread's event loop.
struct EventLoop {
    /// When it woke up. `None`: it sleeps, or is not observed.
    awake_since: Cell<Option<Instant>>,
    /// When it went to sleep.
    asleep_since: Cell<Option<Instant>>,
    /// Since when what goes on now may have been ready: since the loop woke up, or since the time before, if it woke up at
    /// once.
    ready_since: Cell<Option<Instant>>,
    /// All stalls together.
    stalled: Cell<Duration>,
    /// When the timer that watches over sleep is due.
    beat: Cell<Option<Instant>>,
    /// Whether there is a task that keeps that timer going.
    is_beating: Cell<bool>,
    /// How many futures are being measured.
    measured: Cell<usize>,
}

impl EventLoop {
    const fn new() -> Self {
        Self {
            awake_since: Cell::new(None),
            asleep_since: Cell::new(None),
            ready_since: Cell::new(None),
            stalled: Cell::new(Duration::ZERO),
            beat: Cell::new(None),
            is_beating: Cell::new(false),
            measured: Cell::new(0),
        }
    }

    /// The loop has nothing left to do.
    fn sleeps(&self, now: Instant) {
        let awake_since = self.awake_since.take();
        let worked = awake_since.map_or(Duration::ZERO, |since| now - since);
        if worked >= STALL {
            self.stalled.set(self.stalled.get() + worked);
        }
        self.ready_since.set(awake_since.filter(|_| worked < STALL));
        self.asleep_since.set(Some(now));
    }

    /// Something is ready.
    fn wakes(&self, now: Instant) {
        let asleep = self.asleep_since.take();
        if asleep.is_none_or(|since| now - since >= NO_WAIT) || self.ready_since.get().is_none() {
            self.ready_since.set(Some(now));
        }
        if let (Some(due), Some(asleep)) = (self.beat.get(), asleep)
            && now > due + TIMER_GRANULARITY
        {
            // It should have been awake since then.
            self.stalled.set(self.stalled.get() + (now - due.max(asleep)));
            self.beat.set(None);
        }
        self.awake_since.set(Some(now));
    }

    /// All stalls up to now, one that is not over included.
    fn stalled_at(&self, now: Instant) -> Duration {
        let current = self.awake_since.get().map_or(Duration::ZERO, |since| now - since);
        self.stalled.get() + if current >= STALL { current } else { Duration::ZERO }
    }

    /// How long what goes on now, and paused then, may have been ready, where that is no stall.
    fn short_wait(&self, now: Instant, paused: Instant) -> Duration {
        let wait =
            self.ready_since.get().map_or(Duration::ZERO, |since| now.saturating_duration_since(since.max(paused)));
        if wait < STALL { wait } else { Duration::ZERO }
    }
}

/// A future is being measured.
struct Measurement;

impl Measurement {
    /// Begins one, and sees to it that the timer is going that watches over sleep.
    fn begin() -> Self {
        LOOP.with(|event_loop| {
            event_loop.measured.set(event_loop.measured.get() + 1);
            if !event_loop.is_beating.replace(true) {
                tokio::spawn(beat(Beating));
            }
        });
        Self
    }
}

impl Drop for Measurement {
    fn drop(&mut self) {
        LOOP.with(|event_loop| event_loop.measured.set(event_loop.measured.get().saturating_sub(1)));
    }
}

/// There is a task that keeps the timer going. It may also end with its runtime.
struct Beating;

impl Drop for Beating {
    fn drop(&mut self) {
        LOOP.with(|event_loop| {
            event_loop.is_beating.set(false);
            event_loop.beat.set(None);
        });
    }
}

async fn beat(_beating: Beating) {
    while LOOP.with(|event_loop| event_loop.measured.get()) > 0 {
        LOOP.with(|event_loop| event_loop.beat.set(Some(Instant::now() + BEAT)));
        tokio::time::sleep(BEAT).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_was_ready_waits_for_other_tasks_and_a_long_one_stalls_all() {
        let (start, event_loop) = (Instant::now(), EventLoop::new());
        let at = |millis: f64| start + Duration::from_secs_f64(millis / 1e3);
        event_loop.sleeps(at(0.0));
        event_loop.wakes(at(10.0));
        assert_eq!(event_loop.short_wait(at(10.25), at(5.0)), MS / 4);
        assert_eq!(event_loop.short_wait(at(10.5), at(10.25)), MS / 4, "not what it has waited for already");
        assert_eq!(event_loop.stalled_at(at(10.5)), Duration::ZERO);
        event_loop.sleeps(at(10.5));
        // It was ready while the loop worked.
        event_loop.wakes(at(10.5));
        assert_eq!(event_loop.short_wait(at(10.75), at(5.0)), 3 * MS / 4);
        assert_eq!(event_loop.short_wait(at(15.5), at(5.0)), Duration::ZERO);
        assert_eq!(event_loop.stalled_at(at(15.5)), 5 * MS);
        event_loop.sleeps(at(20.5));
        assert_eq!(event_loop.stalled_at(at(30.0)), 10 * MS);
    }

    #[test]
    fn a_wake_up_that_is_late_is_a_stall_from_when_it_was_due() {
        let (start, event_loop) = (Instant::now(), EventLoop::new());
        event_loop.sleeps(start);
        event_loop.beat.set(Some(start + 5 * MS));
        event_loop.wakes(start + 6 * MS);
        assert_eq!(event_loop.stalled_at(start + 6 * MS), Duration::ZERO);
        event_loop.sleeps(start + 6 * MS);
        event_loop.beat.set(Some(start + 11 * MS));
        event_loop.wakes(start + 41 * MS);
        assert_eq!(event_loop.stalled_at(start + 41 * MS), 30 * MS);
        // Once.
        event_loop.sleeps(start + 41 * MS);
        event_loop.wakes(start + 50 * MS);
        assert_eq!(event_loop.stalled_at(start + 50 * MS), 30 * MS);
    }
}
