//! A configuration from a file: with its secrets looked up, or with its schedule.

use std::collections::BTreeSet;
use std::path::Path;

use super::deployment::Schedule;
use crate::config::{Config, Document, read};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::parameters::{ParameterStore, http_client};
use crate::schema::{SecretRef, Secrets};

/// A configuration, and what in it is probably not meant.
pub(crate) struct Loaded {
    pub config: Config,
    pub warnings: Diagnostics,
}

/// Reads the configuration at `path`; asks the environment, and SSM where it has to, for the secrets in it.
///
/// # Errors
///
/// Everything that is wrong with the configuration, secrets that cannot be had among it.
pub(crate) async fn load(path: &Path) -> Result<Loaded, Diagnostics> {
    let document = Document::load(path)?;
    let references = document.secret_refs();
    let mut secrets = Secrets::from_env(&references);
    let names: BTreeSet<String> = references.iter().filter_map(SecretRef::parameter).map(str::to_owned).collect();
    if !names.is_empty() {
        match store().await {
            Ok(store) => {
                let found = store.secrets(&names).await;
                secrets.extend(found.into_iter().map(|(name, value)| (SecretRef::Ssm(name), value)));
            }
            Err(why) => secrets.extend(names.into_iter().map(|name| (SecretRef::Ssm(name), Err(why.clone())))),
        }
    }
    let config = read(&document, &secrets).map_err(|errors| document.errors_and_warnings(errors))?;
    Ok(Loaded { config, warnings: document.warnings() })
}

/// A configuration and its schedule.
pub(crate) struct Scheduled {
    pub document: Document,
    /// Without secrets: they change nothing about the schedule.
    pub config: Config,
    pub schedule: Schedule,
    pub warnings: Diagnostics,
}

/// Reads the configuration at `path`, and makes its schedule. No secret is looked up.
///
/// # Errors
///
/// Everything that is wrong with the configuration, or keeps it from being scheduled.
pub(crate) fn scheduled(path: &Path) -> Result<Scheduled, Diagnostics> {
    let document = Document::load(path)?;
    let config = read(&document, &Secrets::stand_ins()).map_err(|errors| document.errors_and_warnings(errors))?;
    document.require_literal_schedule()?;
    let schedule = Schedule::of(&config).map_err(|error| Diagnostic::of_file(document.name(), error.to_string()))?;
    let warnings = document.warnings();
    Ok(Scheduled { document, config, schedule, warnings })
}

async fn store() -> Result<ParameterStore, String> {
    let http = http_client().map_err(|error| error.to_string())?;
    ParameterStore::connect(http, None).await.map_err(|error| error.to_string())
}
