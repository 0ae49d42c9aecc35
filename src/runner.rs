//! The one path, start to finish: which probes → runs → outcomes → envelopes → delivery → summary.
//!
//! A [`Runner`] is that path for a configuration that is already loaded; the CLI and the tests use it directly. A
//! [`Function`] adds the payload and the source of configurations: that is what Lambda invokes. A [`watch::Watch`] drives a
//! runner by a clock, where there is no Lambda.

mod delivery_budget;
mod function;
mod group;
mod in_flight;
mod pacer;
pub mod payload;
mod run_result;
pub mod summary;
pub mod watch;

pub use function::{Function, FunctionError};
pub use group::{RunObserver, ScheduledRun, run_group};
pub use in_flight::InFlight;
pub use pacer::Pacer;
pub use run_result::{Phase, RunResult};

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::{HeaderName, HeaderValue};
use sentry::types::Dsn;
use time::OffsetDateTime;

use self::delivery_budget::{CLOSING, DeliveryBudget};
use self::summary::Summary;
use crate::config::{Config, Group};
use crate::net::{Network, TlsError, tls_client_config};
use crate::outcome::Outcome;
use crate::probe::{Context, Propagate};
use crate::secrets::{Redactor, Secret};
use crate::sentry::{Delivered, DeliveryClient, Envelope, Propagation, Settings, envelopes};
use crate::shutdown::Shutdown;
use crate::telemetry::Telemetry;

/// How long delivery may take where there is no deadline.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// What overrides the configuration: from the environment or the command line.
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
    /// The overrides in the environment.
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
    /// The DSN cannot be parsed.
    #[error("invalid DSN: {0}; expected the form https://KEY@HOST/PROJECT")]
    Dsn(#[from] sentry::types::ParseDsnError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The result of one pass over a group.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The answer.
    pub summary: Summary,
    /// The runs themselves.
    pub outcomes: Vec<Outcome>,
    /// What became of their envelopes; `None` where there is no DSN.
    pub delivered: Option<Delivered>,
}

/// Runs groups and delivers their results. Lives across invocations, so that connections are reused.
pub struct Runner {
    network: Network,
    overrides: Overrides,
    telemetry: Telemetry,
    /// One for each DSN, the one that was used last at the end. The others still have envelopes to deliver.
    clients: Mutex<Vec<(Dsn, Arc<DeliveryClient>)>>,
    /// TLS to Sentry, where it is not the default.
    tls: Option<rustls::ClientConfig>,
    budget: Mutex<DeliveryBudget>,
    shutdown: Shutdown,
    retention: Retention,
    in_flight: InFlight,
    pacer: Pacer,
    /// Where envelopes that do not arrive are written.
    log: Box<OpenLog>,
}

/// What becomes of envelopes that did not arrive but can be retried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Retention {
    /// They are written to the log.
    None,
    /// They are written to the log, and kept for the next delivery, of which there may be none.
    ForNext,
    /// They are kept for the next delivery, and written to the log when they are given up.
    UntilExit,
}

/// Opens a log.
type OpenLog = dyn Fn() -> Box<dyn Write + Send> + Send + Sync;

impl Runner {
    /// A runner; nothing is built before it is needed.
    pub fn new(network: Network, overrides: Overrides, telemetry: Telemetry) -> Self {
        Self {
            network,
            overrides,
            telemetry,
            clients: Mutex::default(),
            tls: None,
            budget: Mutex::default(),
            shutdown: Shutdown::default(),
            retention: Retention::None,
            in_flight: InFlight::default(),
            pacer: Pacer::default(),
            log: Box::new(|| Box::new(std::io::stderr())),
        }
    }

    /// The same, but with this TLS configuration to Sentry: for a Sentry behind a private certificate authority.
    pub fn with_tls(self, tls: rustls::ClientConfig) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same, but envelopes that did not arrive are kept for the next delivery.
    pub fn retain_for_next(self) -> Self {
        Self { retention: Retention::ForNext, ..self }
    }

    /// The same, but envelopes that did not arrive are kept until they do, or until the process exits: then they are
    /// [given up](Self::give_up). A shutdown leaves `delivery` for delivering.
    fn retain_until_exit(self, delivery: Duration) -> Self {
        Self { retention: Retention::UntilExit, shutdown: Shutdown::allowing(delivery), ..self }
    }

    /// The same, but envelopes that do not arrive are written to this log, not to standard error.
    pub fn with_log(self, log: impl Fn() -> Box<dyn Write + Send> + Send + Sync + 'static) -> Self {
        Self { log: Box::new(log), ..self }
    }

