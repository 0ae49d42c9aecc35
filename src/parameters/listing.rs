//! SentryNet's parameters in Parameter Store, as they are before a push.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssm::types::{ParameterMetadata, ParameterStringFilter, ParameterTier, ParameterType};

use super::ParameterStore;
use super::error::{Action, SsmError};
use super::prefix::Prefix;
use crate::secrets::Secret;

/// How many names a filter accepts.
const NAMES_A_FILTER: usize = 50;

/// How many parameters a page of a listing has at most.
const PAGE: i32 = 50;

/// The parameters below a prefix that a push may change, and which referenced secrets are missing.
#[derive(Clone, Debug, Default)]
pub struct ParameterListing {
    /// Everything but groups.
    pub settings: Option<ListedParameter>,
    /// The DSN.
    pub dsn: Option<ListedParameter>,
    /// The groups by their names.
    pub groups: BTreeMap<String, ListedParameter>,
    /// The secrets asked about that have no parameter.
    pub missing: BTreeSet<String>,
}

/// A parameter as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedParameter {
    /// Decrypted.
    pub value: Secret,
    /// Plain or encrypted.
    pub kind: ParameterType,
    /// Whether it is in the advanced tier, which cannot be undone.
    pub is_advanced: bool,
    /// The KMS key that it is encrypted with.
    pub key: Option<String>,
}

impl ParameterStore {
    /// Lists and reads the parameters below `prefix`, and checks that these `secrets` exist, without reading them. Other
    /// parameters below the prefix are left alone.
    ///
    /// # Errors
    ///
    /// SSM does not answer, or does not allow it.
    pub async fn list(&self, prefix: &Prefix, secrets: &BTreeSet<String>) -> Result<ParameterListing, SsmError> {
        let path = prefix.groups();
        let mut known = self.describe("Path", "OneLevel", std::slice::from_ref(&path)).await?;
        let ours = [prefix.settings(), prefix.dsn()];
        let named: Vec<String> = ours.iter().chain(secrets).cloned().collect();
        for names in named.chunks(NAMES_A_FILTER) {
            known.extend(self.describe("Name", "Equals", names).await?);
        }
        let missing = secrets.iter().filter(|name| !known.contains_key(*name)).cloned().collect();

        let below = format!("{path}/");
        known.retain(|name, _| ours.contains(name) || name.starts_with(&below));
        let values = self.fetch(&known.keys().cloned().collect()).await?;
        let mut listing = ParameterListing { missing, ..ParameterListing::default() };
        for (name, found) in values.found {
            let Some(metadata) = known.remove(&name) else { continue };
            let parameter = ListedParameter {
                value: found.value,
                kind: metadata.r#type.unwrap_or(ParameterType::String),
                is_advanced: metadata.tier == Some(ParameterTier::Advanced),
                key: metadata.key_id,
            };
            match name.strip_prefix(&below) {
                Some(group) => drop(listing.groups.insert(group.to_owned(), parameter)),
                None if name == prefix.dsn() => listing.dsn = Some(parameter),
                None => listing.settings = Some(parameter),
            }
        }
        Ok(listing)
    }

    /// The metadata of the parameters that match a filter, by name.
    async fn describe(
        &self,
        key: &str,
        option: &str,
        values: &[String],
    ) -> Result<BTreeMap<String, ParameterMetadata>, SsmError> {
        let filter = ParameterStringFilter::builder().key(key).option(option).set_values(Some(values.to_vec()));
        let names: Vec<&String> = values.iter().collect();
        let error = |error: String| SsmError::Refused {
            action: Action::List,
            names: values.join(", "),
            region: self.region.clone(),
            message: error,
        };
        let filter = filter.build().map_err(|built| error(built.to_string()))?;
        let request = self.client.describe_parameters().parameter_filters(filter).max_results(PAGE);
        let mut pages = request.into_paginator().send();
        let mut known = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| SsmError::from_sdk(error, Action::List, &self.region, &names))?;
            let named = page.parameters.unwrap_or_default().into_iter();
            known.extend(named.filter_map(|metadata| Some((metadata.name.clone()?, metadata))));
        }
        Ok(known)
    }
}
