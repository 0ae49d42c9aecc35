//! What Lambda invokes: a payload in, a summary out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::RwLock;

use super::group::ScheduledRun;
use super::payload::{Firing, Payload, PayloadError};
use super::{Finished, Overrides, Runner, RunnerError, manual_runs, outside_regions};
use crate::clock::SuspendAwareInstant;
use crate::config::{Config, Group};
use crate::net::{Network, Resolver};
use crate::outcome::{Outcome, Status};
use crate::parameters::{ConfigSource, ConfigSourceError, Loaded};
use crate::probe::Probe;
use crate::schedule::Cadence;
use crate::shutdown;
use crate::telemetry::Telemetry;

/// The longest that it takes to hand a response to the Runtime API, which is in the same sandbox.
const RESPONSE_TIME: Duration = Duration::from_millis(20);

/// Why an invocation fails. A failed probe is not an error but a result.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The payload asks for something that does not exist.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The configuration is not valid, or cannot be loaded.
    #[error(transparent)]
    Config(#[from] ConfigSourceError),
    /// Results cannot be delivered.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// No DSN is configured.
    #[error("no DSN is configured: set SENTRY_DSN, {}or sentry.dsn in the configuration", or_parameter(.parameter))]
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
    source: ConfigSource,
    /// Read while an invocation runs.
    running: RwLock<()>,
}

impl Function {
    /// The function as the environment describes it. Nothing is read or built yet.
    pub fn from_env(telemetry: Telemetry) -> Self {
        let network = Network::new(Resolver::system());
        Self::new(Runner::new(network, Overrides::from_env(), telemetry), ConfigSource::from_env())
    }

    /// A function of these parts. What it cannot deliver it keeps for the next invocation.
    pub fn new(runner: Runner, source: ConfigSource) -> Self {
        Self { runner: runner.retain_for_next(), source, running: RwLock::default() }
    }

    /// Serves one invocation. Everything is over by `deadline`.
    ///
    /// # Errors
    ///
    /// See [`FunctionError`]; it is reported to Sentry too, where that is possible.
    pub async fn handle(&self, payload: Value, deadline: Option<Instant>) -> Result<Finished, FunctionError> {
        let _running = self.running.read().await;
        self.runner.telemetry().forget();
        let result = self.serve(payload, deadline).await;
        if let Err(error) = &result
            && !matches!(error, FunctionError::NotDelivered { .. })
        {
            tracing::error!(kind = error.name(), "the invocation failed: {error}");
            self.runner.deliver_own_errors(self.source.dsn().await, deadline).await;
        }
        result
    }

    /// Ends the function, as the sandbox is about to end: cuts short what is running, and tries once more to deliver what
    /// waits for the next invocation. Takes [`shutdown::DELIVERY`] at most.
    pub async fn shut_down(&self) {
        let end = self.runner.shutdown.begin() + shutdown::DELIVERY;
        if self.running.try_write().is_err() {
            // It ends by itself, unless it has nothing yet that could be lost.
            let _ = tokio::time::timeout_at(end, self.running.write()).await;
            // Its response is on the way.
            tokio::time::sleep(RESPONSE_TIME).await;
        }
        self.runner.deliver_waiting(end.into_std()).await;
    }

    async fn serve(&self, payload: Value, deadline: Option<Instant>) -> Result<Finished, FunctionError> {
        let payload = Payload::from_json(payload)?;
        let loaded = self.load(&payload.group, deadline).await?;
        // From here on, errors can be reported without secrets.
        self.runner.telemetry().hide(loaded.config.redactor.clone());
        let dsn = self.runner.dsn(&loaded.config)?;
        if let Some(broken) = &loaded.broken {
            tracing::error!("the newest configuration cannot be used, the last valid one still runs: {broken}");
        }
        let config = loaded.config;
        let Some(dsn) = dsn else { return Err(FunctionError::NoDsn { parameter: self.source.dsn_parameter() }) };
        self.runner.client(dsn)?;
        let now = OffsetDateTime::now_utc();
        let region = self.runner.overrides.location.as_deref();
        let (group, (runs, time)) =
            select(&payload, &config, region, now).map_err(|e| e.without_secrets(&config.redactor))?;
        let finished = self.runner.run(&config, group, runs, time, deadline).await?;
        log_skipped(&finished.outcomes);
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

    /// The configuration, while there is time left to report that it does not arrive.
    async fn load(&self, group: &str, deadline: Option<Instant>) -> Result<Loaded, FunctionError> {
        let until = deadline.map(|deadline| self.runner.probes_end(deadline, 1));
        Ok(self.source.load(group, SuspendAwareInstant::now(), until).await?)
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

/// Nobody reads the response to a rule: what was skipped is logged, too.
fn log_skipped(outcomes: &[Outcome]) {
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

/// The group and the runs that the payload asks for.
fn select<'a>(
    payload: &Payload,
    config: &'a Config,
    region: Option<&str>,
    now: OffsetDateTime,
) -> Result<(&'a Group, (Vec<ScheduledRun>, OffsetDateTime)), PayloadError> {
    let known = || config.groups.iter().map(|group| group.name.as_str());
    let group = config.group(&payload.group).ok_or_else(|| payload.unknown_group(known()))?;
    let probes = payload.select(group)?;
    let runs = match payload.firing {
        Some(firing) => due(firing, &probes, cadence(config, group, firing.every, region), now),
        None => (manual_runs(&probes, now), now),
    };
    Ok((group, runs))
}

/// The ticks of probes with the firing's period, and the time that they are for.
fn due(
    firing: Firing,
    probes: &[Arc<Probe>],
    cadence: Cadence,
    now: OffsetDateTime,
) -> (Vec<ScheduledRun>, OffsetDateTime) {
    let start = firing.start(now);
    let runs_of = |probe: &Arc<Probe>| {
        let probe = probe.clone();
        cadence.ticks(start, firing.window).map(move |tick| ScheduledRun::scheduled(probe.clone(), tick))
    };
    (probes.iter().flat_map(runs_of).collect(), start)
}

/// The cadence of a group's probes here. Where the configuration does not place the group, whoever invokes wants it to run
/// all the same.
fn cadence(config: &Config, group: &Group, every: Duration, region: Option<&str>) -> Cadence {
    Cadence::of(config, group, every, region).unwrap_or_else(|| {
        if let Some(sentence) = outside_regions(config, group, region) {
            tracing::warn!(group = group.name, "{sentence}");
        }
        Cadence::alone(every)
    })
}
