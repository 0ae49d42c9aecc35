//! moto's server: AWS without AWS.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::config::timeout::TimeoutConfig;
use aws_sdk_ssm::config::{Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use sentrynet::parameters::aws_settings;

use super::process::Process;

/// The region that the tests live in.
pub const REGION: &str = "eu-west-1";

/// A running moto.
pub struct Moto(Process);

/// A parameter as a region holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub value: String,
    pub version: i64,
    pub is_secure: bool,
    pub is_advanced: bool,
    pub key: Option<String>,
}

impl Moto {
    /// Starts one.
    pub async fn start() -> Self {
        let program = super::tool("moto/bin/moto_server");
        Self(
            Process::start("moto", |port, _| {
                let mut command = Command::new(program);
                command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
                command
            })
            .await,
        )
    }

    /// Starts one whose CloudFormation knows SAM, too.
    pub async fn with_transform() -> Self {
        let program = super::tool("moto/bin/python");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/serve_moto.py");
        Self(
            Process::start("moto", |port, _| {
                let mut command = Command::new(program);
                command.arg("-B").arg(script).args(["-H", "127.0.0.1", "-p", &port.to_string()]);
                command
            })
            .await,
        )
    }

    /// Stops it: nobody answers there any more.
    pub fn stop(&mut self) {
        self.0.stop();
    }

    /// For `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        self.0.url("")
    }

    /// The environment of a program that takes this for AWS.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", REGION.to_owned()),
            // The AWS CLI, version 1, knows only this one.
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "testing".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "testing".to_owned()),
        ]
    }

    /// Sets a plain parameter.
    pub async fn put(&self, name: &str, value: &str) {
        self.put_as(ParameterType::String, name, value).await;
    }

    /// Sets an encrypted parameter.
    pub async fn put_secret(&self, name: &str, value: &str) {
        self.put_as(ParameterType::SecureString, name, value).await;
    }

    async fn put_as(&self, kind: ParameterType, name: &str, value: &str) {
        let put = self.client(REGION).await.put_parameter().name(name).value(value).r#type(kind).overwrite(true);
        put.send().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }

    /// Removes a parameter.
    pub async fn delete(&self, name: &str) {
        let delete = self.client(REGION).await.delete_parameter().name(name);
        delete.send().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }

    /// SSM of any region.
    pub async fn client(&self, region: &'static str) -> aws_sdk_ssm::Client {
        let settings = settings(&self.endpoint()).await.into_builder().region(Region::new(region)).build();
        aws_sdk_ssm::Client::new(&settings)
    }

    /// Everything that a region holds, by name.
    pub async fn parameters(&self, region: &'static str) -> BTreeMap<String, Parameter> {
        let client = self.client(region).await;
        let mut pages = client.describe_parameters().into_paginator().send();
        let mut parameters = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for described in page.expect("a page").parameters() {
                let name = described.name().expect("a name");
                let read = client.get_parameter().name(name).with_decryption(true).send().await.expect("a parameter");
                let parameter = read.parameter().expect("a parameter");
                let found = Parameter {
                    value: parameter.value().expect("a value").to_owned(),
                    version: parameter.version(),
                    is_secure: parameter.r#type() == Some(&ParameterType::SecureString),
                    is_advanced: described.tier() == Some(&ParameterTier::Advanced),
                    key: described.key_id().map(str::to_owned),
                };
                parameters.insert(name.to_owned(), found);
            }
        }
        parameters
    }
}

/// AWS's settings for what answers at `endpoint`, independent of the environment. Nothing is tried twice, however slow
/// the machine is: versions and calls are counted.
pub async fn settings(endpoint: &str) -> aws_config::SdkConfig {
    aws_settings(super::client(), None)
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .credentials_provider(Credentials::new("testing", "testing", None, None, "tests"))
        .load()
        .await
}
