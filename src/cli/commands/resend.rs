//! `sentrynet resend`: delivers the envelopes that a log holds.

mod log_scan;

pub use log_scan::Logged;

use std::collections::HashSet;
use std::io;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use sentry::types::Dsn;
use serde_json::Value;
use tokio::time::Instant;

use crate::cli::arguments::ConfigArgument;
use crate::cli::exit::Exit;
use crate::cli::load;
use crate::cli::terminal::diagnostics;
use crate::net::tls_client_config;
use crate::runner::{Overrides, RunnerError};
use crate::sentry::{DeliveryClient, Envelope};

/// Envelopes that are delivered together; more are not held in memory.
const BATCH: usize = 500;

/// How long the delivery of a batch may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sentry takes nothing that is older.
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Where to.
#[derive(Args, Debug)]
pub(crate) struct ResendArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// The Sentry project that envelopes go to; wins over SENTRY_DSN and the configuration.
    #[arg(long, value_name = "DSN")]
    dsn: Option<String>,
}

/// Delivers what `input` holds, and tells how much that was.
pub(crate) async fn resend(
    arguments: ResendArguments,
    input: &mut (dyn BufRead + Send),
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let courier = match courier(arguments).await {
        Ok(courier) => courier,
        Err(why) => {
            writeln!(err, "{why}")?;
            return Ok(Exit::InvalidInput);
        }
    };
    let mut resending = Resending::new(courier);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        resending.take(Logged::of(&String::from_utf8_lossy(&line))).await;
        line.clear();
    }
    resending.deliver().await;
    resending.tell(out)?;
    Ok(if resending.is_whole() { Exit::Success } else { Exit::NotDelivered })
}

/// The courier to the project that the arguments, the environment or the configuration name. An error is a sentence.
async fn courier(arguments: ResendArguments) -> Result<DeliveryClient, String> {
    let text = match arguments.dsn.or(Overrides::from_env().dsn) {
        Some(text) => text,
        None => configured(arguments.config.config).await?,
    };
    let dsn: Dsn = text.parse().map_err(|error| RunnerError::Dsn(error).to_string())?;
    Ok(DeliveryClient::new(dsn, tls_client_config().map_err(|error| error.to_string())?))
}

async fn configured(path: PathBuf) -> Result<String, String> {
    let nowhere = "there is no DSN: give --dsn, set SENTRY_DSN, or sentry.dsn in the configuration";
    if !path.exists() {
        return Err(nowhere.to_owned());
    }
    let load::Loaded { config, .. } = load::load(&path).await.map_err(|diagnostics| diagnostics::text(&diagnostics))?;
    config.sentry.dsn.map(|dsn| dsn.expose().to_owned()).ok_or_else(|| nowhere.to_owned())
}

/// What was found so far, and what became of it.
struct Resending {
    courier: DeliveryClient,
    batch: Vec<Envelope>,
    seen: HashSet<String>,
    found: usize,
    delivered: usize,
    /// Found again: the same event, logged twice.
    again: usize,
    damaged: usize,
    old: usize,
    diagnostics: Vec<String>,
}

impl Resending {
    fn new(courier: DeliveryClient) -> Self {
        let (batch, seen, diagnostics) = (Vec::new(), HashSet::new(), Vec::new());
        Self { courier, batch, seen, found: 0, delivered: 0, again: 0, damaged: 0, old: 0, diagnostics }
    }

    async fn take(&mut self, logged: Logged) {
        let envelope = match logged {
            Logged::Envelope(envelope) => envelope,
            Logged::Damaged => {
                self.damaged += 1;
                return;
            }
            Logged::Nothing => return,
        };
        if envelope.event_id().is_some_and(|id| !self.seen.insert(id.to_owned())) {
            self.again += 1;
            return;
        }
        self.found += 1;
        if is_old(&envelope) {
            self.old += 1;
            return;
        }
        self.batch.push(envelope);
        if self.batch.len() >= BATCH {
            self.deliver().await;
        }
    }

    async fn deliver(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        // What does not arrive stands in the log that it came from.
        let delivered = self.courier.deliver(batch, Instant::now() + PATIENCE, &mut io::sink()).await;
        self.delivered += delivered.delivered;
        for diagnostic in delivered.problems {
            if !self.diagnostics.contains(&diagnostic) {
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.delivered == self.found && self.damaged == 0
    }

    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { found, delivered, .. } = self;
        let noun = if *found == 1 { "envelope" } else { "envelopes" };
        writeln!(out, "{found} {noun} found, {delivered} delivered, {} lost", found - delivered)?;
        for (count, sentence) in [
            (self.again, "found again and sent once: the same events"),
            (self.old, "not sent: older than the 30 days that Sentry takes"),
            (self.damaged, "not to be read: the log has cut the line, or changed it"),
        ] {
            if count > 0 {
                writeln!(out, "  {count} {sentence}")?;
            }
        }
        self.diagnostics.iter().try_for_each(|diagnostic| writeln!(out, "  {diagnostic}"))?;
        out.flush()
    }
}

/// Whether Sentry would throw it away, and say that it took it.
fn is_old(envelope: &Envelope) -> bool {
    let oldest = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(MAX_AGE);
    let time = envelope.items().ok().and_then(|items| {
        let payload: Value = serde_json::from_slice(&items.first()?.payload).ok()?;
        payload.get("timestamp")?.as_f64()
    });
    time.is_some_and(|time| time < oldest.as_secs_f64())
}
