//! What Lambda invokes: a payload in, a summary out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::RwLock;

use super::group::ScheduledRun;
use super::payload::{Firing, Payload, PayloadError};
use super::{Finished, Overrides, Runner, RunnerError, elsewhere, jobs_now};
use crate::clock::SuspendAwareInstant;
use crate::config::{Config, Group};
use crate::net::{Network, Resolver};
use crate::outcome::{Outcome, Status};
use crate::parameters::{Loaded, Origin, OriginError};
use crate::probe::Probe;
use crate::schedule::Cadence;
use crate::shutdown;
use crate::telemetry::Telemetry;

/// It takes so long at most to hand an answer to the Runtime API, which is in the same sandbox.
const ANSWER: Duration = Duration::from_millis(20);

/// Why an invocation fails. A failed probe is no reason: that is a result.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The payload asks for something that there is not.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The configuration is broken, or cannot be had.
    #[error(transparent)]
    Config(#[from] OriginError),
    /// Results cannot be delivered.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// No one says where results go.
    #[error("there is no DSN: set SENTRY_DSN, {}or sentry.dsn in the configuration", or_parameter(.parameter))]
    NoDsn {
        /// The SSM parameter that would hold it, where SSM is asked.
        parameter: Option<String>,
    },
    /// Results did not arrive at Sentry.
    #[error("{missing} of {envelopes} envelopes were not delivered to Sentry: {why}{}", kept_for_later(*.spooled))]
    NotDelivered {
        /// How many of the invocation's own did not arrive.
        missing: usize,
        /// How many there were.
        envelopes: usize,
        /// How many are kept for the next invocation, those of earlier ones among them.
        spooled: usize,
        /// Why, for people.
        why: String,
    },
}

impl FunctionError {
    /// The name under which Lambda reports it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Payload(_) => "PayloadError",
            Self::Config(_) | Self::Runner(_) | Self::NoDsn { .. } => "ConfigurationError",
            Self::NotDelivered { .. } => "DeliveryError",
        }
    }
}

/// The function: kept from one invocation to the next.
pub struct Function {
    runner: Runner,
    origin: Origin,
    /// Read while an invocation runs.
    running: RwLock<()>,
}

impl Function {
    /// The function as the environment describes it. Nothing is read or built yet.
    pub fn from_env(telemetry: Telemetry) -> Self {
        let network = Network::new(Resolver::system());
        Self::new(Runner::new(network, Overrides::from_env(), telemetry), Origin::from_env())
    }

    /// A function of these parts. What it cannot deliver it keeps for the next invocation.
    pub fn new(runner: Runner, origin: Origin) -> Self {
        Self { runner: runner.keeping(), origin, running: RwLock::default() }
    }

    /// Serves one invocation. Everything is over by `deadline`.
    ///
    /// # Errors
    ///
    /// See [`FunctionError`]; it is told to Sentry too, where that is possible.
    pub async fn handle(&self, payload: Value, deadline: Option<Instant>) -> Result<Finished, FunctionError> {
        let _running = self.running.read().await;
        self.runner.telemetry().forget();
        let result = self.serve(payload, deadline).await;
        if let Err(error) = &result
            && !matches!(error, FunctionError::NotDelivered { .. })
        {
            tracing::error!(kind = error.name(), "the invocation failed: {error}");
            self.runner.deliver_own_errors(self.origin.dsn().await, deadline).await;
        }
        result
    }

    /// Ends the function, as the sandbox is about to end: cuts short what is running, and tries once more to deliver what
    /// waits for the next invocation. Takes [`shutdown::DELIVERY`] at most.
    pub async fn shut_down(&self) {
        let end = self.runner.shutdown.begin() + shutdown::DELIVERY;
        if self.running.try_write().is_err() {
            // It ends by itself, unless there is nothing yet that could be lost.
            let _ = tokio::time::timeout_at(end, self.running.write()).await;
            // Its answer is on the way.
            tokio::time::sleep(ANSWER).await;
        }
        self.runner.deliver_waiting(end.into_std()).await;
    }

