//! The response of the function, and of `run --json`.

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use super::run_result::RunResult;
use crate::outcome::{Outcome, rfc3339};
use crate::secrets::Redactor;
use crate::sentry::Delivered;
use crate::wording::milliseconds;

/// The result of one pass over a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The group's name.
    pub group: String,
    /// Where it ran.
    pub location: String,
    /// The time it ran for, RFC 3339.
    pub time: String,
    /// How long everything took, delivery included.
    pub duration_ms: f64,
    /// How many runs there were to be made; the sum of the next four.
    pub runs: usize,
    /// Runs that were as expected.
    pub ok: usize,
    /// Runs that were slow.
    pub degraded: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that were not made.
    pub skipped: usize,
    /// What became of the envelopes.
    pub delivery: Delivery,
    /// Every run.
    pub results: Vec<RunResult>,
}

/// What became of the envelopes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// How many there were.
    pub envelopes: usize,
    /// How many Sentry took.
    pub delivered: usize,
    /// How many were given up.
    pub lost: usize,
    /// How many are kept for later.
    pub spooled: usize,
    /// How long it took.
    pub duration_ms: f64,
}

impl Summary {
    /// By how much the process itself may have falsified the times of the run that suffered most, in milliseconds.
    pub fn worst_stall_ms(&self) -> f64 {
        self.results.iter().filter_map(|result| result.stall_ms).fold(0.0, f64::max)
    }

    /// The summary of one pass over `group`. `time` is its nominal time, `duration` how long it took.
    pub fn new(
        (group, location): (&str, &str),
        time: OffsetDateTime,
        duration: Duration,
        outcomes: &[Outcome],
        delivered: &Delivered,
        redactor: &Redactor,
    ) -> Self {
        let count = |status: &str| outcomes.iter().filter(|outcome| outcome.status.as_str() == status).count();
        Self {
            group: redactor.text(group),
            location: redactor.text(location),
            time: rfc3339(time),
            duration_ms: milliseconds(duration),
            runs: outcomes.len(),
            ok: count("ok"),
            degraded: count("degraded"),
            failed: count("failed"),
            skipped: count("skipped"),
            delivery: Delivery::from(delivered),
            results: outcomes.iter().map(|outcome| RunResult::new(outcome, redactor)).collect(),
        }
    }
}

impl From<&Delivered> for Delivery {
    fn from(delivered: &Delivered) -> Self {
        Self {
            envelopes: delivered.envelopes,
            delivered: delivered.delivered,
            lost: delivered.lost,
            spooled: delivered.spooled,
            duration_ms: milliseconds(delivered.duration),
        }
    }
}
