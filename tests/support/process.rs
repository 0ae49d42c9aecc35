//! A server in a process of its own.

use std::fs::File;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::port::Port;

/// How long a server may take until its port answers; a busy machine takes its time to start Python.
const PATIENCE: Duration = Duration::from_secs(300);

/// A child that serves on loopback; killed when dropped.
pub struct Process {
    name: String,
    child: Child,
    port: Port,
    directory: TempDir,
}

impl Process {
    /// Starts what `command` makes of a port that nobody else gets and an empty directory (also the working directory), and
    /// waits until the port answers. What the child says is kept for [`Process::log`].
    pub async fn start(name: &str, command: impl FnOnce(u16, &std::path::Path) -> Command) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let port = Port::reserve();
        let log = File::create(directory.path().join("log")).expect("a log file");
        let mut command = command(port.number(), directory.path());
        let child = command
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let mut process = Self { name: name.to_owned(), child, port, directory };
        process.wait_for_port().await;
        process
    }

    async fn wait_for_port(&mut self) {
        let start = Instant::now();
        while tokio::net::TcpStream::connect(self.port.addr).await.is_err() {
            if let Some(status) = self.child.try_wait().expect("a child's status") {
                panic!("{} ended with {status}:\n{}", self.name, self.log());
            }
            assert!(start.elapsed() < PATIENCE, "{} is silent on {}:\n{}", self.name, self.port.addr, self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `http://127.0.0.1:PORT` and `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.port.addr)
    }

    /// The child's own directory.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// The child's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the child. Its port is closed from then on, and nobody else gets it.
    pub fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until the child has ended, and says how.
    pub async fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child's status") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "{} does not end:\n{}", self.name, self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Everything that the child wrote so far.
    pub fn log(&self) -> String {
        std::fs::read(self.directory.path().join("log"))
            .map_or_else(|error| format!("(no log: {error})"), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Sends a signal to a process.
pub fn send(signal: Signal, process: u32) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(process, signal).unwrap_or_else(|error| panic!("{process:?} gets no signal: {error}"));
}

/// The process that this process started, and no other.
pub fn only_child(parent: u32) -> u32 {
    let numbers =
        std::fs::read_dir("/proc").expect("processes").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_child = |process: &u32| {
        // `PID (NAME) STATE PARENT …`, and the name may hold anything.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let parent_of = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        parent_of == Some(parent)
    };
    let children: Vec<u32> = numbers.filter_map(|name| name.parse().ok()).filter(is_child).collect();
    let [child] = children[..] else { panic!("{parent} has the children {children:?}") };
    child
}
