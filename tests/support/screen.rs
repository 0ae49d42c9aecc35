//! A program on a terminal of its own, and what a person sees there.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};

use super::cli::Workspace;

/// How long something may take to be seen; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(180);

/// A terminal; what runs on it is killed when this is dropped.
pub struct Screen {
    child: Child,
    pty: Arc<Pty>,
    seen: Arc<Mutex<Seen>>,
    /// Whether nobody reads what is written.
    is_stuck: Arc<AtomicBool>,
    /// Whether nobody is there any more.
    is_closed: Arc<AtomicBool>,
}

struct Seen {
    parser: vt100::Parser,
    /// Everything that was written.
    all: Vec<u8>,
    is_over: bool,
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a size")
}

impl Screen {
    /// Starts `sentrynet` with these arguments in this workspace, on a terminal of so many rows and columns.
    pub fn start(workspace: &Workspace, arguments: &[&str], (rows, columns): (u16, u16)) -> Self {
        let (pty, pts) = open().expect("a terminal");
        pty.resize(Size::new(rows, columns)).expect("a size");
        let child = Command::new(assert_cmd::cargo::cargo_bin("sentrynet"))
            .args(arguments)
            .env_clear()
            .env("TERM", "xterm-256color")
            .envs(workspace.variables())
            .current_dir(workspace.path())
            .spawn(pts)
            .expect("the program runs");
        let pty = Arc::new(pty);
        let parser = vt100::Parser::new(size(rows), size(columns), 1000);
        let seen = Arc::new(Mutex::new(Seen { parser, all: Vec::new(), is_over: false }));
        let (is_stuck, is_closed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (input, output, pause) = (Arc::clone(&pty), Arc::clone(&seen), Arc::clone(&is_stuck));
        let end = Arc::clone(&is_closed);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Linux says that there is no such device when the last program has gone.
            while let Ok(read @ 1..) = (&*input).read(&mut bytes) {
                while pause.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                let mut seen = output.lock().expect("a screen");
                seen.all.extend_from_slice(&bytes[..read]);
                seen.parser.process(&bytes[..read]);
                if end.load(Ordering::Relaxed) {
                    break;
                }
            }
            output.lock().expect("a screen").is_over = true;
        });
        Self { child, pty, seen, is_stuck, is_closed }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("a screen")
    }

    /// The program's process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What is to be seen now.
    pub fn text(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// Everything that was written so far, escape codes and all.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.seen().all).into_owned()
    }

    /// What the terminal makes of it.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.seen().parser.screen())
    }

    /// Waits until this holds.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < PATIENCE, "in vain:\n{}", self.text());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until this is to be seen.
    pub async fn wait_for(&self, what: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if what(&text) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "this was not awaited:\n{text}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Presses keys.
    pub fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Another size.
    pub fn resize(&self, (rows, columns): (u16, u16)) {
        // Before the program knows: what it draws for the new size has to find it.
        let mut seen = self.seen();
        seen.parser.set_size(size(rows), size(columns));
        self.pty.resize(Size::new(rows, columns)).expect("a size");
    }

    /// From now on nothing that is written is taken, until the program has ended.
    pub fn stick(&self) {
        self.is_stuck.store(true, Ordering::Relaxed);
    }

    /// Closes the terminal, as a person closes a window. It takes until the program writes something.
    pub fn close(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        let (other, _) = open().expect("a terminal");
        self.pty = Arc::new(other);
    }

    /// Waits until the program has ended and everything of it is seen.
    pub async fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            let status = self.child.try_wait().expect("a child's status");
            if status.is_some() {
                self.is_stuck.store(false, Ordering::Relaxed);
            }
            if let Some(status) = status.filter(|_| self.seen().is_over) {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.text());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
