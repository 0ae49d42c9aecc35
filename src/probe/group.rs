//! A group of probes, side by side, under a deadline.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::run::{self, Context};
use super::words;
use crate::config::Probe;
use crate::outcome::{Outcome, RunIdentity};
use crate::schedule::Start;

const OUT_OF_TIME: &str = "no time was left in the invocation";

/// One tick of one probe.
#[derive(Clone, Debug)]
pub struct Job {
    /// The probe.
    pub probe: Arc<Probe>,
    /// The instant at which it is due; its runs do not start before.
    pub tick: OffsetDateTime,
    /// Whether a schedule asks for it: then the burst waits for its tick, and a stale tick is skipped. A run by hand
    /// starts at once.
    pub scheduled: bool,
}

/// Runs the jobs of a group: probes side by side, the ticks of one probe and the runs of a burst one after the other.
/// The outcomes come in the order of the jobs. A panic in a run is that run's failure.
pub async fn run_group(group: &str, jobs: Vec<Job>, context: &Context) -> Vec<Outcome> {
    let mut lanes: Vec<Vec<(usize, Job)>> = Vec::new();
    for (index, job) in jobs.into_iter().enumerate() {
        match lanes.iter_mut().find(|lane| lane.iter().any(|(_, known)| Arc::ptr_eq(&known.probe, &job.probe))) {
            Some(lane) => lane.push((index, job)),
            None => lanes.push(vec![(index, job)]),
        }
    }
    let mut tasks = JoinSet::new();
    for lane in lanes {
        let (group, context) = (group.to_owned(), context.clone());
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            for (index, job) in lane {
                outcomes.push((index, run_job(&group, &job, &context).await));
            }
            outcomes
        });
    }
    let mut outcomes: Vec<(usize, Vec<Outcome>)> = tasks.join_all().await.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().flat_map(|(_, outcomes)| outcomes).collect()
}

/// Runs the burst of one tick.
async fn run_job(group: &str, job: &Job, context: &Context) -> Vec<Outcome> {
    let probe = &*job.probe;
    let skip = if job.scheduled { wait(job, context).await } else { None };
    let mut outcomes = Vec::new();
    for burst in 0..probe.burst {
        let identity = RunIdentity {
            location: context.location_of(probe),
            group: group.to_owned(),
            probe: probe.identity.clone(),
            tick: job.tick,
            burst,
        };
        let is_over = context.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let why = if is_over { Some(OUT_OF_TIME.to_owned()) } else { skip.clone() };
        outcomes.push(match why {
            Some(why) => run::skipped(probe, identity, context, why),
            None => {
                let run = AssertUnwindSafe(run::run(probe, identity.clone(), context)).catch_unwind();
                run.await.unwrap_or_else(|panic| run::panicked(probe, identity, context, &*panic))
            }
        });
    }
    outcomes
}

/// Waits until the job's tick is due; says why not to run it, if it is not to be run.
async fn wait(job: &Job, context: &Context) -> Option<String> {
    match Start::of(job.tick, job.probe.every, OffsetDateTime::now_utc()) {
        Start::Stale { late } => {
            let late = words::long_duration(late.as_secs());
            Some(format!("stale: {late} late, which is a period or more"))
        }
        Start::In(wait) if context.deadline.is_some_and(|deadline| Instant::now() + wait >= deadline) => {
            Some(OUT_OF_TIME.to_owned())
        }
        Start::In(wait) => {
            tokio::time::sleep(wait).await;
            None
        }
    }
}
