//! Reloads the configuration when its file changes. The file is polled, and its content compared: editors, `mv` and mounted
//! ConfigMaps all replace files differently, and only the content tells reliably whether something has changed.

use std::io;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};

use crate::cli::arguments::ProbeArguments;
use crate::cli::load;
use crate::cli::load::Loaded;
use crate::runner::watch::Order;
use crate::wording::counted;

/// How often the file is read.
const PERIOD: Duration = Duration::from_secs(1);
/// A change counts once the content has been stable for this long: it may be half written before.
const SETTLED: Duration = Duration::from_millis(250);
/// How soon an invalid configuration is tried again: a missing secret may be there by then.
const RETRY: Duration = Duration::from_secs(60);
/// Larger than any valid configuration: of more, the beginning is enough to see a change.
const MAX_SIZE: u64 = (1 << 20) + 1;

/// The configuration file, and its content when it was last read.
pub(crate) struct WatchedFile {
    path: PathBuf,
    /// The kind of error, where it cannot be read.
    content: Result<Vec<u8>, io::ErrorKind>,
}

impl WatchedFile {
    /// Reads the file for the first time.
    pub(crate) async fn open(path: &Path) -> Self {
        Self { path: path.to_owned(), content: content(path).await }
    }

    /// Reloads the configuration after each change and each SIGHUP, and sends what follows as orders.
    pub(crate) async fn follow(
        mut self,
        mut hangup: Signal,
        arguments: ProbeArguments,
        orders: UnboundedSender<Order>,
    ) {
        let is_shown = io::stdout().is_terminal();
        // The last refusal, and when it was found.
        let mut refused: Option<(String, Instant)> = None;
        loop {
            let is_asked_for = tokio::select! {
                Some(()) = hangup.recv() => true,
                () = sleep(PERIOD) => false,
            };
            // A terminal that is gone sends SIGHUP, too. Nobody could stop the watch any more.
            if is_asked_for && is_shown && !io::stdout().is_terminal() {
                let _ = orders.send(Order::Stop);
                return;
            }
            let is_due = refused.as_ref().is_some_and(|(_, when)| when.elapsed() >= RETRY);
            let is_new = self.has_changed().await || is_asked_for;
            if !is_new && !is_due {
                continue;
            }
            let order = match load::chosen(&arguments).await {
                Ok(Loaded { config, warnings }) => {
                    refused = None;
                    if !warnings.is_empty() {
                        let warnings = counted(warnings.len(), "warning");
                        let sentence = format!("{warnings}: see `sentrynet check {}`", self.path.display());
                        // If nobody receives this, nobody receives what follows either.
                        let _ = orders.send(Order::Tell(sentence));
                    }
                    Order::Use(Box::new(config))
                }
                Err(diagnostics) => {
                    let text = diagnostics.to_string();
                    let is_known = !is_new && refused.as_ref().is_some_and(|(known, _)| *known == text);
                    refused = Some((text, Instant::now()));
                    if is_known {
                        continue;
                    }
                    Order::Refuse(diagnostics)
                }
            };
            if orders.send(order).is_err() {
                return;
            }
        }
    }

    /// Whether the content has changed since it was last read; waits until it is stable.
    async fn has_changed(&mut self) -> bool {
        let mut now = content(&self.path).await;
        if now == self.content {
            return false;
        }
        loop {
            sleep(SETTLED).await;
            let then = std::mem::replace(&mut now, content(&self.path).await);
            if then == now {
                break;
            }
        }
        let has_changed = now != self.content;
        self.content = now;
        has_changed
    }
}

async fn content(path: &Path) -> Result<Vec<u8>, io::ErrorKind> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut content = Vec::new();
        std::fs::File::open(path)?.take(MAX_SIZE).read_to_end(&mut content)?;
        Ok(content)
    });
    read.await.unwrap_or_else(|_| Err(io::ErrorKind::Other.into())).map_err(|error: io::Error| error.kind())
}