    /// The envelopes in flight to Sentry.
    pub fn in_flight(&self) -> InFlight {
        self.in_flight.clone()
    }

    /// SentryNet's own log, whose errors are delivered too.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Makes these `runs` of a group of `config` and delivers the results; everything is over by `deadline`.
    ///
    /// # Errors
    ///
    /// The DSN is not usable; nothing was run.
    pub async fn run(
        &self,
        config: &Config,
        group: &Group,
        runs: Vec<ScheduledRun>,
        time: OffsetDateTime,
        deadline: Option<Instant>,
    ) -> Result<Finished, RunnerError> {
        let started = Instant::now();
        let dsn = self.dsn(config)?;
        // Old DSNs have a secret key; only Sentry gets it, and may quote it.
        let secret_key = dsn.as_ref().and_then(|dsn| dsn.secret_key()).map(Secret::new);
        let redactor = config.redactor.with(&secret_key);
        self.telemetry.hide(redactor.clone());
        let settings = self.settings(Some(config), dsn.as_ref());
        let context = Context {
            network: self.network.clone(),
            location: self.overrides.location.clone(),
            deadline: deadline.map(|deadline| self.probes_end(deadline, max_envelopes(&runs))),
            shutdown: self.shutdown.clone(),
            propagate: propagate(settings.clone()),
        };
        let location = context.location.clone().or_else(|| group.tags.get("location").cloned()).unwrap_or_default();
        let outcomes = run_group(&group.name, runs, &context, &self.pacer).await;
        let mut all: Vec<Envelope> = Vec::new();
        for outcome in &outcomes {
            all.extend(envelopes(outcome, &settings, &redactor));
            // Hundreds of them would hold up the runs of other groups.
            tokio::task::yield_now().await;
        }
        all.extend(self.telemetry.drain(&settings));
        let delivered = match dsn {
            Some(dsn) => Some(self.deliver(dsn, all, delivery_ends(deadline), &redactor).await?),
            None => None,
        };
        let counts = delivered.clone().unwrap_or_default();
        let summary = Summary::new((&group.name, &location), time, started.elapsed(), &outcomes, &counts, &redactor);
        Ok(Finished { summary, outcomes, delivered })
    }

    /// Delivers SentryNet's own errors where there are no results to deliver with them: to the DSN of the environment, else
    /// to the configured one, as far as the configuration is known, else to the one that was used last.
    async fn deliver_own_errors(&self, configured: Option<Secret>, deadline: Option<Instant>) {
        let named = self.overrides.dsn.as_deref().or(configured.as_ref().map(Secret::expose));
        let dsn: Option<Dsn> = match named {
            Some(text) => text.parse().ok(),
            None => self.clients().last().map(|(dsn, _)| dsn.clone()),
        };
        if let Some(dsn) = dsn {
            self.deliver_errors_and(0, dsn, delivery_ends(deadline)).await;
        }
    }

    /// Delivers what waits for the next delivery, and own errors, without waiting for results to go with them.
    async fn deliver_waiting(&self, until: Instant) -> Vec<Delivered> {
        let clients = self.clients().clone();
        // Own errors go to the DSN that was used last.
        let each = clients.into_iter().rev().map(async |(dsn, client)| {
            let waiting = client.waiting();
            self.deliver_errors_and(waiting, dsn, until).await
        });
        join_all(each).await.into_iter().flatten().collect()
    }

    /// Delivers own errors, if there are any or `waiting` envelopes wait.
    async fn deliver_errors_and(&self, waiting: usize, dsn: Dsn, until: Instant) -> Option<Delivered> {
        let own_errors = self.telemetry.drain(&self.settings(None, Some(&dsn)));
        if own_errors.len() + waiting == 0 {
            return None;
        }
        // What does not arrive is written to the log.
        self.deliver(dsn, own_errors, until, &Redactor::default()).await.ok()
    }

    /// How many envelopes wait for a delivery.
    fn waiting(&self) -> usize {
        self.clients().iter().map(|(_, client)| client.waiting()).sum()
    }

    /// Gives up the envelopes that wait: there will be no further delivery. Returns how many; they are written to the log.
    fn give_up(&self) -> usize {
        self.clients().iter().map(|(_, client)| client.give_up(&mut *(self.log)())).sum()
    }

