//! The end of the process: what is going on is cut short, and what is at hand delivered.
//!
//! Lambda sends SIGTERM, and SIGKILL 500 ms later (300 ms later beside an external extension):
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>. Between
//! invocations nothing but kept envelopes is at stake. One that is still running is one that outlived its deadline, or
//! runs elsewhere than on Lambda. `sentrynet watch` lets runs end first, and cuts short what then is still out.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Runs that are over so long after the signal count; later ones are skipped.
pub const RUNS: Duration = Duration::from_millis(100);

/// The function's delivery ends so long after the signal; what has not arrived is written to the log at once.
pub const DELIVERY: Duration = Duration::from_millis(400);

/// Whether the end has begun, and when. Clones are the same; one that nobody begins never does.
#[derive(Clone, Debug)]
pub struct Shutdown {
    began: watch::Sender<Option<Instant>>,
    delivery: Duration,
}

impl Default for Shutdown {
    /// The function's.
    fn default() -> Self {
        Self::allowing(DELIVERY)
    }
}

impl Shutdown {
    /// One that leaves so long for delivery.
    pub fn allowing(delivery: Duration) -> Self {
        Self { began: watch::Sender::default(), delivery }
    }

    /// Waits until it has begun, and there is no more time for delivery.
    pub async fn delivery(&self) {
        self.passed(self.delivery).await;
    }

    /// The end begins now, if it has not begun before. Says when it began.
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
            // Whoever waits holds the sender: it cannot be gone.
            None => std::future::pending().await,
        }
    }
}
