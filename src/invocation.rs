//! The one path, start to finish: which probes → runs → outcomes → envelopes → delivery → summary.
//!
//! A [`Runner`] is that path for a configuration at hand; the CLI and the tests use it as it is. A [`Function`] puts a
//! payload before it and a source of configurations under it: that is what Lambda invokes.

mod function;

pub use function::{Function, FunctionError};

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue};
use sentry::types::Dsn;
use time::OffsetDateTime;

use crate::config::{Config, Group, Redactor, Secret};
use crate::net::{Network, TlsError, tls_client_config};
use crate::outcome::Outcome;
use crate::probe::{Context, Job, Propagate, run_group};
use crate::report::{Courier, Delivered, Envelope, Propagation, Settings, envelopes};
use crate::summary::Summary;
use crate::telemetry::Telemetry;

/// Kept free at the end of an invocation: to write the answer and to hand it over.
const CLOSING: Duration = Duration::from_millis(300);

/// How long delivery may take where no deadline says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// What wins over the configuration: from the environment or the command line.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `SENTRY_DSN` or `--dsn`.
    pub dsn: Option<String>,
    /// `SENTRY_ENVIRONMENT`.
    pub environment: Option<String>,
    /// `SENTRY_RELEASE`.
    pub release: Option<String>,
    /// The function's name, or the machine's.
    pub server_name: Option<String>,
    /// `--location`, or the AWS region.
    pub location: Option<String>,
}

impl Overrides {
    /// What the environment says.
    pub fn from_env() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            dsn: variable("SENTRY_DSN"),
            environment: variable("SENTRY_ENVIRONMENT"),
            release: variable("SENTRY_RELEASE"),
            server_name: variable("AWS_LAMBDA_FUNCTION_NAME").or_else(|| variable("HOSTNAME")),
            location: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
        }
    }
}

/// Why results cannot be delivered at all.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The DSN is none.
    #[error("the DSN is not usable: {0}; it looks like https://KEY@HOST/PROJECT")]
    Dsn(#[from] sentry::types::ParseDsnError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What one pass over a group leaves.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The answer.
    pub summary: Summary,
    /// The runs themselves.
    pub outcomes: Vec<Outcome>,
    /// What became of their envelopes; `None` where there is no DSN.
    pub delivered: Option<Delivered>,
}

/// Runs groups and delivers what they leave. Kept from one invocation to the next, so that connections are.
pub struct Runner {
    network: Network,
    overrides: Overrides,
    telemetry: Telemetry,
    /// The courier of the DSN that was used last.
    courier: Mutex<Option<(Dsn, Arc<Courier>)>>,
}

impl Runner {
    /// A runner; nothing is built before it is needed.
    pub fn new(network: Network, overrides: Overrides, telemetry: Telemetry) -> Self {
        Self { network, overrides, telemetry, courier: Mutex::default() }
    }

    /// SentryNet's own log, whose errors are delivered too.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Runs `jobs` of a group of `config` and delivers the results; everything is over by `deadline`.
    ///
    /// # Errors
    ///
    /// The DSN is not usable; nothing was run.
    pub async fn run(
        &self,
        config: &Config,
        group: &Group,
        jobs: Vec<Job>,
        time: OffsetDateTime,
        deadline: Option<Instant>,
    ) -> Result<Finished, RunnerError> {
        let started = Instant::now();
        let dsn = self.dsn(config)?;
        // Old DSNs have a secret half; only Sentry gets it, and may quote it.
        let secret_key = dsn.as_ref().and_then(|dsn| dsn.secret_key()).map(Secret::new);
        let redactor = config.redactor.with(&secret_key);
        self.telemetry.hide(redactor.clone());
        let settings = self.settings(Some(config), dsn.as_ref());
        let context = Context {
            network: self.network.clone(),
            location: self.overrides.location.clone(),
            deadline: deadline.map(|deadline| deadline - reserve(deadline.saturating_duration_since(started))),
            propagate: propagate(settings.clone()),
        };
        let location = context.location.clone().or_else(|| group.tags.get("location").cloned()).unwrap_or_default();
        let outcomes = run_group(&group.name, jobs, &context).await;
        let mut mail: Vec<Envelope> =
            outcomes.iter().flat_map(|outcome| envelopes(outcome, &settings, &redactor)).collect();
        mail.extend(self.telemetry.drain(&settings));
        let delivered = match dsn {
            Some(dsn) => Some(self.deliver(dsn, mail, deadline, &redactor).await?),
            None => None,
        };
        let counts = delivered.clone().unwrap_or_default();
        let summary = Summary::new((&group.name, &location), time, started.elapsed(), &outcomes, &counts, &redactor);
        Ok(Finished { summary, outcomes, delivered })
    }

