//! The configuration of a group from Parameter Store: cached, and never replaced by a broken newer value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::SsmError;
use super::prefix::Prefix;
use super::{ParameterStore, Parameters};
use crate::clock::SuspendAwareInstant;
use crate::config::{Config, Document, read_parts};
use crate::diagnostics::Diagnostics;
use crate::schema::{SecretRef, Secrets};
use crate::secrets::Secret;

/// How long a configuration is used without asking Parameter Store again.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Where there is a valid configuration, a newer one is waited for no longer than this, nor than a quarter of the time that
/// the invocation has left.
const MAX_REFRESH: Duration = Duration::from_secs(3);

/// Why a configuration could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It could not be read.
    #[error(transparent)]
    Ssm(#[from] SsmError),
    /// It is not valid.
    #[error(transparent)]
    Broken(#[from] Diagnostics),
}

/// The configuration to run a group with.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The newest valid configuration: the settings, and the one group.
    pub config: Arc<Config>,
    /// Why there is no newer one: the one in Parameter Store is broken, or Parameter Store does not answer.
    pub broken: Option<LoadError>,
}

/// The configurations of groups below one path of Parameter Store. Lives as long as the process.
#[derive(Debug)]
pub struct ConfigCache {
    http: reqwest::Client,
    prefix: Prefix,
    /// Connected when it is first needed, to keep the cold start short.
    store: Option<ParameterStore>,
    /// By the groups' names.
    cached: BTreeMap<String, CachedConfig>,
    /// The last value of the parameter `dsn`.
    dsn: Option<Secret>,
}

/// The last valid configuration of a group.
#[derive(Debug)]
struct CachedConfig {
    loaded: Loaded,
    /// When Parameter Store was last asked.
    fetched_at: SuspendAwareInstant,
    /// What it held then; empty if it did not answer.
    parameters: Parameters,
    /// The secrets that it refers to: fetched in the same call the next time.
    secrets: BTreeSet<String>,
}

impl ConfigCache {
    /// An empty cache of what is below `prefix`. No call is made yet.
    pub fn new(http: reqwest::Client, prefix: &Prefix) -> Self {
        Self { http, prefix: prefix.clone(), store: None, cached: BTreeMap::new(), dsn: None }
    }

    /// The last value of the parameter `dsn`: known also where the configuration itself turned out to be broken.
    pub fn dsn(&self) -> Option<&Secret> {
        self.dsn.as_ref()
    }

    /// The same with the given store.
    #[must_use]
    pub fn with_store(self, store: ParameterStore) -> Self {
        Self { store: Some(store), ..self }
    }

    /// The configuration of one group at `now`; Parameter Store may take until `until` to return it.
    ///
    /// Within a minute, it is the cached one. After that, one call tells whether anything is new; a second one is made only
    /// for secrets that were not referred to before.
    ///
    /// # Errors
    ///
    /// There is no valid configuration, cached or new, or the group's parameter was removed.
    pub async fn group(
        &mut self,
        name: &str,
        now: SuspendAwareInstant,
        until: Option<Instant>,
    ) -> Result<Loaded, LoadError> {
        let cached = self.cached.get(name);
        if let Some(cached) = cached.filter(|cached| now.since(cached.fetched_at) < MAX_AGE) {
            return Ok(cached.loaded.clone());
        }
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert(ParameterStore::connect(self.http.clone(), None).await?),
        };
        let names = Names::new(&self.prefix, name);
        let limit = FetchLimit::new(until, cached.is_some());
        let fetched = limit.with(store, &names, Fetched::fetch(store, &names, cached, &mut self.dsn)).await;
        let cached = match (fetched, self.cached.remove(name)) {
            (Ok(fetched), cached) => fetched.replace(cached, now)?,
            // Removed on purpose: the cached one must not run for ever.
            (Err(error @ SsmError::Missing { .. }), _) => return Err(error.into()),
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(cached)) => {
                let loaded = Loaded { broken: Some(error.into()), ..cached.loaded };
                CachedConfig { loaded, fetched_at: now, parameters: Parameters::default(), ..cached }
            }
        };
        Ok(self.cached.entry(name.to_owned()).insert_entry(cached).get().loaded.clone())
    }
}

/// How long to wait for Parameter Store.
struct FetchLimit {
    since: Instant,
    until: Option<Instant>,
}

impl FetchLimit {
    fn new(until: Option<Instant>, has_kept: bool) -> Self {
        let since = Instant::now();
        let left = until.map(|until| until.saturating_duration_since(since));
        let most = has_kept.then(|| left.map_or(MAX_REFRESH, |left| MAX_REFRESH.min(left / 4)));
        Self { since, until: most.or(left).map(|most| since + most) }
    }

