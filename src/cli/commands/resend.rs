//! `sentrynet resend`: delivers the envelopes in a log.

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
use crate::cli::output::refuse;
use crate::cli::terminal::diagnostics;
use crate::net::tls_client_config;
use crate::runner::{Overrides, RunnerError};
use crate::sentry::{DeliveryClient, Envelope};
use crate::wording::counted;

/// Envelopes that are held in memory and delivered together.
const BATCH: usize = 500;

/// How long the delivery of a batch may take.
const BATCH_TIMEOUT: Duration = Duration::from_secs(60);

/// Sentry drops older events.
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Deliver the envelopes in a log, read from standard input.
///
/// The function and `run` log each envelope that they could not deliver as one line of JSON, which Lambda and CloudWatch may
/// wrap. Other lines are skipped, and an event that was logged twice is sent once. Delivering what Sentry already has
/// changes nothing. The configuration is read only if neither --dsn nor SENTRY_DSN is given.
#[derive(Args, Debug)]
#[command(after_help = "Environment:\n  SENTRY_DSN  the DSN to deliver to; --dsn overrides it\n\nExit codes:\n  \
    0  all envelopes were delivered\n  2  the DSN or an argument is invalid\n  3  some envelopes were not delivered")]
pub(crate) struct ResendArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// The Sentry project to deliver to; overrides SENTRY_DSN and the configuration.
    #[arg(long, value_name = "DSN")]
    dsn: Option<String>,
}

/// Delivers the envelopes in `input`, and says how many there were.
pub(crate) async fn resend(
    arguments: ResendArguments,
    input: &mut (dyn BufRead + Send),
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let client = match delivery_client(arguments).await {
        Ok(client) => client,
        Err(why) => return refuse(err, &why),
    };
    let mut resending = Resending::new(client);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        resending.take(Logged::of(&String::from_utf8_lossy(&line))).await;
        line.clear();
    }
    resending.deliver().await;
    resending.show(out)?;
    Ok(if resending.is_whole() { Exit::Success } else { Exit::NotDelivered })
}

/// A client for the project that the arguments, the environment or the configuration name. An error is a sentence.
async fn delivery_client(arguments: ResendArguments) -> Result<DeliveryClient, String> {
    let text = match arguments.dsn.or(Overrides::from_env().dsn) {
        Some(text) => text,
        None => configured_dsn(arguments.config.config).await?,
    };
    let dsn: Dsn = text.parse().map_err(|error| RunnerError::Dsn(error).to_string())?;
    Ok(DeliveryClient::new(dsn, tls_client_config().map_err(|error| error.to_string())?))
}

async fn configured_dsn(path: PathBuf) -> Result<String, String> {
    let no_dsn = "there is no DSN: give --dsn, set SENTRY_DSN, or add sentry.dsn to the configuration";
    if !path.exists() {
        return Err(no_dsn.to_owned());
    }
    let load::Loaded { config, .. } = load::load(&path).await.map_err(|diagnostics| diagnostics::text(&diagnostics))?;
    config.sentry.dsn.map(|dsn| dsn.expose().to_owned()).ok_or_else(|| no_dsn.to_owned())
}

/// What was found so far, and what happened to it.
struct Resending {
    client: DeliveryClient,
    batch: Vec<Envelope>,
    seen: HashSet<String>,
    found: usize,
    delivered: usize,
    /// Events that were logged more than once.
    duplicates: usize,
    damaged: usize,
    old: usize,
    diagnostics: Vec<String>,
}

impl Resending {
    fn new(client: DeliveryClient) -> Self {
        let (batch, seen, diagnostics) = (Vec::new(), HashSet::new(), Vec::new());
        Self { client, batch, seen, found: 0, delivered: 0, duplicates: 0, damaged: 0, old: 0, diagnostics }
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
            self.duplicates += 1;
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
        // What is not delivered is still in the log that it came from.
        let delivered = self.client.deliver(batch, Instant::now() + BATCH_TIMEOUT, &mut io::sink()).await;
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

    fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { found, delivered, .. } = self;
        writeln!(out, "{} found, {delivered} delivered, {} lost", counted(*found, "envelope"), found - delivered)?;
        for (count, sentence) in [
            (self.duplicates, "duplicates: sent only once"),
            (self.old, "not sent: older than the 30 days that Sentry accepts"),
            (self.damaged, "unreadable: the log has truncated or changed the line"),
        ] {
            if count > 0 {
                writeln!(out, "  {count} {sentence}")?;
            }
        }
        self.diagnostics.iter().try_for_each(|diagnostic| writeln!(out, "  {diagnostic}"))?;
        out.flush()
    }
}

/// Whether Sentry would accept and then drop it.
fn is_old(envelope: &Envelope) -> bool {
    let oldest = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(MAX_AGE);
    let time = envelope.items().ok().and_then(|items| {
        let payload: Value = serde_json::from_slice(&items.first()?.payload).ok()?;
        payload.get("timestamp")?.as_f64()
    });
    time.is_some_and(|time| time < oldest.as_secs_f64())
}
