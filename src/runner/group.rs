//! A group of probes, side by side, under a deadline.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::pacer::{Admission, Pacer};
use crate::outcome::{Outcome, RunIdentity, Status};
use crate::probe::{Context, Probe, run};
use crate::schedule::Start;
use crate::{event_loop, shutdown, wording};

const OUT_OF_TIME: &str = "no time left in the invocation";

/// Not a failure: it says nothing about the target.
const SHUT_DOWN: &str = "SentryNet was shut down";

/// Observes the runs of one [`ScheduledRun`] as they end. Dropped when all of them are over.
pub trait RunObserver: std::fmt::Debug + Send + Sync {
    /// A run is over, or is not made.
    fn ended(&self, outcome: &Outcome);
}

/// One tick of one probe: as many runs as its burst has.
#[derive(Clone, Debug)]
pub struct ScheduledRun {
    /// The probe.
    pub probe: Arc<Probe>,
    /// The instant at which it is due; its runs do not start before.
    pub tick: OffsetDateTime,
    /// Whether a schedule asks for it: then the burst waits for its tick, and a stale tick is skipped. A manual run
    /// starts at once.
    pub scheduled: bool,
    /// When runs of the probe that were started elsewhere ended.
    pub busy_until: Option<OffsetDateTime>,
    /// Gets each outcome at once.
    pub observer: Option<Arc<dyn RunObserver>>,
}

impl ScheduledRun {
    /// A manual run, now.
    pub const fn manual(probe: Arc<Probe>, now: OffsetDateTime) -> Self {
        Self { probe, tick: now, scheduled: false, busy_until: None, observer: None }
    }

    /// A tick that a schedule asks for.
    pub const fn scheduled(probe: Arc<Probe>, tick: OffsetDateTime) -> Self {
        Self { probe, tick, scheduled: true, busy_until: None, observer: None }
    }
}

/// Makes the runs of a group: probes concurrently, the ticks of one probe and the runs of a burst one after the other, so
/// that no probe overlaps with itself; `pacer` says when a run may start. A tick whose turn comes late is run while it is
/// fresh, else skipped. The outcomes are in the order of `runs`. A panic in a run is that run's failure.
pub async fn run_group(group: &str, runs: Vec<ScheduledRun>, context: &Context, pacer: &Pacer) -> Vec<Outcome> {
    let mut lanes: Vec<Vec<(usize, ScheduledRun)>> = Vec::new();
    for (index, run) in runs.into_iter().enumerate() {
        match lanes.iter_mut().find(|lane| lane.iter().any(|(_, known)| Arc::ptr_eq(&known.probe, &run.probe))) {
            Some(lane) => lane.push((index, run)),
            None => lanes.push(vec![(index, run)]),
        }
    }
    let mut tasks = JoinSet::new();
    for lane in lanes {
        let (group, context, pacer) = (group.to_owned(), context.clone(), pacer.clone());
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            // When the runs that were made last were over.
            let mut busy_until = None;
            for (index, run) in lane {
                let made = run_burst(&group, &run, busy_until.max(run.busy_until), &context, &pacer).await;
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

/// Runs the burst of one tick.
async fn run_burst(
    group: &str,
    run: &ScheduledRun,
    busy_until: Option<OffsetDateTime>,
    context: &Context,
    pacer: &Pacer,
) -> Vec<Outcome> {
    let probe = &*run.probe;
    let skip = if run.scheduled { wait(run, busy_until, context).await } else { None };
    let mut outcomes = Vec::new();
    for burst in 0..probe.burst {
        let identity = RunIdentity {
            location: context.location_of(&probe.tags),
            group: group.to_owned(),
            probe: probe.identity.clone(),
            tick: run.tick,
            burst,
        };
        let outcome = match admission(run, burst, skip.clone(), context, pacer).await {
            Err(why) => run::skipped(probe, identity, context, why),
            Ok(_admission) => {
                let measured = event_loop::measured(run::run(probe, identity.clone(), context));
                tokio::select! {
                    biased;
                    ended = AssertUnwindSafe(measured).catch_unwind() => match ended {
                        Ok((outcome, stall)) => outcome.with_stall(stall),
                        Err(panic) => run::panicked(probe, identity, context, &*panic),
                    },
                    () = context.shutdown.passed(shutdown::RUNS) => {
                        run::skipped(probe, identity, context, SHUT_DOWN.to_owned())
                    }
                }
            }
        };
        if let Some(observer) = &run.observer {
            observer.ended(&outcome);
        }
        outcomes.push(outcome);
    }
    outcomes
}

/// Waits for the turn of a run that is due, unless its tick is to be skipped.
///
/// # Errors
///
/// Why it is skipped.
async fn admission(
    run: &ScheduledRun,
    burst: u32,
    skip: Option<String>,
    context: &Context,
    pacer: &Pacer,
) -> Result<Admission, String> {
    if context.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
        return Err(OUT_OF_TIME.to_owned());
    }
    if context.shutdown.has_begun() {
        return Err(SHUT_DOWN.to_owned());
    }
    if let Some(why) = skip {
        return Err(why);
    }
    let deadline = async {
        match context.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
    };
    let admission = tokio::select! {
        biased;
        () = context.shutdown.passed(Duration::ZERO) => return Err(SHUT_DOWN.to_owned()),
        admission = pacer.admit(run.tick + run.probe.every) => admission,
        () = deadline => return Err(OUT_OF_TIME.to_owned()),
    };
    match Start::of(run.tick, run.probe.every, OffsetDateTime::now_utc()) {
        // What follows in a burst is as late as the runs before it are long.
        Start::Stale { late } if run.scheduled && burst == 0 => {
            let late = wording::long_duration(late.as_secs());
            Err(format!("there was no processor time for it until {late} after this tick, at least one period late"))
        }
        _ => Ok(admission),
    }
}

/// Waits until the run's tick is due; returns why it is skipped, if it is. `busy_until` is when the probe's previous runs
/// were over.
async fn wait(run: &ScheduledRun, busy_until: Option<OffsetDateTime>, context: &Context) -> Option<String> {
    match Start::of(run.tick, run.probe.every, OffsetDateTime::now_utc()) {
        Start::Stale { late } => {
            let late = wording::long_duration(late.as_secs());
            Some(match busy_until {
                Some(end) if end > run.tick => {
                    format!("the probe's previous runs ended {late} after this tick, at least one period late")
                }
                _ => format!("stale: {late} late, at least one period"),
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
