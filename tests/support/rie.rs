//! AWS's Lambda runtime interface emulator around a function: takes one invocation at a time.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;

use rustix::process::Signal;

use super::port::Port;
use super::process::{Process, only_child, send};

/// This package's function.
pub fn bootstrap() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_bootstrap"))
}

/// A function in a running emulator.
pub struct Function {
    process: Process,
    /// Where the emulator serves the function.
    _runtime: Port,
}

impl Function {
    /// Starts the emulator around this package's own function, with its configuration in this file.
    pub async fn with_file<'a>(
        config: &Path,
        dsn: Option<String>,
        more: impl IntoIterator<Item = (&'a str, String)>,
    ) -> Self {
        let mut environment =
            vec![("AWS_REGION", super::moto::REGION.to_owned()), ("SENTRYNET_CONFIG", config.display().to_string())];
        environment.extend(dsn.map(|dsn| ("SENTRY_DSN", dsn)));
        environment.extend(more);
        Self::start(bootstrap(), environment).await
    }

    /// Starts the emulator around the program `bootstrap`, with these variables and no others but `PATH`. The function
    /// itself is started by the first invocation.
    pub async fn start<'a>(bootstrap: &Path, environment: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let program = super::tool("rie/aws-lambda-rie");
        let environment: Vec<_> = environment.into_iter().collect();
        let runtime = Port::reserve();
        let process = Process::start("the Lambda emulator", |port, _| {
            let mut command = Command::new(program);
            command
                .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")])
                .args(["--runtime-api-address", &runtime.addr.to_string()])
                .arg(bootstrap)
                .env_clear()
                .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
                .envs(environment);
            command
        })
        .await;
        Self { process, _runtime: runtime }
    }

    /// For `AWS_ENDPOINT_URL_LAMBDA`: as far as invocations go, it is Lambda with a function called `function`.
    pub fn endpoint(&self) -> String {
        self.process.url("")
    }

    /// Invokes the function and returns its answer; an error of the function is
    /// `{"errorType": …, "errorMessage": …}`.
    pub async fn invoke(&self, payload: &Value) -> Value {
        let answer = self.request(payload).send().await;
        let text = answer.expect("an answer of the emulator").text().await.expect("text of the emulator");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text:?} is not JSON; the log:\n{}", self.log()))
    }

    /// Begins to invoke the function; nobody waits for its answer.
    pub fn invoking(&self, payload: &Value) -> JoinHandle<()> {
        let request = self.request(payload);
        tokio::spawn(async { drop(request.send().await) })
    }

    fn request(&self, payload: &Value) -> reqwest::RequestBuilder {
        super::client().post(self.process.url("/2015-03-31/functions/function/invocations")).body(payload.to_string())
    }

    /// Stops the function's process, as Lambda does between invocations, until it is thawed.
    pub fn freeze(&self) {
        send(Signal::STOP, only_child(self.process.id()));
    }

    /// Lets the function's process go on.
    pub fn thaw(&self) {
        send(Signal::CONT, only_child(self.process.id()));
    }

    /// Has the emulator end the sandbox as Lambda does, and waits until it is gone: SIGTERM to the function, and SIGKILL
    /// 600 ms later.
    pub async fn end(&mut self) {
        send(Signal::TERM, self.process.id());
        self.process.ended().await;
    }

    /// Everything that the emulator and the function wrote so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// How long the last invocation took, as the emulator reports it.
    pub fn took(&self) -> Duration {
        let log = self.log();
        let millis: Option<f64> =
            log.rsplit("\tDuration: ").next().and_then(|rest| rest.split_once(" ms")?.0.parse().ok());
        Duration::from_secs_f64(millis.unwrap_or_else(|| panic!("no report in\n{log}")) / 1000.0)
    }

    /// What the function itself wrote so far. Every line has to be JSON.
    pub fn own_log(&self) -> Vec<Value> {
        let log = self.log();
        let own = log.lines().filter(|line| !is_emulators(line));
        own.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?} is not JSON in\n{log}")))
            .collect()
    }
}

/// Whether a line is the emulator's: it speaks in the words of CloudWatch, or of its own log.
fn is_emulators(line: &str) -> bool {
    ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "].iter().any(|start| line.starts_with(start))
        || ["[INFO] (rapid)", "[WARNING] (rapid)", "[ERROR] (rapid)"].iter().any(|mark| line.contains(mark))
        || line.trim().is_empty()
}