    async fn with<T>(
        &self,
        store: &ParameterStore,
        names: &Names,
        fetch: impl Future<Output = Result<T, SsmError>>,
    ) -> Result<T, SsmError> {
        let Some(until) = self.until else { return fetch.await };
        let late = |_| store.late(&names.group, self.since.elapsed());
        tokio::time::timeout_at(until.into(), fetch).await.map_err(late)?
    }
}

/// The names of a group's parameters.
struct Names {
    settings: String,
    dsn: String,
    group: String,
}

impl Names {
    fn new(prefix: &Prefix, group: &str) -> Self {
        Self { settings: prefix.settings(), dsn: prefix.dsn(), group: prefix.group(group) }
    }

    fn with(&self, secrets: &BTreeSet<String>) -> BTreeSet<String> {
        [&self.settings, &self.dsn, &self.group].into_iter().chain(secrets).cloned().collect()
    }
}

/// What Parameter Store holds now.
struct Fetched {
    parameters: Parameters,
    secrets: BTreeSet<String>,
    /// The configuration that follows; `None`: the parameters have not changed.
    config: Option<Result<Config, Diagnostics>>,
}

impl Fetched {
    async fn fetch(
        store: &ParameterStore,
        names: &Names,
        cached: Option<&CachedConfig>,
        dsn: &mut Option<Secret>,
    ) -> Result<Self, SsmError> {
        let mut secrets = cached.map(|cached| cached.secrets.clone()).unwrap_or_default();
        let mut parameters = store.fetch(&names.with(&secrets)).await?;
        *dsn = parameters.found.get(&names.dsn).map(|found| Secret::new(found.value.expose().trim()));
        if parameters.missing.contains(&names.group) {
            return Err(store.missing(&names.group));
        }
        if cached.is_some_and(|cached| cached.parameters == parameters) {
            return Ok(Self { parameters, secrets, config: None });
        }
        let (settings, group) = match documents(names, &parameters) {
            Ok(documents) => documents,
            Err(diagnostics) => return Ok(Self { parameters, secrets, config: Some(Err(diagnostics)) }),
        };
        let mut references = group.secret_refs();
        references.extend(settings.iter().flat_map(Document::secret_refs));
        let known = std::mem::take(&mut secrets);
        secrets.extend(references.iter().filter_map(SecretRef::parameter).map(str::to_owned));
        parameters.extend(store.fetch(&secrets.difference(&known).cloned().collect()).await?);
        parameters.retain(&names.with(&secrets));

        let mut values = Secrets::from_env(&references);
        values.extend(secrets.iter().map(|name| (SecretRef::Ssm(name.clone()), store.secret(&parameters, name))));
        let config = read_parts(settings.as_ref(), &[&group], &values).map(|mut config| {
            config.sentry.dsn = dsn.clone().or(config.sentry.dsn);
            config
        });
        Ok(Self { parameters, secrets, config: Some(config) })
    }

    /// What to cache from now on. An error only where there is no valid configuration.
    fn replace(self, cached: Option<CachedConfig>, now: SuspendAwareInstant) -> Result<CachedConfig, LoadError> {
        let Self { parameters, secrets, config } = self;
        let loaded = match (config, cached) {
            (Some(Ok(config)), _) => Loaded { config: Arc::new(config), broken: None },
            (Some(Err(diagnostics)), Some(cached)) => Loaded { broken: Some(diagnostics.into()), ..cached.loaded },
            (Some(Err(diagnostics)), None) => return Err(diagnostics.into()),
            (None, Some(cached)) => cached.loaded,
            (None, None) => unreachable!("nothing was fetched before"),
        };
        Ok(CachedConfig { loaded, fetched_at: now, parameters, secrets })
    }
}

/// The documents of a group and, if there are any, of the settings; the errors of both.
fn documents(names: &Names, parameters: &Parameters) -> Result<(Option<Document>, Document), Diagnostics> {
    let parse =
        |name: &str| parameters.found.get(name).map(|found| Document::parse(name, found.value.expose().as_bytes()));
    let group = parse(&names.group).unwrap_or_else(|| Document::parse(&names.group, b""));
    match (parse(&names.settings).transpose(), group) {
        (Ok(settings), Ok(group)) => Ok((settings, group)),
        (Err(some), Err(more)) => Err(Diagnostics::new(some.iter().chain(more.iter()).cloned().collect())),
        (Err(diagnostics), Ok(_)) | (Ok(_), Err(diagnostics)) => Err(diagnostics),
    }
}
