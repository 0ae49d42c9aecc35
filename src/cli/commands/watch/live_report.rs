//! The HTML report of `watch --html`, kept up to date by a thread of its own: probes do not wait for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cli::history::History;
use crate::cli::page::PageFile;
use crate::config::Config;
use crate::outcome::Outcome;
use crate::runner::watch::{Event, Watching};

/// Runs in the report, of all probes together.
const MAX_RUNS: usize = 5000;
/// Runs of one probe: at least, and at most.
const RUNS_OF_A_PROBE: (usize, usize) = (60, 1000);
/// How long to wait for an event where nothing is to be written.
const IDLE: Duration = Duration::from_secs(3600);

/// Keeps the HTML report up to date.
pub(crate) struct LiveReport {
    updates: Sender<Update>,
    errors: UnboundedReceiver<String>,
    writer: JoinHandle<()>,
}

/// What changes the report.
enum Update {
    /// A run has ended.
    Ran(Arc<Config>, Arc<Outcome>),
    /// These are the probes from now on, by group and identity.
    Probes(Vec<(String, String)>),
}

impl LiveReport {
    /// Starts with an empty report.
    pub(crate) fn start(file: PageFile) -> Self {
        let (updates, pending) = channel();
        let (send_error, errors) = unbounded_channel();
        let writer =
            std::thread::spawn(move || Writer { file: file.live(), send_error, last_error: None }.write(&pending));
        Self { updates, errors, writer }
    }

    /// Adds an event.
    pub(crate) fn add(&self, event: &Event) {
        let update = match event {
            Event::Ran { config, outcome, .. } => Update::Ran(config.clone(), outcome.clone()),
            Event::Started(watching) | Event::Reloaded(watching, _) => Update::Probes(probes(watching)),
            _ => return,
        };
        // The writer goes on until the sender is dropped.
        let _ = self.updates.send(update);
    }

    /// Waits until the report cannot be written, and says why; once for each reason.
    pub(crate) async fn error(&mut self) -> Option<String> {
        self.errors.recv().await
    }

    /// Writes the report for the last time; the error, if that fails.
    pub(crate) fn finish(self) -> Option<String> {
        let Self { updates, mut errors, writer } = self;
        drop(updates);
        // The panic hook has reported a panic.
        let _ = writer.join();
        errors.try_recv().ok()
    }
}

fn probes(watching: &Watching) -> Vec<(String, String)> {
    watching.probes.iter().map(|watched| (watched.group.clone(), watched.probe.identity.clone())).collect()
}

/// The state of the thread.
struct Writer {
    file: PageFile,
    send_error: UnboundedSender<String>,
    /// Why the report could not be written the last time.
    last_error: Option<String>,
}

impl Writer {
    /// Writes the report after every update, but not too often.
    fn write(mut self, pending: &Receiver<Update>) {
        let mut history = History::keeping(RUNS_OF_A_PROBE.1);
        let mut is_current = false;
        loop {
            let wait = self.file.fresh_for(Instant::now());
            if !is_current && wait.is_zero() {
                is_current = self.try_write(&history);
                continue;
            }
            match pending.recv_timeout(if is_current { IDLE } else { wait }) {
                Ok(Update::Ran(config, outcome)) => history.add(&outcome, &config.redactor),
                Ok(Update::Probes(probes)) => {
                    let kept = (MAX_RUNS / probes.len().max(1)).clamp(RUNS_OF_A_PROBE.0, RUNS_OF_A_PROBE.1);
                    history.keep(kept, |group, probe| probes.iter().any(|known| known.0 == group && known.1 == probe));
                }
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            is_current = false;
        }
        if !is_current {
            self.try_write(&history);
        }
    }

    fn try_write(&mut self, history: &History) -> bool {
        let error = self.file.write(history).err().map(|error| error.to_string());
        if let Some(error) = &error
            && self.last_error.as_ref() != Some(error)
        {
            // Nobody listens any more once the watch has ended.
            let _ = self.send_error.send(error.clone());
        }
        self.last_error = error;
        self.last_error.is_none()
    }
}
