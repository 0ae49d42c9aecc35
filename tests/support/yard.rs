//! A checkout that is deployed from, to an AWS without AWS.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::cli::{Desk, Ran};
use super::moto::Moto;
use super::template::repository;

/// A directory with what `make deploy` needs, the function built already.
pub struct Yard {
    /// The directory, with the environment of people who deploy.
    pub desk: Desk,
    /// What they take for AWS.
    pub moto: Moto,
}

impl Yard {
    /// One with this configuration, whose results go to this DSN.
    pub async fn with(configuration: &str, dsn: &str) -> Self {
        let moto = Moto::with_transform().await;
        let mut desk = Desk::with(configuration).variable("SENTRY_DSN", dsn);
        for name in ["PATH", "LANG"] {
            desk = desk.variable(name, &std::env::var(name).unwrap_or_default());
        }
        let home = desk.path().display().to_string();
        for (name, value) in moto.environment() {
            // People who deploy to several regions may have none at hand.
            if !name.ends_with("REGION") {
                // Of an address, moto would take the first number for the name of a bucket.
                desk = desk.variable(name, &value.replace("127.0.0.1", "localhost"));
            }
        }
        desk = desk.variable("HOME", &home).variable("SAM_CLI_POLL_DELAY", "0.5");
        for name in ["Makefile", "samconfig.toml", "tests"] {
            std::os::unix::fs::symlink(repository().join(name), desk.path().join(name)).expect("a link");
        }
        // Whole, a test's function would take longer to pack than everything else.
        let status =
            Command::new("strip").arg("-o").arg(desk.path().join("function")).arg(super::rie::bootstrap()).status();
        assert!(status.expect("strip runs").success());
        Self { desk, moto }
    }

    /// Runs `make` with these arguments.
    pub fn make(&self, arguments: &[&str]) -> Ran {
        let sentrynet = env!("CARGO_BIN_EXE_sentrynet");
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let mut command = self.command(Path::new("make"));
        command
            .args(arguments)
            .arg(format!("TOOLS={}", super::tool("").display()))
            .arg(format!("SENTRYNET={sentrynet}"))
            .arg(format!("ARCH={architecture}"))
            .arg(format!("BOOTSTRAP={}", self.desk.path().join("function").display()));
        ran(command)
    }

    /// What the AWS CLI says.
    pub fn aws(&self, region: &str, arguments: &[&str]) -> Value {
        let mut command = self.command(&aws());
        command.args(["--region", region, "--output", "json"]).args(arguments);
        let ran = ran(command);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        if ran.out.trim().is_empty() { Value::Null } else { serde_json::from_str(&ran.out).expect("JSON") }
    }

    /// Runs a line of shell.
    pub fn shell(&self, line: &str) -> Ran {
        let mut command = self.command(Path::new("bash"));
        command.args(["-o", "pipefail", "-c", line]);
        ran(command)
    }

    /// The rules of a region and their targets.
    pub fn rules(&self, region: &str) -> Vec<(Value, Vec<Value>)> {
        let rules = self.aws(region, &["events", "list-rules"])["Rules"].take();
        let Value::Array(rules) = rules else { panic!("{rules}") };
        let with_targets = |rule: Value| {
            let name = rule["Name"].as_str().expect("a name");
            let targets = self.aws(region, &["events", "list-targets-by-rule", "--rule", name]);
            let targets = targets["Targets"].as_array().expect("targets").clone();
            (rule, targets)
        };
        rules.into_iter().map(with_targets).collect()
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.desk.variables()).current_dir(self.desk.path());
        command
    }
}

/// The AWS CLI.
pub fn aws() -> PathBuf {
    super::tool("moto/bin/aws")
}

fn ran(mut command: Command) -> Ran {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().expect("an exit code"), out: text(output.stdout), err: text(output.stderr) }
}
