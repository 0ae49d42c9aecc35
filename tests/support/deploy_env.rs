//! A checkout that is deployed from, to an AWS without AWS.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::cli::{Ran, Workspace};
use super::moto::Moto;
use super::template::repository;

/// A directory with what `make deploy` needs, the function built already.
pub struct DeployEnv {
    /// The directory, with the environment of people who deploy.
    pub workspace: Workspace,
    /// What they take for AWS.
    pub moto: Moto,
}

impl DeployEnv {
    /// One with this configuration, whose results go to this DSN.
    pub async fn with(configuration: &str, dsn: &str) -> Self {
        let moto = Moto::with_transform().await;
        let mut workspace = Workspace::with(configuration).variable("SENTRY_DSN", dsn);
        let home = workspace.path().display().to_string();
        std::fs::create_dir(workspace.path().join("bin")).expect("a directory");
        let programs = [("sam", super::tool("sam/bin/sam")), ("sentrynet", env!("CARGO_BIN_EXE_sentrynet").into())];
        for (name, program) in programs {
            std::os::unix::fs::symlink(&program, workspace.path().join("bin").join(name)).expect("a link");
        }
        // Of SQS, the AWS CLI of version 1 asks elsewhere whatever the environment says.
        let cli = super::tool("moto/bin/aws");
        let script = format!("#!/bin/sh\nexec {} --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n", cli.display());
        let cli = workspace.write("bin/aws", script);
        std::fs::set_permissions(&cli, Permissions::from_mode(0o755)).expect("a program");
        let path = std::env::var("PATH").unwrap_or_default();
        workspace = workspace.variable("PATH", &format!("{home}/bin:{path}"));
        for (name, value) in moto.environment() {
            // People who deploy to several regions may have none at hand.
            if !name.ends_with("REGION") {
                // Of an address, moto would take the first number for the name of a bucket.
                workspace = workspace.variable(name, &value.replace("127.0.0.1", "localhost"));
            }
        }
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        workspace = workspace
            .variable("HOME", &home)
            .variable("SAM_CLI_POLL_DELAY", "0.5")
            .variable("SENTRYNET", "sentrynet")
            .variable("ARCH", architecture)
            .variable("BOOTSTRAP", &format!("{home}/function"));
        std::fs::create_dir(workspace.path().join("target")).expect("a directory");
        for name in ["Makefile", "samconfig.toml", "tests", "target/tools"] {
            std::os::unix::fs::symlink(repository().join(name), workspace.path().join(name)).expect("a link");
        }
        // Whole, a test's function would take longer to pack than everything else.
        let status = Command::new("strip")
            .arg("-o")
            .arg(workspace.path().join("function"))
            .arg(super::rie::bootstrap())
            .status();
        assert!(status.expect("strip runs").success());
        Self { workspace, moto }
    }

    /// Runs `make` with these arguments.
    pub fn make(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(Path::new("make"));
        command.args(arguments);
        ran(command)
    }

    /// What the AWS CLI says.
    pub fn aws(&self, region: &str, arguments: &[&str]) -> Value {
        let mut command = self.command(&self.workspace.path().join("bin/aws"));
        command.args(["--region", region, "--output", "json"]).args(arguments);
        let ran = ran(command);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        if ran.out.trim().is_empty() { Value::Null } else { serde_json::from_str(&ran.out).expect("JSON") }
    }

    /// Runs the block of shell of docs/aws.md that begins so, after `before`, with these words in the place of others.
    pub fn documented(&self, beginning: &str, before: &str, words: &[(&str, &str)]) -> Ran {
        let docs = docs();
        let blocks = docs.split("\n```sh\n").skip(1).filter_map(|rest| rest.split("\n```\n").next());
        let found: Vec<&str> = blocks.filter(|block| block.starts_with(beginning)).collect();
        let [block] = found[..] else { panic!("{beginning}: {} blocks", found.len()) };
        let mut lines = format!("{before}\n{block}");
        for (word, other) in words {
            assert!(lines.contains(word), "{word} in {lines}");
            lines = lines.replace(word, other);
        }
        let mut command = self.command(Path::new("bash"));
        command.args(["-e", "-u", "-o", "pipefail", "-c", &lines]);
        let ran = ran(command);
        assert_eq!(ran.code, 0, "{lines}\n{}{}", ran.out, ran.err);
        ran
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
        command.env_clear().envs(self.workspace.variables()).current_dir(self.workspace.path());
        command
    }
}

fn ran(mut command: Command) -> Ran {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().expect("an exit code"), out: text(output.stdout), err: text(output.stderr) }
}

/// The text of docs/aws.md.
pub fn docs() -> String {
    std::fs::read_to_string(repository().join("docs/aws.md")).expect("docs/aws.md")
}
