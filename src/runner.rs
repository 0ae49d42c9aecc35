//! The one path, start to finish: which probes → runs → outcomes → envelopes → delivery → summary.
//!
//! A [`Runner`] is that path for a configuration at hand; the CLI and the tests use it as it is. A [`Function`] puts a
//! payload before it and a source of configurations under it: that is what Lambda invokes. A [`watch::Watch`] puts a clock
//! before it, for where there is no Lambda.

mod delivery_budget;
mod function;
mod group;
mod in_flight;
pub mod payload;
mod run_result;
pub mod summary;
pub mod watch;

pub use function::{Function, FunctionError};
pub use group::{Follower, ScheduledRun, run_group};
pub use in_flight::InFlight;
pub use run_result::{Phase, RunResult};

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::{HeaderName, HeaderValue};
use sentry::types::Dsn;
use time::OffsetDateTime;

use self::delivery_budget::DeliveryBudget;
use self::summary::Summary;
use crate::config::{Config, Group};
use crate::net::{Network, TlsError, tls_client_config};
use crate::outcome::Outcome;
use crate::probe::{Context, Propagate};
use crate::secrets::{Redactor, Secret};
use crate::sentry::{Delivered, DeliveryClient, Envelope, Propagation, Settings, envelopes};
use crate::shutdown::Shutdown;
use crate::telemetry::Telemetry;

/// Kept free at the end of an invocation: to write the answer and to hand it over.
const CLOSING: Duration = Duration::from_millis(300);

/// How long delivery may take where no deadline says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// The courier of the DSN that was used last comes last. Those before it still have something to deliver.
    couriers: Mutex<Vec<(Dsn, Arc<DeliveryClient>)>>,
    /// TLS to Sentry, where it is not the usual one.
    tls: Option<rustls::ClientConfig>,
    reserve: Mutex<DeliveryBudget>,
    shutdown: Shutdown,
    keeping: Keeping,
    posted: InFlight,
    /// Where envelopes go that do not arrive.
    log: Box<OpenLog>,
}

