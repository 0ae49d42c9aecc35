//! `sentrynet watch`, running.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::cli::{Ran, Workspace};
use super::process::send;

/// How long anything may take. The shortest period is 10 s.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running `sentrynet watch`; killed when dropped.
pub struct Watching {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Watching {
    /// Starts one in this workspace with these arguments after `watch`.
    pub fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        let [out, err] = ["out", "err"].map(|name| workspace.path().join(name));
        let file = |path: &PathBuf| File::create(path).expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_sentrynet"))
            .env_clear()
            .envs(workspace.variables())
            .current_dir(workspace.path())
            .arg("watch")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(file(&out))
            .stderr(file(&err))
            .spawn()
            .expect("the program starts");
        Self { child, out, err }
    }

    /// What it wrote to standard output.
    pub fn out(&self) -> String {
        std::fs::read_to_string(&self.out).expect("UTF-8")
    }

    /// What it wrote to standard error.
    pub fn err(&self) -> String {
        std::fs::read_to_string(&self.err).expect("UTF-8")
    }

    /// The summaries that it wrote so far, with `--json`.
    pub fn summaries(&self) -> Vec<Value> {
        let out = self.out();
        let whole = out.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
    }

    /// Sends it a signal.
    pub fn send(&self, signal: Signal) {
        send(signal, self.child.id());
    }

    /// Waits until something holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            let has_ended = self.child.try_wait().expect("a child's status").is_some();
            let is_in_vain = has_ended || start.elapsed() > PATIENCE;
            assert!(!is_in_vain, "{what} does not come:\n{}\n{}", self.out(), self.err());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until this stands on standard output so many times.
    pub async fn says(&mut self, text: &str, times: usize) {
        self.until(text, |watching| watching.out().matches(text).count() >= times).await;
    }

    /// Waits until it has ended.
    pub async fn ended(mut self) -> Ran {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child's status") {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}\n{}", self.out(), self.err());
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        Ran { code: status.code().expect("an exit code"), out: self.out(), err: self.err() }
    }

    /// Ends it as a service manager does.
    pub async fn stop(self) -> Ran {
        self.send(Signal::TERM);
        self.ended().await
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
