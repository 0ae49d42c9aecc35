//! The configuration file, looked at again and again: editors, `mv` and a mounted ConfigMap all replace it in ways of
//! their own, and what is in it tells best whether it has changed.

use std::io;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};

use super::configuration;
use crate::cli::arguments::RunArguments;
use crate::cli::load::Loaded;
use crate::runner::watch::Order;

/// From one look to the next.
const PERIOD: Duration = Duration::from_secs(1);
/// What has changed has to look the same after so long: it may be half written.
const SETTLED: Duration = Duration::from_millis(250);
/// What could not be used is tried again after so long: a secret may be there by then.
const RETRY: Duration = Duration::from_secs(60);
/// No configuration is as large: of more, the beginning will do.
const MAX_SIZE: u64 = (1 << 20) + 1;

/// A configuration file, and what was in it at the last look.
pub(crate) struct File {
    path: PathBuf,
    /// The kind of error, where it cannot be read.
    content: Result<Vec<u8>, io::ErrorKind>,
}

impl File {
    /// Has a first look.
    pub(crate) async fn look(path: &Path) -> Self {
        Self { path: path.to_owned(), content: content(path).await }
    }

    /// Orders what follows from each change, and from each SIGHUP.
    pub(crate) async fn follow(mut self, mut hangup: Signal, arguments: RunArguments, orders: UnboundedSender<Order>) {
        let is_shown = io::stdout().is_terminal();
        // What could not be used, and when that was found.
        let mut refused: Option<(String, Instant)> = None;
        loop {
            let is_asked_for = tokio::select! {
                Some(()) = hangup.recv() => true,
                () = sleep(PERIOD) => false,
            };
            // That is also how a terminal tells that it is gone. Nobody could end the watch any more.
            if is_asked_for && is_shown && !io::stdout().is_terminal() {
                let _ = orders.send(Order::Stop);
                return;
            }
            let is_due = refused.as_ref().is_some_and(|(_, when)| when.elapsed() >= RETRY);
            let is_new = self.has_changed().await || is_asked_for;
            if !is_new && !is_due {
                continue;
            }
            let order = match configuration(&arguments).await {
                Ok(Loaded { config, warnings }) => {
                    refused = None;
                    if !warnings.is_empty() {
                        let (path, number) = (self.path.display(), warnings.len());
                        let noun = if number == 1 { "warning" } else { "warnings" };
                        let sentence = format!("{number} {noun}: see `sentrynet check {path}`");
                        // If nobody takes it, nobody takes what follows either.
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

    /// Whether something else is in it than at the last look; waits until that is all of it.
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
