//! A group of probes, side by side, under a deadline.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::outcome::{Outcome, RunIdentity, Status};
use crate::probe::{Context, Probe, run};
use crate::schedule::Start;
use crate::{shutdown, wording};

const OUT_OF_TIME: &str = "no time was left in the invocation";

/// This says nothing about the target: no failure.
const SHUT_DOWN: &str = "SentryNet was shut down";

/// How far apart probes start that are due at once, so that one's phases do not hold what another's name lookup and
/// handshake take of the processor.
const START_STAGGER: Duration = Duration::from_micros(500);

/// How much later the last one may start for that.
const SPREAD: Duration = Duration::from_millis(25);

/// Follows one job while it is worked on. It is dropped when the job's runs are over.
pub trait Follower: std::fmt::Debug + Send + Sync {
    /// A run of the job is over, or is not made.
    fn ended(&self, outcome: &Outcome);
}

/// One tick of one probe.
#[derive(Clone, Debug)]
pub struct ScheduledRun {
    /// The probe.
    pub probe: Arc<Probe>,
    /// The instant at which it is due; its runs do not start before.
    pub tick: OffsetDateTime,
    /// Whether a schedule asks for it: then the burst waits for its tick, and a stale tick is skipped. A run by hand
    /// starts at once.
    pub scheduled: bool,
    /// Until when runs of the probe were out that are no job of the same group's.
    pub busy_until: Option<OffsetDateTime>,
    /// Who wants to know what becomes of it, at once.
    pub follower: Option<Arc<dyn Follower>>,
}

impl ScheduledRun {
    /// A run by hand, now.
    pub const fn by_hand(probe: Arc<Probe>, now: OffsetDateTime) -> Self {
        Self { probe, tick: now, scheduled: false, busy_until: None, follower: None }
    }

    /// A tick that a schedule asks for.
    pub const fn scheduled(probe: Arc<Probe>, tick: OffsetDateTime) -> Self {
        Self { probe, tick, scheduled: true, busy_until: None, follower: None }
    }
}

/// Runs the jobs of a group: probes side by side, the ticks of one probe and the runs of a burst one after the other, so
/// that none overlaps with itself. A tick whose turn comes late is run while it is fresh, else skipped. The outcomes
/// come in the order of the jobs. A panic in a run is that run's failure.
pub async fn run_group(group: &str, jobs: Vec<ScheduledRun>, context: &Context) -> Vec<Outcome> {
    let mut lanes: Vec<Vec<(usize, ScheduledRun)>> = Vec::new();
    for (index, job) in jobs.into_iter().enumerate() {
        match lanes.iter_mut().find(|lane| lane.iter().any(|(_, known)| Arc::ptr_eq(&known.probe, &job.probe))) {
            Some(lane) => lane.push((index, job)),
            None => lanes.push(vec![(index, job)]),
        }
    }
    let apart = u32::try_from(lanes.len()).map_or(Duration::ZERO, |count| START_STAGGER.min(SPREAD / count.max(1)));
    let mut tasks = JoinSet::new();
    for (place, lane) in (0..).zip(lanes) {
        let (group, context) = (group.to_owned(), context.clone());
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            // When the last runs that were made were over.
            let mut busy_until = None;
            for (index, job) in lane {
                let made = run_job(&group, &job, apart * place, busy_until.max(job.busy_until), &context).await;
                if made.iter().any(|outcome| !matches!(outcome.status, Status::Skipped(_))) {
                    busy_until = Some(OffsetDateTime::now_utc());
                }
                outcomes.push((index, made));
            }
            outcomes
        });
    }
    let mut outcomes: Vec<(usize, Vec<Outcome>)> = tasks.join_all().await.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().flat_map(|(_, outcomes)| outcomes).collect()
}

/// Runs the burst of one tick, `later` than it is due.
async fn run_job(
    group: &str,
    job: &ScheduledRun,
    later: Duration,
    busy_until: Option<OffsetDateTime>,
    context: &Context,
) -> Vec<Outcome> {
    let probe = &*job.probe;
    let skip = if job.scheduled { wait(job, busy_until, context).await } else { None };
    if skip.is_none() && !later.is_zero() {
        tokio::time::sleep(later).await;
    }
    let mut outcomes = Vec::new();
    for burst in 0..probe.burst {
        let identity = RunIdentity {
            location: context.location_of(&probe.tags),
            group: group.to_owned(),
            probe: probe.identity.clone(),
            tick: job.tick,
            burst,
        };
        let is_over = context.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let why = match is_over {
            true => Some(OUT_OF_TIME.to_owned()),
            false if context.shutdown.has_begun() => Some(SHUT_DOWN.to_owned()),
            false => skip.clone(),
        };
        let outcome = match why {
            Some(why) => run::skipped(probe, identity, context, why),
            None => {
                let run = AssertUnwindSafe(run::run(probe, identity.clone(), context)).catch_unwind();
                tokio::select! {
                    biased;
                    ended = run => ended.unwrap_or_else(|panic| run::panicked(probe, identity, context, &*panic)),
                    () = context.shutdown.passed(shutdown::RUNS) => {
                        run::skipped(probe, identity, context, SHUT_DOWN.to_owned())
                    }
                }
            }
        };
        if let Some(follower) = &job.follower {
            follower.ended(&outcome);
        }
        outcomes.push(outcome);
    }
    outcomes
}

/// Waits until the job's tick is due; says why not to run it, if it is not to be run. `busy_until` tells when the
/// probe's own runs before it were over.
async fn wait(job: &ScheduledRun, busy_until: Option<OffsetDateTime>, context: &Context) -> Option<String> {
    match Start::of(job.tick, job.probe.every, OffsetDateTime::now_utc()) {
        Start::Stale { late } => {
            let late = wording::long_duration(late.as_secs());
            Some(match busy_until {
                Some(end) if end > job.tick => {
                    format!("the probe's own runs took until {late} after this tick, which is a period or more")
                }
                _ => format!("stale: {late} late, which is a period or more"),
            })
        }
        Start::In(wait) if context.deadline.is_some_and(|deadline| Instant::now() + wait >= deadline) => {
            Some(OUT_OF_TIME.to_owned())
        }
        Start::In(wait) => tokio::select! {
            () = tokio::time::sleep(wait) => None,
            () = context.shutdown.passed(Duration::ZERO) => Some(SHUT_DOWN.to_owned()),
        },
    }
}