    async fn deliver(
        &self,
        dsn: Dsn,
        envelopes: Vec<Envelope>,
        until: Instant,
        redactor: &Redactor,
    ) -> Result<Delivered, RunnerError> {
        let client = self.client(dsn)?;
        let mut log = (self.log)();
        let _posting = self.in_flight.track(envelopes.len());
        let mut delivered = client.deliver(envelopes, until.into(), &mut *log).await;
        if delivered.delivered + delivered.late > 0 {
            self.budget().record(delivered.envelopes, delivered.duration);
        }
        // They quote what Sentry answered.
        delivered.problems.iter_mut().for_each(|problem| *problem = redactor.text(problem));
        for problem in &delivered.problems {
            // A warning: an error would become an event, which would not arrive either.
            tracing::warn!("{problem}");
        }
        Ok(delivered)
    }

    fn client(&self, dsn: Dsn) -> Result<Arc<DeliveryClient>, RunnerError> {
        let mut clients = self.clients();
        if let Some(index) = clients.iter().position(|(known, _)| *known == dsn) {
            // The last one is the one that was used last.
            let (dsn, client) = clients.remove(index);
            clients.push((dsn, client.clone()));
            return Ok(client);
        }
        let tls = self.tls.clone().map_or_else(tls_client_config, Ok)?;
        let client = DeliveryClient::new(dsn.clone(), tls).with_shutdown(self.shutdown.clone());
        let client = match self.retention {
            Retention::None => client,
            Retention::ForNext => client.retain_for_next(),
            Retention::UntilExit => client.retain_until_exit(),
        };
        if self.retention == Retention::UntilExit {
            // Another task may be delivering with it.
            clients.retain(|(_, client)| client.waiting() > 0 || Arc::strong_count(client) > 1);
        } else {
            let given_up: usize = clients.drain(..).map(|(_, client)| client.waiting()).sum();
            if given_up > 0 {
                // They were for another project. They are in the log, and were reported as not delivered.
                tracing::warn!(
                    "the DSN has changed: giving up {given_up} envelopes that were kept for the previous one"
                );
            }
        }
        // How fast one Sentry is says nothing about another.
        *self.budget() = DeliveryBudget::default();
        let client = Arc::new(client);
        clients.push((dsn, client.clone()));
        Ok(client)
    }

    fn clients(&self) -> MutexGuard<'_, Vec<(Dsn, Arc<DeliveryClient>)>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn budget(&self) -> MutexGuard<'_, DeliveryBudget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When probes have to be over, so that this many envelopes and those that wait can be delivered by `deadline`.
    fn probes_end(&self, deadline: Instant, envelopes: usize) -> Instant {
        let waiting = self.waiting();
        let total = deadline.saturating_duration_since(Instant::now());
        deadline - self.budget().of(total, envelopes + waiting)
    }

    /// Where results go, if anywhere.
    ///
    /// # Errors
    ///
    /// The DSN cannot be parsed.
    pub fn dsn(&self, config: &Config) -> Result<Option<Dsn>, RunnerError> {
        let text = self.overrides.dsn.as_deref().or(config.sentry.dsn.as_ref().map(|dsn| dsn.expose()));
        Ok(text.map(str::parse).transpose()?)
    }

    /// Without `config` where it could not be read.
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

/// One run of each probe, now.
pub fn manual_runs(probes: &[Arc<crate::probe::Probe>], now: OffsetDateTime) -> Vec<ScheduledRun> {
    probes.iter().map(|probe| ScheduledRun::manual(probe.clone(), now)).collect()
}

/// A sentence for people where the configuration does not place the group in `region`.
fn outside_regions(config: &Config, group: &Group, region: Option<&str>) -> Option<String> {
    let regions = config.regions_of(group);
    let is_here = regions.is_empty() || regions.iter().any(|name| Some(name.as_str()) == region);
    (!is_here).then(|| {
        let (here, there) = (region.unwrap_or("an unknown region"), regions.join(", "));
        format!("{here} is not one of the group's regions ({there}): its probes run as if it were the only region")
    })
}

/// The largest number of envelopes: a transaction for each run, and an event if it fails.
fn max_envelopes(runs: &[ScheduledRun]) -> usize {
    runs.iter().map(|run| 2 * run.probe.burst as usize).sum()
}

/// When delivery has to be over in an invocation with this deadline.
fn delivery_ends(deadline: Option<Instant>) -> Instant {
    deadline.map_or_else(|| Instant::now() + DELIVERY_TIMEOUT, |deadline| deadline - CLOSING)
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
