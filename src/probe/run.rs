//! One run of a probe: attempts, until one is fine or none is left.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::recorder::Recorder;
use super::session::{Limits, Session};
use super::{http as http_probe, script, words};
use crate::config::{Check, Probe};
use crate::net::Network;
use crate::outcome::{Failure, FailureKind, Op, Outcome, RunIdentity, SpanId, Status, Tags, TraceId};
use crate::shutdown::Shutdown;

/// Makes the headers that carry a trace on: of the trace and span given, sampled or not.
pub type Propagate = dyn Fn(TraceId, SpanId, bool) -> Vec<(HeaderName, HeaderValue)> + Send + Sync;

/// What the runs of an invocation share.
#[derive(Clone)]
pub struct Context {
    /// How to reach targets.
    pub network: Network,
    /// Where the probes run from; `None` where neither a region nor `--location` is known.
    pub location: Option<String>,
    /// When everything has to be over; `None`: only the probes' own timeouts count.
    pub deadline: Option<Instant>,
    /// What may cut everything short before that.
    pub shutdown: Shutdown,
    /// Makes the headers that carry a run's trace to the target.
    pub propagate: Arc<Propagate>,
}

impl Context {
    /// Where a probe runs from: what is known here, else what its own tags say, else nothing.
    pub(super) fn location_of(&self, probe: &Probe) -> String {
        self.location.as_ref().or_else(|| probe.tags.get("location")).cloned().unwrap_or_default()
    }
}

/// The tags of a probe's outcomes: its own, then the built-in ones.
pub(super) fn tags(probe: &Probe, context: &Context) -> Tags {
    let mut tags = probe.tags.clone();
    tags.insert("probe".to_owned(), probe.kind().to_owned());
    if let Some(location) = &context.location {
        tags.insert("location".to_owned(), location.clone());
    }
    tags
}

/// Runs `probe` once, with its retries. Ends within the probe's timeout.
pub(super) async fn run(probe: &Probe, identity: RunIdentity, context: &Context) -> Outcome {
    let mut recorder = Recorder::start();
    let limits = Limits::new(probe.timeout, context.deadline);
    let trace = identity.trace_id();
    let mut attempts = 0;
    let result = loop {
        attempts += 1;
        let last = attempts > probe.retries;
        let span = (probe.retries > 0)
            .then(|| recorder.open(Op::Attempt, format!("attempt {attempts} of {}", probe.retries + 1), None));
        let mut session = Session::new(context, limits, trace, &mut recorder);
        let result = attempt(probe, &mut session, span).await;
        if let Some(span) = span {
            recorder.close(span, result.as_ref().err().map(|failure| failure.kind));
        }
        match result {
            Err(_) if !last && limits.leaves(probe.retry_pause) => {
                tokio::time::sleep(probe.retry_pause).await;
                recorder.degraded = None;
            }
            result => break result,
        }
    };
    let duration = recorder.elapsed();
    if probe.retries > 0 {
        recorder.attributes.insert("sentrynet.attempts", json!(attempts));
    }
    let status = match (result, recorder.degraded.take()) {
        (Err(failure), _) => Status::Failed(failure),
        (Ok(()), Some(why)) => Status::Degraded(why),
        (Ok(()), None) => Status::Ok,
    };
    Outcome {
        identity,
        title: probe.title.clone(),
        probe: probe.kind(),
        tags: tags(probe, context),
        started: recorder.started(),
        duration,
        status,
        attributes: std::mem::take(&mut recorder.attributes),
        response: recorder.response.take(),
        secrets: std::mem::take(&mut recorder.credentials).into_secrets(),
        spans: recorder.into_spans(),
        attempts,
    }
}

async fn attempt(probe: &Probe, session: &mut Session<'_>, parent: Option<usize>) -> Result<(), Failure> {
    match &probe.check {
        Check::Http(request) => http_probe::attempt(request, session, parent).await,
        Check::Script(steps) => script::attempt(steps, session, parent).await,
    }
}

/// The outcome of a run that was not made.
pub(super) fn skipped(probe: &Probe, identity: RunIdentity, context: &Context, why: String) -> Outcome {
    bare(probe, identity, context, Status::Skipped(why), 0)
}

/// The outcome of a run in which SentryNet itself failed.
pub(super) fn panicked(
    probe: &Probe,
    identity: RunIdentity,
    context: &Context,
    panic: &(dyn std::any::Any + Send),
) -> Outcome {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    let sentence = format!("SentryNet itself failed in this probe: {}", words::cut(&text));
    bare(probe, identity, context, Status::Failed(Failure::new(FailureKind::Panic, sentence)), 1)
}

fn bare(probe: &Probe, identity: RunIdentity, context: &Context, status: Status, attempts: u32) -> Outcome {
    Outcome {
        identity,
        title: probe.title.clone(),
        probe: probe.kind(),
        tags: tags(probe, context),
        started: time::OffsetDateTime::now_utc(),
        duration: std::time::Duration::ZERO,
        status,
        spans: Vec::new(),
        attributes: crate::outcome::Attributes::new(),
        response: None,
        attempts,
        secrets: Vec::new(),
    }
}
