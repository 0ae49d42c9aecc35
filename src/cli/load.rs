//! Loads a configuration from a file: with its secrets looked up, or with its schedule.

use std::collections::BTreeSet;
use std::path::Path;

use super::arguments::{ProbeArguments, choose};
use super::deployment::Schedule;
use crate::config::{Config, Document, Group, read};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::parameters::{ParameterStore, http_client};
use crate::schema::{SecretRef, Secrets};

/// A configuration and its warnings.
pub(crate) struct Loaded {
    pub config: Config,
    pub warnings: Diagnostics,
}

/// Reads the configuration at `path`; takes its secrets from the environment, and from SSM where it refers to it.
///
/// # Errors
///
/// Every error in the configuration, missing secrets included.
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

/// Reads the configuration that the arguments name, and leaves in it only the groups and probes that they choose.
///
/// # Errors
///
/// The configuration is invalid, or the arguments choose nothing in it.
pub(crate) async fn chosen(arguments: &ProbeArguments) -> Result<Loaded, Diagnostics> {
    let path = &arguments.config.config;
    let Loaded { config, warnings } = load(path).await?;
    let groups = match choose(arguments, &config) {
        Ok(chosen) => chosen.into_iter().map(|(group, probes)| Group { probes, ..group.clone() }).collect(),
        Err(why) => {
            // It lists titles and tags, which may hold secrets.
            let why = config.redactor.text(&why);
            return Err(Diagnostic::of_file(path.display().to_string(), why).into());
        }
    };
    Ok(Loaded { config: Config { groups, ..config }, warnings })
}

/// A configuration and its schedule.
pub(crate) struct Scheduled {
    pub document: Document,
    /// Without secrets: they change nothing about the schedule.
    pub config: Config,
    pub schedule: Schedule,
    pub warnings: Diagnostics,
}

/// Reads the configuration at `path` and makes its schedule. Secrets are not looked up.
///
/// # Errors
///
/// Every error in the configuration, and what keeps it from being scheduled.
pub(crate) fn scheduled(path: &Path) -> Result<Scheduled, Diagnostics> {
    let document = Document::load(path)?;
    let config = read(&document, &Secrets::placeholders()).map_err(|errors| document.errors_and_warnings(errors))?;
    document.require_literal_schedule()?;
    let schedule = Schedule::of(&config).map_err(|error| Diagnostic::of_file(document.name(), error.to_string()))?;
    let warnings = document.warnings();
    Ok(Scheduled { document, config, schedule, warnings })
}

async fn store() -> Result<ParameterStore, String> {
    let http = http_client().map_err(|error| error.to_string())?;
    ParameterStore::connect(http, None).await.map_err(|error| error.to_string())
}
