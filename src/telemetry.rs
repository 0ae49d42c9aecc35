//! SentryNet's own log, and what of it goes to Sentry.
//!
//! Everything goes through `tracing`. The log gets it at once; for Sentry, info and warnings become breadcrumbs, and errors
//! become events with their fields. Sentry's SDK makes those events but does not send them: they wait in a buffer, which
//! the invocation [drains](Telemetry::drain) and delivers with its results.

mod stderr;

pub use stderr::StderrSink;

use std::io::Write;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use sentry::integrations::tracing::{BreadcrumbLayer, ErrorLayer};
use sentry::{Client, ClientOptions, Hub};
use serde_json::{Map, Value};
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry};

use crate::secrets::{FILTERED, Redactor};
use crate::sentry::{Envelope, Settings};

/// More events than this between two drains are dropped: something is repeating itself.
const MAX_EVENTS: usize = 100;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Lines of JSON on standard output, for CloudWatch.
    Function,
    /// Plain lines on standard error.
    Terminal,
    /// The same, but only where the environment asks for them: `watch` shows everything in its own view.
    Watch,
}

/// The log, and the events for Sentry. One for a process; clones share it.
#[derive(Clone, Default)]
pub struct Telemetry {
    buffer: Arc<Buffer>,
    redactor: Arc<RwLock<Redactor>>,
    stderr: StderrSink,
}

impl Telemetry {
    /// Starts the log of this process, at the level that `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG` names, else at `info` for the
    /// function, at `error` on a terminal, and off for `watch`. Other crates log up to `info`.
    pub fn init(mode: Mode) -> Self {
        let telemetry = Self::default();
        let requested = ["AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"].into_iter().find_map(|name| std::env::var(name).ok());
        let default = match mode {
            Mode::Function => LevelFilter::INFO,
            // Everything else is in the results.
            Mode::Terminal => LevelFilter::ERROR,
            Mode::Watch => LevelFilter::OFF,
        };
        let filter = filter(requested.as_deref(), default);
        // A log that was started before stays; this happens in tests only.
        let _ = match mode {
            Mode::Function => telemetry.subscriber(mode, filter, std::io::stdout).try_init(),
            Mode::Terminal | Mode::Watch => {
                let stderr = telemetry.stderr();
                telemetry.subscriber(mode, filter, move || stderr.clone()).try_init()
            }
        };
        telemetry.report_panics();
        let client = telemetry.client();
        // New threads inherit the main hub; this one may have its own already.
        Hub::main().bind_client(Some(Arc::clone(&client)));
        Hub::current().bind_client(Some(client));
        telemetry
    }

    /// Standard error, where the log of a terminal goes.
    pub fn stderr(&self) -> StderrSink {
        self.stderr.clone()
    }

    /// Replaces Rust's own report of a panic, which may quote a secret.
    fn report_panics(&self) {
        let (redactor, stderr) = (Arc::clone(&self.redactor), self.stderr());
        std::panic::set_hook(Box::new(move |panic| {
            let message = panic.payload_as_str().unwrap_or("no message");
            let message = redactor.try_read().map(|redactor| redactor.text(message));
            let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
            let message = message.as_deref().unwrap_or(FILTERED);
            // Nothing can be done about a log that cannot be written.
            let _ = writeln!(stderr.clone(), "SentryNet itself failed{place}: {message}");
        }));
    }

    /// From now on these secrets are filtered from the log and from events.
    pub fn hide(&self, redactor: Redactor) {
        *self.redactor.write().unwrap_or_else(PoisonError::into_inner) = redactor;
    }

    /// Forgets the breadcrumbs so far: those of one invocation say nothing about the events of the next.
    pub fn forget(&self) {
        Hub::current().configure_scope(|scope| scope.clear_breadcrumbs());
    }

    /// The events since the last call, ready to be delivered under these settings.
    pub fn drain(&self, settings: &Settings) -> Vec<Envelope> {
        let collected = std::mem::take(&mut *self.buffer.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.forget();
        let redactor = self.redactor.read().unwrap_or_else(PoisonError::into_inner).clone();
        collected.iter().filter_map(|envelope| convert(envelope, settings, &redactor)).collect()
    }

    /// A client of Sentry's SDK that sends nothing. It needs a DSN to be enabled; the real one may not be known yet.
    fn client(&self) -> Arc<Client> {
        let mut options = ClientOptions::default();
        options.dsn = "http://sentrynet@localhost/1".parse().ok();
        options.transport = Some(Arc::new(Arc::clone(&self.buffer)));
        options.default_integrations = false;
        Arc::new(Client::with_options(options))
    }

    fn subscriber<W>(&self, mode: Mode, filter: Targets, inner: W) -> impl Subscriber + Send + Sync + use<W>
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        let writer = Filtered { inner, redactor: Arc::clone(&self.redactor) };
        let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
        let lines = match mode {
            Mode::Function => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
            Mode::Terminal | Mode::Watch => lines.without_time().with_target(false).boxed(),
        };
        let is_crumb = filter_fn(|metadata| matches!(*metadata.level(), Level::INFO | Level::WARN) && is_own(metadata));
        let is_event = filter_fn(|metadata| *metadata.level() == Level::ERROR && is_own(metadata));
        Registry::default()
            .with(lines.with_filter(filter.and(filter_fn(is_harmless))))
            .with(BreadcrumbLayer::new().with_filter(is_crumb))
            .with(ErrorLayer::new().with_filter(is_event))
    }
}

