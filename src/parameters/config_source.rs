//! Where the function's configuration comes from: a file, or SSM Parameter Store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;

use super::config_cache::{ConfigCache, LoadError, Loaded};
use super::prefix::Prefix;
use crate::clock::SuspendAwareInstant;
use crate::config::{Document, read};
use crate::net::{TlsError, outbound_client, tls_client_config};
use crate::schema::{SecretRef, Secrets};
use crate::secrets::Secret;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigSourceError {
    /// It cannot be read, or it is not valid.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// TLS to AWS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// HTTP to AWS cannot be set up.
    #[error("the HTTP client for AWS cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
}

/// Where the function's configuration comes from.
pub enum ConfigSource {
    /// A file, read again for each invocation.
    File(PathBuf),
    /// Parameters below a path.
    Ssm {
        /// The path, e.g. `/sentrynet`.
        prefix: Prefix,
        /// The cache of what SSM holds; made when it is first needed.
        cache: Mutex<Option<ConfigCache>>,
    },
}

impl ConfigSource {
    /// The source that the environment names: `SENTRYNET_CONFIG`, else `SENTRYNET_PREFIX`.
    pub fn from_env() -> Self {
        match std::env::var_os("SENTRYNET_CONFIG").filter(|path| !path.is_empty()) {
            Some(path) => Self::File(path.into()),
            None => Self::ssm(Prefix::from_env()),
        }
    }

    /// Parameters below `prefix`.
    pub fn ssm(prefix: Prefix) -> Self {
        Self::Ssm { prefix, cache: Mutex::default() }
    }

    /// The SSM parameter that would hold the DSN; none with a file, as SSM is not used then.
    pub fn dsn_parameter(&self) -> Option<String> {
        match self {
            Self::File(_) => None,
            Self::Ssm { prefix, .. } => Some(prefix.dsn()),
        }
    }

    /// The DSN that SSM held when it was last asked; known also where the configuration is broken.
    pub async fn dsn(&self) -> Option<Secret> {
        match self {
            Self::File(_) => None,
            Self::Ssm { cache, .. } => cache.lock().await.as_ref()?.dsn().cloned(),
        }
    }

    /// The configuration as far as it is needed to run `group`, at `now`. From a file that is all of it,
    /// so that an unknown group can be reported with the known ones. From SSM, it may take until `until`.
    ///
    /// # Errors
    ///
    /// It cannot be read or is not valid, and there is no earlier one that was.
    pub async fn load(
        &self,
        group: &str,
        now: SuspendAwareInstant,
        until: Option<Instant>,
    ) -> Result<Loaded, ConfigSourceError> {
        match self {
            Self::File(path) => Ok(load_file(path)?),
            Self::Ssm { prefix, cache } => {
                let mut cache = cache.lock().await;
                let cache = match &mut *cache {
                    Some(cache) => cache,
                    none => none.insert(ConfigCache::new(http_client()?, prefix)),
                };
                Ok(cache.group(group, now, until).await?)
            }
        }
    }
}

fn load_file(path: &Path) -> Result<Loaded, LoadError> {
    let document = Document::load(path)?;
    let references = document.secret_refs();
    let mut secrets = Secrets::from_env(&references);
    for reference in references.into_iter().filter(|reference| matches!(reference, SecretRef::Ssm(_))) {
        secrets.insert(reference, Err("SSM is not used where SENTRYNET_CONFIG names a file".to_owned()));
    }
    let config = read(&document, &secrets)?;
    Ok(Loaded { config: Arc::new(config), broken: None })
}

/// The client for AWS: the same stack as everything else.
///
/// # Errors
///
/// TLS or HTTP cannot be set up.
pub fn http_client() -> Result<reqwest::Client, ConfigSourceError> {
    Ok(outbound_client(tls_client_config()?).build()?)
}
