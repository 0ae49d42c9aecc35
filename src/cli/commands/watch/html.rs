//! The page of `watch --html`, kept current on a thread of its own: probes do not wait for it.

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

/// Runs that a page holds, of all probes together.
const RUNS: usize = 5000;
/// Runs of one probe: at the least, and at the most.
const OF_A_PROBE: (usize, usize) = (60, 1000);
/// Where nothing happens, nothing is to be done.
const LONG: Duration = Duration::from_secs(3600);

/// Keeps a page current.
pub(crate) struct Page {
    news: Sender<News>,
    troubles: UnboundedReceiver<String>,
    writer: JoinHandle<()>,
}

/// What changes a page.
enum News {
    /// A run is over.
    Ran(Arc<Config>, Arc<Outcome>),
    /// These are the probes from now on, by group and identity.
    Probes(Vec<(String, String)>),
}

impl Page {
    /// Begins with an empty one.
    pub(crate) fn keep(file: PageFile) -> Self {
        let (news, pending) = channel();
        let (tell, troubles) = unbounded_channel();
        let writer = std::thread::spawn(move || Writer { file: file.live(), tell, told: None }.write(&pending));
        Self { news, troubles, writer }
    }

    /// Takes note of what happened.
    pub(crate) fn note(&self, event: &Event) {
        let news = match event {
            Event::Ran { config, outcome, .. } => News::Ran(config.clone(), outcome.clone()),
            Event::Started(watching) | Event::Reloaded(watching, _) => News::Probes(probes(watching)),
            _ => return,
        };
        // The writer goes on until this is dropped.
        let _ = self.news.send(news);
    }

    /// Waits until it cannot be written, and says why; once, as long as that does not change.
    pub(crate) async fn trouble(&mut self) -> Option<String> {
        self.troubles.recv().await
    }

    /// Writes it for the last time.
    pub(crate) fn end(self) -> Option<String> {
        let Self { news, mut troubles, writer } = self;
        drop(news);
        // It has no panic to tell of: the hook did.
        let _ = writer.join();
        troubles.try_recv().ok()
    }
}

fn probes(watching: &Watching) -> Vec<(String, String)> {
    watching.probes.iter().map(|watched| (watched.group.clone(), watched.probe.identity.clone())).collect()
}

/// What the thread knows.
struct Writer {
    file: PageFile,
    tell: UnboundedSender<String>,
    /// What was said last of why it cannot be written.
    told: Option<String>,
}

impl Writer {
    /// Writes the page whenever there is news, but not too often.
    fn write(mut self, pending: &Receiver<News>) {
        let mut history = History::keeping(OF_A_PROBE.1);
        let mut is_current = false;
        loop {
            let wait = self.file.fresh_for(Instant::now());
            if !is_current && wait.is_zero() {
                is_current = self.try_write(&history);
                continue;
            }
            match pending.recv_timeout(if is_current { LONG } else { wait }) {
                Ok(News::Ran(config, outcome)) => history.add(&outcome, &config.redactor),
                Ok(News::Probes(probes)) => {
                    let kept = (RUNS / probes.len().max(1)).clamp(OF_A_PROBE.0, OF_A_PROBE.1);
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
        let trouble = self.file.write(history).err().map(|error| error.to_string());
        if let Some(trouble) = &trouble
            && self.told.as_ref() != Some(trouble)
        {
            // Whoever ended in the meantime is not interested.
            let _ = self.tell.send(trouble.clone());
        }
        self.told = trouble;
        self.told.is_none()
    }
}