/// Only SentryNet's own messages go to Sentry: errors of other crates reach it as results, and are reported as such.
fn is_own(metadata: &tracing::Metadata<'_>) -> bool {
    ["sentrynet", "bootstrap"].contains(&metadata.target().split("::").next().unwrap_or_default())
}

/// The HTTP stack logs headers and bodies at `debug`, at a time when it is not known yet which of them are secret.
fn is_harmless(metadata: &tracing::Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || is_own(metadata)
}

/// `debug`, `WARN`, or directives such as `info,sentrynet=debug`; what is not understood means the default.
fn filter(requested: Option<&str>, default: LevelFilter) -> Targets {
    match requested.map(str::trim).filter(|requested| !requested.is_empty()) {
        // A level of Lambda that `tracing` does not have.
        Some(fatal) if fatal.eq_ignore_ascii_case("fatal") => Targets::new().with_default(LevelFilter::ERROR),
        Some(requested) => Targets::from_str(&requested.to_ascii_lowercase()).unwrap_or_else(|_| filter(None, default)),
        None => Targets::new().with_default(default),
    }
}

/// The transport of Sentry's SDK: keeps what it is given.
#[derive(Default)]
struct Buffer(Mutex<Vec<sentry::Envelope>>);

impl sentry::Transport for Buffer {
    fn send_envelope(&self, envelope: sentry::Envelope) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if collected.len() < MAX_EVENTS {
            collected.push(envelope);
        }
    }

    fn flush(&self, _timeout: Duration) -> bool {
        true
    }
}

/// The SDK's envelope as one of SentryNet: with the real settings, without secrets.
fn convert(envelope: &sentry::Envelope, settings: &Settings, redactor: &Redactor) -> Option<Envelope> {
    let mut bytes = Vec::new();
    envelope.to_writer(&mut bytes).ok()?;
    let envelope = Envelope::parse(&bytes).ok()?;
    Some(envelope.map_payloads(|header, payload| {
        // Both refer to the DSN that the client was given.
        header.shift_remove("dsn");
        header.shift_remove("trace");
        plain_id(header);
        if let Value::Object(payload) = payload {
            plain_id(payload);
            whole_microseconds(payload);
            redact(payload, redactor);
            // The SDK leaves out Sentry's default; not every receiver knows it.
            payload.entry("level").or_insert_with(|| "error".into());
            for (field, value) in [
                ("release", settings.release()),
                ("environment", settings.environment()),
                ("server_name", settings.server_name()),
            ] {
                payload.shift_remove(field);
                if let Some(value) = value {
                    payload.insert(field.into(), value.into());
                }
            }
        }
    }))
}

/// An id without hyphens, as in all other envelopes.
fn plain_id(map: &mut Map<String, Value>) {
    if let Some(Value::String(id)) = map.get_mut("event_id") {
        id.retain(|c| c != '-');
    }
}

/// The SDK writes nanoseconds where Sentry has microseconds.
fn whole_microseconds(payload: &mut Map<String, Value>) {
    let round = |time: &mut Value| {
        if let Some(seconds) = time.as_f64() {
            *time = Value::from((seconds * 1e6).round() / 1e6);
        }
    };
    payload.get_mut("timestamp").into_iter().for_each(round);
    let crumbs = payload.get_mut("breadcrumbs");
    let crumbs = crumbs.map(|crumbs| if crumbs.is_array() { crumbs } else { &mut crumbs["values"] });
    for crumb in crumbs.and_then(Value::as_array_mut).into_iter().flatten() {
        crumb.get_mut("timestamp").into_iter().for_each(round);
    }
}

/// Only in what comes from outside: a secret that happens to be `error` must not change a level.
fn redact(payload: &mut Map<String, Value>, redactor: &Redactor) {
    for field in ["message", "logentry", "tags", "extra", "transaction", "user", "request"] {
        payload.get_mut(field).into_iter().for_each(|value| redactor.value(value));
    }
    let contexts = payload.get_mut("contexts").and_then(Value::as_object_mut);
    for (_, context) in contexts.into_iter().flatten().filter(|(name, _)| *name != "trace") {
        for (_, value) in context.as_object_mut().into_iter().flatten().filter(|(field, _)| *field != "type") {
            redactor.value(value);
        }
    }
    for list in ["exception", "breadcrumbs"] {
        // The SDK writes breadcrumbs as `{"values": […]}`, and is free to write them as a list.
        let list = payload.get_mut(list).map(|list| if list.is_array() { list } else { &mut list["values"] });
        for item in list.and_then(Value::as_array_mut).into_iter().flatten() {
            for field in ["message", "value", "data"] {
                item.get_mut(field).into_iter().for_each(|value| redactor.value(value));
            }
        }
    }
}

