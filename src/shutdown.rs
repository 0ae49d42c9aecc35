//! Shutdown of the process: runs are cut short, and the results so far are delivered.
//!
//! Lambda sends SIGTERM, and SIGKILL 500 ms later (300 ms later beside an external extension):
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>. Between
//! invocations only kept envelopes are left. An invocation that is still running has outlived its deadline, or does not run
//! on Lambda. `sentrynet watch` lets runs end first, and cuts short those that are still in flight after its grace period.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Runs that end within this time after the signal count; later ones are skipped.
pub const RUNS: Duration = Duration::from_millis(100);

/// The function's delivery ends this long after the signal; what has not arrived is written to the log at once.
pub const DELIVERY: Duration = Duration::from_millis(400);

/// Whether shutdown has begun, and when. Clones share it.
#[derive(Clone, Debug)]
pub struct Shutdown {
    began: watch::Sender<Option<Instant>>,
    delivery: Duration,
}

impl Default for Shutdown {
    /// The function's shutdown.
    fn default() -> Self {
        Self::allowing(DELIVERY)
    }
}

impl Shutdown {
    /// One that leaves `delivery` for delivering.
    pub fn allowing(delivery: Duration) -> Self {
        Self { began: watch::Sender::default(), delivery }
    }

    /// Waits until it has begun and the time for delivery is over.
    pub async fn delivery(&self) {
        self.passed(self.delivery).await;
    }

    /// Begins shutdown, if it has not begun before. Returns when it began.
    pub fn begin(&self) -> Instant {
        let now = Instant::now();
        let mut began = now;
        self.began.send_modify(|at| began = *at.get_or_insert(now));
        began
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.began.borrow().is_some()
    }

    /// Waits until it has begun, and `time` longer.
    pub async fn passed(&self, time: Duration) {
        let mut beginning = self.began.subscribe();
        let began = beginning.wait_for(Option::is_some).await.ok().and_then(|at| *at);
        match began {
            Some(began) => tokio::time::sleep_until(began + time).await,
            // This holds the sender: it cannot be gone.
            None => std::future::pending().await,
        }
    }
}
