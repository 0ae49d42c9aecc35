//! moto's server: AWS without AWS.

use std::process::Command;

use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::config::timeout::TimeoutConfig;
use aws_sdk_ssm::config::{Credentials, Region};
use aws_sdk_ssm::types::ParameterType;
use sentrynet::config::ssm::aws_settings;

use super::process::Process;

/// The region that the tests live in.
pub const REGION: &str = "eu-west-1";

/// A running moto.
pub struct Moto(Process);

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
        let client = aws_sdk_ssm::Client::new(&settings(&self.endpoint()).await);
        let put = client.put_parameter().name(name).value(value).r#type(kind).overwrite(true);
        put.send().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }

    /// Removes a parameter.
    pub async fn delete(&self, name: &str) {
        let client = aws_sdk_ssm::Client::new(&settings(&self.endpoint()).await);
        client.delete_parameter().name(name).send().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
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
        .credentials_provider(Credentials::new("testing", "testing", None, None, "tests"))
        .load()
        .await
}
