//! The `sentrynet` program, run as people run it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What a command left.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Ran {
    /// What it wrote to standard output, as JSON lines.
    pub fn json(&self) -> Vec<serde_json::Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        self.out.lines().map(line).collect()
    }
}

/// A directory to run commands in, and the environment that they get: nothing of what the test itself runs in.
pub struct Workspace {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Workspace {
    /// An empty directory.
    pub fn empty() -> Self {
        Self { directory: TempDir::new().expect("a temporary directory"), variables: Vec::new() }
    }

    /// One with this configuration in the place where it is looked for.
    pub fn with(config: &str) -> Self {
        let workspace = Self::empty();
        workspace.write("config/sentrynet.yaml", config);
        workspace
    }

    /// Sets a variable of the environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The environment.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Writes a file.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The command, ready to run.
    pub fn command(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::cargo_bin("sentrynet").expect("the program");
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.path()).args(arguments);
        command
    }

    /// Runs `sentrynet` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran { code: output.status.code().expect("an exit code"), out: text(output.stdout), err: text(output.stderr) }
    }
}
