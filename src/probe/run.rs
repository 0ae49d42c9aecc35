//! One run of a probe: attempts, until one succeeds or none is left.

use std::time::Duration;

use serde_json::json;

use super::attempt::Attempt;
use super::context::Context;
use super::kind::Probe;
use super::limits::Limits;
use super::recorder::Recorder;
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind, Outcome, RunIdentity, Status, Tags};
use crate::wording;

/// The tags of a probe's outcomes: its own, then the built-in ones.
pub(crate) fn tags(probe: &Probe, context: &Context) -> Tags {
    let mut tags = probe.tags.clone();
    tags.insert("probe".to_owned(), probe.kind().to_owned());
    if let Some(location) = &context.location {
        tags.insert("location".to_owned(), location.clone());
    }
    tags
}

/// Runs `probe` once, with its retries. Ends within the probe's timeout.
pub(crate) async fn run(probe: &Probe, identity: RunIdentity, context: &Context) -> Outcome {
    let mut recorder = Recorder::start();
    let limits = Limits::new(probe.timeout, context.deadline);
    let trace = identity.trace_id();
    let mut attempts = 0;
    let result = loop {
        attempts += 1;
        let last = attempts > probe.retries;
        let span = (probe.retries > 0)
            .then(|| recorder.open(Op::Attempt, format!("attempt {attempts} of {}", probe.retries + 1), None));
        let attempt = Attempt { context, limits, trace, recorder: &mut recorder, parent: span };
        let result = probe.check.attempt(attempt).await;
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
        stall: Duration::ZERO,
        status,
        attributes: std::mem::take(&mut recorder.attributes),
        response: recorder.response.take(),
        secrets: std::mem::take(&mut recorder.credentials).into_secrets(),
        spans: recorder.into_spans(),
        attempts,
    }
}

/// The outcome of a run that was not made.
pub(crate) fn skipped(probe: &Probe, identity: RunIdentity, context: &Context, why: String) -> Outcome {
    bare(probe, identity, context, Status::Skipped(why), 0)
}

/// The outcome of a run in which SentryNet itself failed.
pub(crate) fn panicked(
    probe: &Probe,
    identity: RunIdentity,
    context: &Context,
    panic: &(dyn std::any::Any + Send),
) -> Outcome {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    let sentence = format!("SentryNet itself failed in this probe: {}", wording::cut(&text));
    bare(probe, identity, context, Status::Failed(Failure::new(FailureKind::Panic, sentence)), 1)
}

fn bare(probe: &Probe, identity: RunIdentity, context: &Context, status: Status, attempts: u32) -> Outcome {
    Outcome {
        identity,
        title: probe.title.clone(),
        probe: probe.kind(),
        tags: tags(probe, context),
        started: time::OffsetDateTime::now_utc(),
        duration: Duration::ZERO,
        stall: Duration::ZERO,
        status,
        spans: Vec::new(),
        attributes: crate::outcome::Attributes::new(),
        response: None,
        attempts,
        secrets: Vec::new(),
    }
}
