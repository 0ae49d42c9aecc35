//! What the transaction and the event of one run share.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sentry::protocol::SpanStatus;
use serde::Serialize;
use serde_json::{Map, Value};

use super::sanitize::Cleaner;
use super::settings::Settings;
use super::{sanitize, span_status};
use crate::outcome::{FailureKind, Outcome, Span, Status, TraceId};

/// One run, and what else its envelopes need.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Its outcome.
    pub outcome: &'a Outcome,
    /// Its trace.
    pub trace: TraceId,
    /// Environment, release and the like.
    pub settings: &'a Settings,
    /// Removes secrets.
    pub cleaner: Cleaner<'a>,
}

/// The fields that both payloads begin with.
#[derive(Serialize)]
pub struct Common<'a> {
    platform: &'static str,
    transaction: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<Cow<'a, str>>,
    sdk: Sdk,
    tags: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

#[derive(Serialize)]
struct Sdk {
    name: &'static str,
    version: &'static str,
}

/// The `trace` context, which ties a run's event to its transaction.
#[derive(Serialize)]
pub struct TraceContext {
    #[serde(rename = "type")]
    kind: &'static str,
    trace_id: String,
    span_id: String,
    op: &'static str,
    status: SpanStatus,
}

/// The `probe` context: which run this was.
#[derive(Serialize)]
pub struct ProbeContext<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    group: Cow<'a, str>,
    title: Cow<'a, str>,
    #[serde(rename = "kind")]
    probe: &'static str,
    tick: String,
    burst: u32,
    attempts: u32,
    location: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'static str>,
}

impl<'a> Run<'a> {
    /// The fields that a transaction and an event share.
    pub fn common(&self) -> Common<'a> {
        let Self { outcome, settings, cleaner, .. } = self;
        let name = |name: Option<&'a str>| name.map(|name| cleaner.line(name, sanitize::NAME));
        Common {
            platform: "other",
            transaction: cleaner.line(&outcome.title, sanitize::NAME),
            release: name(settings.release()),
            environment: name(settings.environment()),
            server_name: name(settings.server_name()),
            sdk: Sdk { name: "sentrynet", version: env!("CARGO_PKG_VERSION") },
            tags: self.tags(),
        }
    }

    /// The run's tags, and those that follow from the outcome.
    fn tags(&self) -> BTreeMap<Cow<'a, str>, Cow<'a, str>> {
        let cleaned = self.outcome.tags.iter().map(|(name, value)| {
            let (name, value) = (self.cleaner.tag_name(name), self.cleaner.line(value, sanitize::TAG));
            (Cow::from(name), value)
        });
        // Sentry rejects an empty name or value.
        let mut tags: BTreeMap<_, _> = cleaned.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect();
        match &self.outcome.status {
            Status::Failed(failure) => tags.insert("failure".into(), failure.kind.as_str().into()),
            Status::Degraded(_) => tags.insert("degraded".into(), "true".into()),
            Status::Ok | Status::Skipped(_) => None,
        };
        tags
    }

    /// The `trace` context.
    pub fn trace_context(&self) -> TraceContext {
        TraceContext {
            kind: "trace",
            trace_id: self.trace.to_string(),
            span_id: self.trace.root_span().to_string(),
            op: self.outcome.probe,
            status: self.status(self.outcome.status.failure().map(|failure| failure.kind), None),
        }
    }

    /// `ok`, or Sentry's status for the failure; a span's own HTTP status code takes precedence over the run's.
    pub fn status(&self, failure: Option<FailureKind>, span: Option<&Span>) -> SpanStatus {
        let Some(kind) = failure else { return SpanStatus::Ok };
        let code = span.and_then(Span::http_status).or_else(|| self.outcome.http_status());
        span_status::of(kind, code)
    }

    /// The `probe` context.
    pub fn probe_context(&self) -> ProbeContext<'a> {
        let Self { outcome, cleaner, .. } = self;
        let identity = &outcome.identity;
        ProbeContext {
            kind: "probe",
            group: cleaner.line(&identity.group, sanitize::NAME),
            title: cleaner.line(&outcome.title, sanitize::NAME),
            probe: outcome.probe,
            tick: identity.tick_text(),
            burst: identity.burst,
            attempts: outcome.attempts,
            location: cleaner.line(&identity.location, sanitize::NAME),
            phase: outcome.status.failure().and_then(|failure| failure.phase).map(|phase| phase.as_str()),
        }
    }

    /// The envelope's `trace` header: Sentry's dynamic sampling context.
    pub fn sampling_context(&self) -> Value {
        let Self { outcome, settings, cleaner, trace } = self;
        // Sentry ignores it without the key.
        let Some(public_key) = settings.public_key() else { return Value::Null };
        let mut context = Map::new();
        context.insert("trace_id".into(), trace.to_string().into());
        context.insert("public_key".into(), public_key.into());
        context.insert("sample_rate".into(), "1".into());
        context.insert("sampled".into(), "true".into());
        for (field, value) in [("release", settings.release()), ("environment", settings.environment())] {
            if let Some(value) = value {
                context.insert(field.into(), cleaner.line(value, sanitize::NAME).into());
            }
        }
        context.insert("transaction".into(), cleaner.line(&outcome.title, sanitize::NAME).into());
        Value::Object(context)
    }
}
