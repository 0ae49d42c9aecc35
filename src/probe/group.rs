//! A group of probes, side by side, under a deadline.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::run::{self, Context};
use super::words;
use crate::config::Probe;
use crate::outcome::{Outcome, RunIdentity};

/// One tick of one probe.
#[derive(Clone, Debug)]
pub struct Job {
    /// The probe.
    pub probe: Arc<Probe>,
    /// The instant at which it is due; its runs do not start before.
    pub tick: OffsetDateTime,
    /// How late the burst may begin; `None`: any time will do (a run by hand).
    pub fresh_for: Option<Duration>,
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
    let wait = Duration::try_from(job.tick - OffsetDateTime::now_utc()).unwrap_or_default();
    if context.deadline.is_none_or(|deadline| Instant::now() + wait < deadline) {
        tokio::time::sleep(wait).await;
    }
    let stale = why_stale(job);
    let mut outcomes = Vec::new();
    for burst in 0..probe.burst {
        let identity = RunIdentity {
            location: context.location.clone().unwrap_or_default(),
            group: group.to_owned(),
            probe: probe.identity.clone(),
            tick: job.tick,
            burst,
        };
        let out_of_time = || {
            let over = context.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let early = job.tick > OffsetDateTime::now_utc();
            (over || early).then(|| "no time was left in the invocation".to_owned())
        };
        outcomes.push(match stale.clone().or_else(out_of_time) {
            Some(why) => run::skipped(probe, identity, context, why),
            None => {
                let run = AssertUnwindSafe(run::run(probe, identity.clone(), context)).catch_unwind();
                run.await.unwrap_or_else(|panic| run::panicked(probe, identity, context, &*panic))
            }
        });
    }
    outcomes
}

/// Why a tick is too old to be worth running: the firing came late, or the runs before took that long.
fn why_stale(job: &Job) -> Option<String> {
    let late = Duration::try_from(OffsetDateTime::now_utc() - job.tick).unwrap_or_default();
    let stale = job.fresh_for.is_some_and(|limit| late >= limit);
    stale.then(|| format!("stale: {} late, which is a period or more", words::long_duration(late.as_secs())))
}
