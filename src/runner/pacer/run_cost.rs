//! How much processor time a run costs, as learnt from the runs before.

use std::time::Duration;

/// What a run is taken to cost before any was made: a fresh TLS connection, on the processors that there are today.
const FIRST_ESTIMATE: Duration = Duration::from_micros(400);

/// How many runs what was known before a period counts as.
const PRIOR_RUNS: f64 = 8.0;

/// After how many runs a period ends where runs never cease.
const PERIOD: u32 = 64;

/// Limits of what is believed.
const MIN: Duration = Duration::from_micros(50);
const MAX: Duration = Duration::from_millis(50);

/// Learns what runs cost on the average, in periods. A run that has not ended counts as half of one.
#[derive(Debug)]
pub struct RunCost {
    estimate: Duration,
    /// What was known when the period began.
    prior: Duration,
    /// The processor time at which the period began.
    since: Duration,
    /// How many were running then.
    running_before: u32,
    ended: u32,
    running: u32,
}

impl Default for RunCost {
    fn default() -> Self {
        Self {
            estimate: FIRST_ESTIMATE,
            prior: FIRST_ESTIMATE,
            since: Duration::ZERO,
            running_before: 0,
            ended: 0,
            running: 0,
        }
    }
}

impl RunCost {
    /// A run starts at this processor time.
    pub fn started(&mut self, time: Duration) {
        if self.running == 0 {
            // What was done meanwhile has nothing to do with runs.
            self.begin(time);
        }
        self.running += 1;
    }

    /// A run has ended.
    pub fn ended(&mut self, time: Duration) {
        self.running = self.running.saturating_sub(1);
        self.ended += 1;
        let halves = f64::from(self.running) - f64::from(self.running_before);
        let runs = f64::from(self.ended) + halves / 2.0;
        let used = time.saturating_sub(self.since);
        self.estimate = (self.prior.mul_f64(PRIOR_RUNS) + used).div_f64((PRIOR_RUNS + runs).max(1.0)).clamp(MIN, MAX);
        if self.ended >= PERIOD {
            self.begin(time);
        }
    }

    fn begin(&mut self, time: Duration) {
        self.prior = self.estimate;
        self.since = time;
        self.running_before = self.running;
        self.ended = 0;
    }

    /// Processor time of a run.
    pub const fn estimate(&self) -> Duration {
        self.estimate
    }

    /// How many are running.
    #[cfg(test)]
    pub const fn running(&self) -> u32 {
        self.running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// So many runs, one after the other, that cost this much each, with work of others in between.
    fn alone(cost: &mut RunCost, runs: u32, each: Duration, mut time: Duration) -> Duration {
        for _ in 0..runs {
            time += 5 * MS;
            cost.started(time);
            time += each;
            cost.ended(time);
        }
        time
    }

    #[test]
    fn the_cost_of_runs_is_learnt_and_what_happens_between_them_is_not_theirs() {
        let mut cost = RunCost::default();
        let time = alone(&mut cost, 100, 2 * MS, MS);
        assert!((1950..=2000).contains(&cost.estimate().as_micros()), "{cost:?}");
        alone(&mut cost, 100, MS / 4, time);
        assert!((250..=260).contains(&cost.estimate().as_micros()), "{cost:?}");
    }

    #[test]
    fn runs_that_overlap_share_what_is_used() {
        let mut cost = RunCost::default();
        let mut time = MS;
        for _ in 0..200 {
            cost.started(time);
            time += MS / 2;
        }
        for _ in 0..200 {
            time += MS / 2;
            cost.ended(time);
        }
        assert!((900..=1100).contains(&cost.estimate().as_micros()), "{cost:?}");
    }

    #[test]
    fn nonsense_is_not_believed() {
        let mut cost = RunCost::default();
        alone(&mut cost, 50, Duration::ZERO, MS);
        assert_eq!(cost.estimate(), MIN);
        cost.started(MS);
        cost.ended(Duration::from_secs(3600));
        assert_eq!(cost.estimate(), MAX);
    }
}