/// A writer that filters secrets. `tracing` writes each event in one piece.
struct Filtered<W> {
    inner: W,
    redactor: Arc<RwLock<Redactor>>,
}

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Filtered<W> {
    type Writer = FilteredLine<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        let redactor = self.redactor.read().unwrap_or_else(PoisonError::into_inner).clone();
        FilteredLine { inner: self.inner.make_writer(), redactor }
    }
}

struct FilteredLine<W> {
    inner: W,
    redactor: Redactor,
}

impl<W: Write> Write for FilteredLine<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.inner.write_all(self.redactor.text(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secret;
    use tracing::{debug, error, info};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The log and the events of what `emit` logs.
    fn log_of(mode: Mode, level: Option<&str>, telemetry: &Telemetry, emit: impl FnOnce()) -> (String, Vec<Value>) {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = telemetry.subscriber(mode, filter(level, LevelFilter::INFO), move || writer.clone());
        let settings = Settings::new(Some("test"), Some("sentrynet@9"), Some("here"), None, &Redactor::default());
        let envelopes = Hub::run(Arc::new(Hub::new(Some(telemetry.client()), Arc::default())), || {
            tracing::subscriber::with_default(subscriber, emit);
            telemetry.drain(&settings)
        });
        let payload = |envelope: Envelope| {
            assert!(!envelope.header().contains_key("dsn") && !envelope.header().contains_key("trace"));
            let items = envelope.items().expect("items");
            serde_json::from_slice(&items[0].payload).expect("JSON")
        };
        let log = String::from_utf8(lines.0.lock().expect("the log").clone()).expect("text");
        (log, envelopes.into_iter().map(payload).collect())
    }

    #[test]
    fn an_error_is_an_event_with_its_fields_and_what_led_to_it() {
        let (log, events) = log_of(Mode::Function, None, &Telemetry::default(), || {
            debug!("not of interest");
            info!(group = "demo", "starting");
            error!(parameter = "/sentrynet/dsn", "no configuration");
        });
        assert_eq!(events.len(), 1, "{events:#?}");
        let event = &events[0];
        assert_eq!(event["level"], "error");
        assert_eq!((&event["environment"], &event["release"]), (&"test".into(), &"sentrynet@9".into()));
        assert_eq!(event["contexts"]["Rust Tracing Fields"]["parameter"], "/sentrynet/dsn");
        let text = event.to_string();
        assert!(text.contains("no configuration") && text.contains("starting") && !text.contains("not of interest"));
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 2, "{log}");
        assert_eq!((&lines[1]["level"], &lines[1]["message"]), (&"ERROR".into(), &"no configuration".into()));
        assert_eq!(lines[1]["parameter"], "/sentrynet/dsn");
    }

    #[test]
    fn secrets_reach_neither_the_log_nor_sentry() {
        let telemetry = Telemetry::default();
        telemetry.hide(Redactor::new([&Secret::new("hunter2!"), &Secret::new("error")]));
        let (log, events) = log_of(Mode::Terminal, None, &telemetry, || {
            info!("with hunter2!");
            error!(token = "hunter2!", "hunter2! was refused");
        });
        let text = format!("{log}{}", Value::from(events.clone()));
        assert!(!text.contains("hunter2") && text.contains("[Filtered] was refused"), "{text}");
        assert_eq!(events[0]["level"], "error");
    }

    #[test]
    fn other_crates_do_not_chatter_whatever_is_asked_for() {
        let (log, _) = log_of(Mode::Terminal, Some("trace,hyper=trace"), &Telemetry::default(), || {
            debug!(target: "hyper::proto", "authorization: hunter2!");
            debug!("is_own");
            tracing::warn!(target: "hyper::proto", "theirs");
        });
        assert!(log.contains("is_own") && log.contains("theirs") && !log.contains("hunter2"), "{log}");
    }

    #[test]
    fn levels_are_understood_in_the_words_of_lambda_and_of_rust() {
        for (requested, lines) in
            [("DEBUG", 3), ("warn,sentrynet=debug", 3), ("FATAL", 1), ("nonsense=x=y", 2), ("", 2)]
        {
            let (log, events) = log_of(Mode::Terminal, Some(requested), &Telemetry::default(), || {
                debug!("one");
                info!("two");
                error!("three");
            });
            assert_eq!(log.lines().count(), lines, "{requested}: {log}");
            assert_eq!(events.len(), 1);
        }
    }
}