/// What becomes of what did not arrive but might another time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeping {
    /// It stands in the log.
    Nothing,
    /// It stands in the log, and is kept for the next delivery: there may be none.
    Logged,
    /// It is kept for the next delivery, and written to the log when it is given up.
    Patiently,
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
            couriers: Mutex::default(),
            tls: None,
            reserve: Mutex::default(),
            shutdown: Shutdown::default(),
            keeping: Keeping::Nothing,
            posted: InFlight::default(),
            log: Box::new(|| Box::new(std::io::stderr())),
        }
    }

    /// The same, which reaches Sentry over this TLS configuration: for one behind an authority of one's own.
    pub fn over(self, tls: rustls::ClientConfig) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same, which keeps what did not arrive for the next delivery: for one that there will be.
    pub fn keeping(self) -> Self {
        Self { keeping: Keeping::Logged, ..self }
    }

    /// The same, which keeps what did not arrive until it does, or until the process ends: then it is
    /// [given up](Self::give_up). The end leaves so long for delivery.
    fn patient(self, delivery: Duration) -> Self {
        Self { keeping: Keeping::Patiently, shutdown: Shutdown::allowing(delivery), ..self }
    }

    /// The same, which writes envelopes that do not arrive to this log, not to standard error.
    pub fn logging(self, log: impl Fn() -> Box<dyn Write + Send> + Send + Sync + 'static) -> Self {
        Self { log: Box::new(log), ..self }
    }

    /// What is on its way to Sentry.
    pub fn posted(&self) -> InFlight {
        self.posted.clone()
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
        jobs: Vec<ScheduledRun>,
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
            deadline: deadline.map(|deadline| self.probes_end(deadline, most_envelopes(&jobs))),
            shutdown: self.shutdown.clone(),
            propagate: propagate(settings.clone()),
        };
        let location = context.location.clone().or_else(|| group.tags.get("location").cloned()).unwrap_or_default();
        let outcomes = run_group(&group.name, jobs, &context).await;
        let mut mail: Vec<Envelope> =
            outcomes.iter().flat_map(|outcome| envelopes(outcome, &settings, &redactor)).collect();
        mail.extend(self.telemetry.drain(&settings));
        let delivered = match dsn {
            Some(dsn) => Some(self.deliver(dsn, mail, delivery_ends(deadline), &redactor).await?),
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
            None => self.known().last().map(|(dsn, _)| dsn.clone()),
        };
        if let Some(dsn) = dsn {
            self.deliver_errors_and(0, dsn, delivery_ends(deadline)).await;
        }
    }

    /// Delivers what waits for the next delivery, and own errors: there will be none soon, and there is this much time.
    async fn deliver_waiting(&self, until: Instant) -> Vec<Delivered> {
        let known = self.known().clone();
        // Own errors go to the DSN that was used last.
        let each = known.into_iter().rev().map(async |(dsn, courier)| {
            let waiting = courier.waiting();
            self.deliver_errors_and(waiting, dsn, until).await
        });
        join_all(each).await.into_iter().flatten().collect()
    }

    /// Delivers own errors, if there are any or so many envelopes wait.
    async fn deliver_errors_and(&self, waiting: usize, dsn: Dsn, until: Instant) -> Option<Delivered> {
        let mail = self.telemetry.drain(&self.settings(None, Some(&dsn)));
        if mail.len() + waiting == 0 {
            return None;
        }
        // What does not arrive stands in the log.
        self.deliver(dsn, mail, until, &Redactor::default()).await.ok()
    }

    /// How many envelopes wait for a delivery.
    fn waiting(&self) -> usize {
        self.known().iter().map(|(_, courier)| courier.waiting()).sum()
    }

    /// Gives up what waits: there will be no delivery any more. Says how much it was; it stands in the log.
    fn give_up(&self) -> usize {
        self.known().iter().map(|(_, courier)| courier.give_up(&mut *(self.log)())).sum()
    }

    async fn deliver(
        &self,
        dsn: Dsn,
        mail: Vec<Envelope>,
        until: Instant,
        redactor: &Redactor,
    ) -> Result<Delivered, RunnerError> {
        let courier = self.courier(dsn)?;
        let mut log = (self.log)();
        let _posting = self.posted.post(mail.len());
        let mut delivered = courier.deliver(mail, until.into(), &mut *log).await;
        if delivered.delivered + delivered.late > 0 {
            self.reserve().note(delivered.envelopes, delivered.duration);
        }
        // They quote what Sentry says.
        delivered.problems.iter_mut().for_each(|problem| *problem = redactor.text(problem));
        for problem in &delivered.problems {
            // Not an error: that would become an event, which would not arrive either.
            tracing::warn!("{problem}");
        }
        Ok(delivered)
    }

    fn courier(&self, dsn: Dsn) -> Result<Arc<DeliveryClient>, RunnerError> {
        let mut known = self.known();
        if let Some(place) = known.iter().position(|(known, _)| *known == dsn) {
            // The order tells which one was used last.
            let (dsn, courier) = known.remove(place);
            known.push((dsn, courier.clone()));
            return Ok(courier);
        }
        let tls = self.tls.clone().map_or_else(tls_client_config, Ok)?;
        let courier = DeliveryClient::new(dsn.clone(), tls).until(self.shutdown.clone());
        let courier = match self.keeping {
            Keeping::Nothing => courier,
            Keeping::Logged => courier.keeping(),
            Keeping::Patiently => courier.patient(),
        };
        if self.keeping == Keeping::Patiently {
            // Somebody may be delivering with it just now.
            known.retain(|(_, courier)| courier.waiting() > 0 || Arc::strong_count(courier) > 1);
        } else {
            let given_up: usize = known.drain(..).map(|(_, courier)| courier.waiting()).sum();
            if given_up > 0 {
                // They were for another project. They stand in the log, and were told as not delivered.
                tracing::warn!(
                    "the DSN has changed: {given_up} envelopes that were kept for the last one are given up"
                );
            }
        }
        // What is known of one Sentry says nothing about another.
        *self.reserve() = DeliveryBudget::default();
        let courier = Arc::new(courier);
        known.push((dsn, courier.clone()));
        Ok(courier)
    }

    fn known(&self) -> MutexGuard<'_, Vec<(Dsn, Arc<DeliveryClient>)>> {
        self.couriers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reserve(&self) -> MutexGuard<'_, DeliveryBudget> {
        self.reserve.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When probes have to be over, so that so many envelopes and what waits can be delivered by `deadline`.
    fn probes_end(&self, deadline: Instant, envelopes: usize) -> Instant {
        let waiting = self.waiting();
        let total = deadline.saturating_duration_since(Instant::now());
        deadline - self.reserve().of(total, envelopes + waiting)
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
pub fn jobs_now(probes: &[Arc<crate::probe::Probe>], now: OffsetDateTime) -> Vec<ScheduledRun> {
    probes.iter().map(|probe| ScheduledRun::by_hand(probe.clone(), now)).collect()
}

/// Says that a group is not supposed to run in `region`, if that is so.
fn elsewhere(config: &Config, group: &Group, region: Option<&str>) -> Option<String> {
    let regions = config.regions_of(group);
    let is_here = regions.is_empty() || regions.iter().any(|name| Some(name.as_str()) == region);
    (!is_here).then(|| {
        let (here, there) = (region.unwrap_or("an unknown region"), regions.join(", "));
        format!("{here} is none of the group's regions ({there}): its probes run here as if by themselves")
    })
}

/// How many envelopes there will be at most: a transaction a run, and an event if it fails.
fn most_envelopes(jobs: &[ScheduledRun]) -> usize {
    jobs.iter().map(|job| 2 * job.probe.burst as usize).sum()
}

/// When delivery has to be over in an invocation with this deadline.
fn delivery_ends(deadline: Option<Instant>) -> Instant {
    deadline.map_or_else(|| Instant::now() + PATIENCE, |deadline| deadline - CLOSING)
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
