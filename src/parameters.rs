//! SSM Parameter Store: parameters by name, in as few calls as AWS allows.

mod config_cache;
mod config_source;
mod error;
mod http;
mod listing;
mod partition;
mod prefix;
mod publish;

pub use config_cache::{ConfigCache, LoadError, Loaded};
pub use config_source::{ConfigSource, ConfigSourceError, http_client};
pub use error::{Action, SsmError};
pub use listing::{ListedParameter, ParameterListing};
pub use partition::{Partition, STANDARD_TIER};
pub use prefix::Prefix;
pub use publish::{Change, DesiredParameters, PushReport};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use futures_util::future::try_join_all;

use crate::secrets::Secret;

/// How many names one `GetParameters` call accepts.
const NAMES_A_CALL: usize = 10;

/// The longest name that SSM accepts in a request.
const MAX_NAME_LENGTH: usize = 2048;

/// One parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Decrypted. Any parameter may hold a secret: none is printed.
    pub value: Secret,
    /// Incremented with every change.
    pub version: i64,
}

/// The result of a fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// By the requested name.
    pub found: BTreeMap<String, Parameter>,
    /// The names without a parameter.
    pub missing: BTreeSet<String>,
}

impl Parameters {
    fn extend(&mut self, more: Self) {
        self.found.extend(more.found);
        self.missing.extend(more.missing);
    }

    fn retain(&mut self, names: &BTreeSet<String>) {
        self.found.retain(|name, _| names.contains(name));
        self.missing.retain(|name| names.contains(name));
    }
}

/// AWS settings from the environment and the profile files, with the given HTTP client.
///
/// `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_SSM` are honoured. As in the AWS CLI, the instance metadata service is not
/// asked for the region: on a laptop that would take seconds.
pub fn aws_settings(http: reqwest::Client, region: Option<&str>) -> ConfigLoader {
    let region = RegionProviderChain::first_try(region.map(|region| Region::new(region.to_owned())))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http::shared(http))
        .region(region)
        // No probe runs until this answers, and the function's time is limited.
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(200)))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(Duration::from_secs(3))
                .operation_timeout(Duration::from_secs(8))
                .build(),
        )
}

/// The same for an interactive command that writes: SSM accepts three writes a second.
pub fn with_longer_retries(settings: ConfigLoader) -> ConfigLoader {
    settings
        .retry_config(RetryConfig::standard().with_max_attempts(10).with_initial_backoff(Duration::from_millis(500)))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(10)).build())
}

/// The Parameter Store of one region.
#[derive(Clone, Debug)]
pub struct ParameterStore {
    client: aws_sdk_ssm::Client,
    region: String,
}

impl ParameterStore {
    /// The store of the region in these settings; no call is made yet.
    ///
    /// # Errors
    ///
    /// The settings have no region.
    pub fn new(settings: &SdkConfig) -> Result<Self, SsmError> {
        let region = settings.region().ok_or(SsmError::NoRegion)?.to_string();
        Ok(Self { client: aws_sdk_ssm::Client::new(settings), region })
    }

    /// The store of `region`, or of the current region, with the current credentials. No call is made yet.
    ///
    /// # Errors
    ///
    /// No region is known.
    pub async fn connect(http: reqwest::Client, region: Option<&str>) -> Result<Self, SsmError> {
        Self::new(&aws_settings(http, region).load().await)
    }

    /// The region of this store.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The values of these parameters: one call for each ten names, concurrently.
    ///
    /// # Errors
    ///
    /// SSM does not answer, or does not allow it.
    pub async fn fetch(&self, names: &BTreeSet<String>) -> Result<Parameters, SsmError> {
        // One invalid name would make SSM reject the whole call.
        let (valid, invalid): (Vec<_>, Vec<_>) = names.iter().partition(|name| is_valid_name(name));
        let mut all = Parameters { missing: invalid.into_iter().cloned().collect(), ..Parameters::default() };
        for part in try_join_all(valid.chunks(NAMES_A_CALL).map(|names| self.fetch_some(names))).await? {
            all.extend(part);
        }
        Ok(all)
    }

    /// Each of these parameters as a secret, or the reason why it cannot be used.
    pub async fn secrets(&self, names: &BTreeSet<String>) -> BTreeMap<String, Result<Secret, String>> {
        match self.fetch(names).await {
            Ok(parameters) => names.iter().map(|name| (name.clone(), self.secret(&parameters, name))).collect(),
            Err(error) => names.iter().map(|name| (name.clone(), Err(error.to_string()))).collect(),
        }
    }

    /// One parameter of a fetch as a secret, or the reason why it cannot be used.
    fn secret(&self, parameters: &Parameters, name: &str) -> Result<Secret, String> {
        let parameter =
            parameters.found.get(name).ok_or_else(|| format!("there is no such parameter in {}", self.region))?;
        Ok(parameter.value.clone())
    }

    /// The error of a missing parameter.
    pub fn missing(&self, name: &str) -> SsmError {
        // A group's name comes from the payload: it may be any text.
        SsmError::Missing { name: name.escape_debug().to_string(), region: self.region.clone() }
    }

    /// The error of a parameter that did not arrive in time.
    pub(crate) fn late(&self, name: &str, after: Duration) -> SsmError {
        SsmError::Late { name: name.escape_debug().to_string(), region: self.region.clone(), after }
    }

    async fn fetch_some(&self, names: &[&String]) -> Result<Parameters, SsmError> {
        let request = self.client.get_parameters().with_decryption(true);
        let answer = request
            .set_names(Some(names.iter().map(|name| (*name).clone()).collect()))
            .send()
            .await
            .map_err(|error| SsmError::from_sdk(error, Action::Read, &self.region, names))?;
        let mut part = Parameters::default();
        for name in names {
            let parameter = answer.parameters().iter().find(|parameter| {
                let selected =
                    parameter.name().zip(parameter.selector()).map(|(name, selector)| [name, selector].concat());
                [parameter.name(), parameter.arn(), selected.as_deref()].contains(&Some(name))
            });
            match parameter.and_then(|parameter| Some((parameter.value()?, parameter.version()))) {
                Some((value, version)) => {
                    part.found.insert((*name).clone(), Parameter { value: Secret::new(value), version });
                }
                None => {
                    part.missing.insert((*name).clone());
                }
            }
        }
        Ok(part)
    }
}

/// Whether this can be a parameter's name: a path or an ARN, either with a version or label after a colon.
fn is_valid_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_LENGTH
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_ssm_would_reject_are_known_beforehand() {
        for name in ["/sentrynet/groups/demo", "plain", "/a/b:3", "arn:aws:ssm:eu-west-1:123456789012:parameter/a"] {
            assert!(is_valid_name(name), "{name}");
        }
        for name in ["", "/a b", "/gr\u{fc}n", "/a?", "/a\n", &"x".repeat(2049)] {
            assert!(!is_valid_name(name), "{name}");
        }
    }
}
