//! AWS's Lambda runtime interface emulator around a function: takes one invocation at a time.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::process::{Process, free_port};

/// A function in a running emulator.
pub struct Function(Process);

impl Function {
    /// Starts the emulator around the program `bootstrap`, with these variables and no others but `PATH`. The function
    /// itself is started by the first invocation.
    pub async fn start<'a>(bootstrap: &Path, environment: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let program = super::tool("rie/aws-lambda-rie");
        let environment: Vec<_> = environment.into_iter().collect();
        Self(
            Process::start("the Lambda emulator", |port, _| {
                let mut command = Command::new(program);
                command
                    .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")])
                    .args(["--runtime-api-address", &format!("127.0.0.1:{}", free_port())])
                    .arg(bootstrap)
                    .env_clear()
                    .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
                    .envs(environment);
                command
            })
            .await,
        )
    }

    /// Invokes the function and returns its answer; an error of the function is
    /// `{"errorType": …, "errorMessage": …}`.
    pub async fn invoke(&self, payload: &Value) -> Value {
        let url = self.0.url("/2015-03-31/functions/function/invocations");
        let answer = super::client().post(url).body(payload.to_string()).send().await;
        let text = answer.expect("an answer of the emulator").text().await.expect("text of the emulator");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text:?} is not JSON; the log:\n{}", self.log()))
    }

    /// Everything that the emulator and the function wrote so far.
    pub fn log(&self) -> String {
        self.0.log()
    }
}
