//! The configuration of a group as Parameter Store holds it: fetched rarely, and never lost to a broken newer value.

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

/// For how long nothing is asked again.
const FRESH: Duration = Duration::from_secs(60);

/// With a good configuration at hand, a newer one is not worth more time than this, nor more than a quarter of what the
/// invocation has left.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why there is no configuration, or no newer one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It could not be read.
    #[error(transparent)]
    Ssm(#[from] SsmError),
    /// It was read, and is not valid.
    #[error(transparent)]
    Broken(#[from] Diagnostics),
}

/// What a group is run with.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The newest valid configuration: the settings, and the one group.
    pub config: Arc<Config>,
    /// Why there is no newer one: what Parameter Store holds by now is broken, or it does not answer.
    pub broken: Option<SourceError>,
}

/// Configurations of groups from below one path of Parameter Store. Lives as long as the process.
#[derive(Debug)]
pub struct ConfigSource {
    http: reqwest::Client,
    prefix: Prefix,
    /// Connected when it is first needed: what polls first starts first.
    store: Option<ParameterStore>,
    /// By the groups' names.
    kept: BTreeMap<String, Kept>,
    /// What the parameter `dsn` held last.
    dsn: Option<Secret>,
}

/// The last good configuration of a group.
#[derive(Debug)]
struct Kept {
    loaded: Loaded,
    /// When Parameter Store was asked last.
    asked: SuspendAwareInstant,
    /// What it held then; empty if it did not answer.
    seen: Parameters,
    /// The secrets that it referred to: asked for in the same call the next time.
    secrets: BTreeSet<String>,
}

impl ConfigSource {
    /// Nothing is asked yet. Everything is below `prefix`.
    pub fn new(http: reqwest::Client, prefix: &Prefix) -> Self {
        Self { http, prefix: prefix.clone(), store: None, kept: BTreeMap::new(), dsn: None }
    }

    /// What the parameter `dsn` held last: known also where the configuration itself turned out to be broken.
    pub fn dsn(&self) -> Option<&Secret> {
        self.dsn.as_ref()
    }

    /// The same with a store of one's own choice.
    #[must_use]
    pub fn with_store(self, store: ParameterStore) -> Self {
        Self { store: Some(store), ..self }
    }

    /// The configuration of one group at `now`; Parameter Store may take until `until` to give it.
    ///
    /// Asked again within a minute, it is what it was. After that, one call tells whether anything is new; a second one
    /// is made only for secrets that were not referred to before.
    pub async fn group(
        &mut self,
        name: &str,
        now: SuspendAwareInstant,
        until: Option<Instant>,
    ) -> Result<Loaded, SourceError> {
        let kept = self.kept.get(name);
        if let Some(kept) = kept.filter(|kept| now.since(kept.asked) < FRESH) {
            return Ok(kept.loaded.clone());
        }
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert(ParameterStore::connect(self.http.clone(), None).await?),
        };
        let names = Names::new(&self.prefix, name);
        let patience = Patience::new(until, kept.is_some());
        let fresh = patience.with(store, &names, Fresh::fetch(store, &names, kept, &mut self.dsn)).await;
        let kept = match (fresh, self.kept.remove(name)) {
            (Ok(fresh), kept) => fresh.replace(kept, now)?,
            // Taken away on purpose: what was kept of it must not be run for ever.
            (Err(error @ SsmError::Missing { .. }), _) => return Err(error.into()),
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(kept)) => {
                let loaded = Loaded { broken: Some(error.into()), ..kept.loaded };
                Kept { loaded, asked: now, seen: Parameters::default(), ..kept }
            }
        };
        Ok(self.kept.entry(name.to_owned()).insert_entry(kept).get().loaded.clone())
    }
}

/// How long an answer is waited for.
struct Patience {
    since: Instant,
    until: Option<Instant>,
}

impl Patience {
    fn new(until: Option<Instant>, has_kept: bool) -> Self {
        let since = Instant::now();
        let left = until.map(|until| until.saturating_duration_since(since));
        let most = has_kept.then(|| left.map_or(PATIENCE, |left| PATIENCE.min(left / 4)));
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
struct Fresh {
    seen: Parameters,
    secrets: BTreeSet<String>,
    /// What it comes to; `None`: it is what was seen before.
    config: Option<Result<Config, Diagnostics>>,
}

impl Fresh {
    async fn fetch(
        store: &ParameterStore,
        names: &Names,
        kept: Option<&Kept>,
        dsn: &mut Option<Secret>,
    ) -> Result<Self, SsmError> {
        let mut secrets = kept.map(|kept| kept.secrets.clone()).unwrap_or_default();
        let mut seen = store.fetch(&names.with(&secrets)).await?;
        *dsn = seen.found.get(&names.dsn).map(|found| Secret::new(found.value.expose().trim()));
        if seen.missing.contains(&names.group) {
            return Err(store.missing(&names.group));
        }
        if kept.is_some_and(|kept| kept.seen == seen) {
            return Ok(Self { seen, secrets, config: None });
        }
        let (settings, group) = match documents(names, &seen) {
            Ok(documents) => documents,
            Err(diagnostics) => return Ok(Self { seen, secrets, config: Some(Err(diagnostics)) }),
        };
        let mut references = group.secret_refs();
        references.extend(settings.iter().flat_map(Document::secret_refs));
        let known = std::mem::take(&mut secrets);
        secrets.extend(references.iter().filter_map(SecretRef::parameter).map(str::to_owned));
        seen.extend(store.fetch(&secrets.difference(&known).cloned().collect()).await?);
        seen.retain(&names.with(&secrets));

        let mut values = Secrets::from_env(&references);
        values.extend(secrets.iter().map(|name| (SecretRef::Ssm(name.clone()), store.secret(&seen, name))));
        let config = read_parts(settings.as_ref(), &[&group], &values).map(|mut config| {
            config.sentry.dsn = dsn.clone().or(config.sentry.dsn);
            config
        });
        Ok(Self { seen, secrets, config: Some(config) })
    }

    /// What to keep from now on. An error only where there is nothing good to keep.
    fn replace(self, kept: Option<Kept>, now: SuspendAwareInstant) -> Result<Kept, SourceError> {
        let Self { seen, secrets, config } = self;
        let loaded = match (config, kept) {
            (Some(Ok(config)), _) => Loaded { config: Arc::new(config), broken: None },
            (Some(Err(diagnostics)), Some(kept)) => Loaded { broken: Some(diagnostics.into()), ..kept.loaded },
            (Some(Err(diagnostics)), None) => return Err(diagnostics.into()),
            (None, Some(kept)) => kept.loaded,
            (None, None) => unreachable!("nothing was seen before"),
        };
        Ok(Kept { loaded, asked: now, seen, secrets })
    }
}

/// The texts of a group and, if there are any, of the settings; the problems of both.
fn documents(names: &Names, seen: &Parameters) -> Result<(Option<Document>, Document), Diagnostics> {
    let parse = |name: &str| seen.found.get(name).map(|found| Document::parse(name, found.value.expose().as_bytes()));
    let group = parse(&names.group).unwrap_or_else(|| Document::parse(&names.group, b""));
    match (parse(&names.settings).transpose(), group) {
        (Ok(settings), Ok(group)) => Ok((settings, group)),
        (Err(some), Err(more)) => Err(Diagnostics::new(some.iter().chain(more.iter()).cloned().collect())),
        (Err(diagnostics), Ok(_)) | (Ok(_), Err(diagnostics)) => Err(diagnostics),
    }
}