    /// Delivers SentryNet's own errors where there are no results to go with them: to the DSN that the environment
    /// names, else to the configured one, as far as the configuration is known, else to the one that was used last.
    async fn deliver_own_errors(&self, configured: Option<Secret>, deadline: Option<Instant>) {
        let named = self.overrides.dsn.as_deref().or(configured.as_ref().map(Secret::expose));
        let dsn: Option<Dsn> = match named {
            Some(text) => text.parse().ok(),
            None => self.known().as_ref().map(|(dsn, _)| dsn.clone()),
        };
        let Some(dsn) = dsn else { return };
        let mail = self.telemetry.drain(&self.settings(None, Some(&dsn)));
        if !mail.is_empty() {
            // What does not arrive stands in the log.
            let _ = self.deliver(dsn, mail, deadline, &Redactor::default()).await;
        }
    }

    async fn deliver(
        &self,
        dsn: Dsn,
        mail: Vec<Envelope>,
        deadline: Option<Instant>,
        redactor: &Redactor,
    ) -> Result<Delivered, RunnerError> {
        let deadline = deadline.map_or_else(|| Instant::now() + PATIENCE, |deadline| deadline - CLOSING);
        let courier = self.courier(dsn)?;
        let mut log: Box<dyn Write + Send> = Box::new(std::io::stderr());
        let mut delivered = courier.deliver(mail, deadline.into(), &mut *log).await;
        // They quote what Sentry says.
        delivered.problems.iter_mut().for_each(|problem| *problem = redactor.text(problem));
        for problem in &delivered.problems {
            // Not an error: that would become an event, which would not arrive either.
            tracing::warn!("{problem}");
        }
        Ok(delivered)
    }

    fn courier(&self, dsn: Dsn) -> Result<Arc<Courier>, RunnerError> {
        let mut last = self.known();
        if let Some((_, courier)) = last.as_ref().filter(|(known, _)| *known == dsn) {
            return Ok(courier.clone());
        }
        let courier = Arc::new(Courier::new(dsn.clone(), tls_client_config()?));
        *last = Some((dsn, courier.clone()));
        Ok(courier)
    }

    fn known(&self) -> MutexGuard<'_, Option<(Dsn, Arc<Courier>)>> {
        self.courier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where results go, if anywhere.
    ///
    /// # Errors
    ///
    /// The text is no DSN.
    pub fn dsn(&self, config: &Config) -> Result<Option<Dsn>, RunnerError> {
        let text = self.overrides.dsn.as_deref().or(config.sentry.dsn.as_ref().map(|dsn| dsn.expose()));
        Ok(text.map(str::parse).transpose()?)
    }

    /// `config` is not there where it could not be read.
    fn settings(&self, config: Option<&Config>, dsn: Option<&Dsn>) -> Settings {
        let configured = config.and_then(|config| config.sentry.environment.as_deref());
        let Overrides { environment, release, server_name, .. } = &self.overrides;
        Settings::new(
            environment.as_deref().or(configured),
            Some(release.as_deref().unwrap_or(concat!("sentrynet@", env!("CARGO_PKG_VERSION")))),
            server_name.as_deref(),
            dsn,
            &config.map(|config| config.redactor.clone()).unwrap_or_default(),
        )
    }
}

/// One job for each probe: a run by hand, now.
pub fn jobs_now(probes: &[Arc<crate::config::Probe>], now: OffsetDateTime) -> Vec<Job> {
    probes.iter().map(|probe| Job { probe: probe.clone(), tick: now, scheduled: false }).collect()
}

/// How much of an invocation's time is kept for delivery: a fifth, between one and five seconds, but never more than
/// half.
fn reserve(total: Duration) -> Duration {
    (total / 5).clamp(Duration::from_secs(1), Duration::from_secs(5)).min(total / 2)
}

fn propagate(settings: Settings) -> Arc<Propagate> {
    Arc::new(move |trace, span, sampled| {
        let propagation = Propagation::new(trace, span, &settings, sampled);
        let headers = [("sentry-trace", propagation.sentry_trace), ("baggage", propagation.baggage)];
        let header = |(name, value): (&'static str, String)| {
            // Both are ASCII by construction.
            Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
        };
        headers.into_iter().filter_map(header).collect()
    })
}