    async fn serve(&self, payload: Value, deadline: Option<Instant>) -> Result<Finished, FunctionError> {
        let payload = Payload::from_json(payload)?;
        let loaded = self.load(&payload.group, deadline).await?;
        // Known from here on, so that what follows can be told, and without secrets.
        self.runner.telemetry().hide(loaded.config.redactor.clone());
        let dsn = self.runner.dsn(&loaded.config)?;
        if let Some(broken) = &loaded.broken {
            tracing::error!("the newest configuration is not used, the last good one runs: {broken}");
        }
        let config = loaded.config;
        let Some(dsn) = dsn else { return Err(FunctionError::NoDsn { parameter: self.origin.dsn_parameter() }) };
        self.runner.courier(dsn)?;
        let now = OffsetDateTime::now_utc();
        let region = self.runner.overrides.location.as_deref();
        let (group, (jobs, time)) =
            chosen(&payload, &config, region, now).map_err(|e| e.without_secrets(&config.redactor))?;
        let finished = self.runner.run(&config, group, jobs, time, deadline).await?;
        tell_skipped(&finished.outcomes);
        if let Some(delivered) = finished.delivered.as_ref().filter(|delivered| delivered.missing > 0) {
            return Err(FunctionError::NotDelivered {
                missing: delivered.missing,
                envelopes: delivered.envelopes - delivered.carried,
                spooled: delivered.spooled,
                why: delivered.problems.join("; "),
            });
        }
        Ok(finished)
    }

    /// The configuration, while there is time left to tell that it does not come.
    async fn load(&self, group: &str, deadline: Option<Instant>) -> Result<Loaded, FunctionError> {
        let until = deadline.map(|deadline| self.runner.probes_end(deadline, 1));
        Ok(self.origin.load(group, SuspendAwareInstant::now(), until).await?)
    }
}

/// `the parameter /sentrynet/dsn, `, or nothing.
fn or_parameter(parameter: &Option<String>) -> String {
    parameter.as_ref().map(|parameter| format!("the parameter {parameter}, ")).unwrap_or_default()
}

/// `; 7 wait for the next invocation`, or nothing.
fn kept_for_later(spooled: usize) -> String {
    match spooled {
        0 => String::new(),
        1 => "; 1 waits for the next invocation".to_owned(),
        _ => format!("; {spooled} wait for the next invocation"),
    }
}

/// Nobody reads the answer to a rule: what was not run stands in the log, too.
fn tell_skipped(outcomes: &[Outcome]) {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for outcome in outcomes {
        let Status::Skipped(why) = &outcome.status else { continue };
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((why, 1)),
        }
    }
    for (why, count) in reasons {
        tracing::warn!(group = outcomes[0].identity.group, runs = count, "skipped: {why}");
    }
}

/// What the payload asks for of a configuration.
fn chosen<'a>(
    payload: &Payload,
    config: &'a Config,
    region: Option<&str>,
    now: OffsetDateTime,
) -> Result<(&'a Group, (Vec<ScheduledRun>, OffsetDateTime)), PayloadError> {
    let known = || config.groups.iter().map(|group| group.name.as_str());
    let group = config.group(&payload.group).ok_or_else(|| payload.unknown_group(known()))?;
    let probes = payload.select(group)?;
    let jobs = match payload.firing {
        Some(firing) => due(firing, &probes, beat(config, group, firing.every, region), now),
        None => (jobs_now(&probes, now), now),
    };
    Ok((group, jobs))
}

/// The ticks of probes with the firing's period, and the time that they are for.
fn due(
    firing: Firing,
    probes: &[Arc<Probe>],
    beat: Cadence,
    now: OffsetDateTime,
) -> (Vec<ScheduledRun>, OffsetDateTime) {
    let start = firing.start(now);
    let jobs_of = |probe: &Arc<Probe>| {
        let probe = probe.clone();
        beat.ticks(start, firing.window).map(move |tick| ScheduledRun::scheduled(probe.clone(), tick))
    };
    (probes.iter().flat_map(jobs_of).collect(), start)
}

/// The beat of a group's probes here. Where the group is not supposed to run, somebody wants it all the same.
fn beat(config: &Config, group: &Group, every: Duration, region: Option<&str>) -> Cadence {
    Cadence::of(config, group, every, region).unwrap_or_else(|| {
        if let Some(sentence) = elsewhere(config, group, region) {
            tracing::warn!(group = group.name, "{sentence}");
        }
        Cadence::alone(every)
    })
}
