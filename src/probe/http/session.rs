//! Requests that share keys and connections: redirects are followed, one clocked request at a time.

use std::time::Instant;

use serde_json::Value;

use super::active_request::ActiveRequest;
use super::certificate_expiry::{Certificates, Expiring};
use super::phases::RequestEnd;
use super::settings::Request;
use super::{failure, phases, redirect, request, runtime_credentials};
use crate::net::{Client, Exchange, HttpError, PreparedRequest, RequestTimeline, Transport};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind, TraceId};
use crate::probe::attempt::Attempt;
use crate::probe::context::Context;
use crate::probe::failure::{Facts, unusable_settings};
use crate::probe::limits::Limits;
use crate::probe::recorder::Recorder;
use crate::template::Variables;

/// What the requests of one attempt share.
pub(crate) struct Session<'a> {
    pub(crate) context: &'a Context,
    pub(crate) limits: Limits,
    pub(crate) trace: TraceId,
    pub(crate) recorder: &'a mut Recorder,
    pub(crate) keys: Variables,
    /// The number of a script's step, from 1.
    pub(crate) step: Option<usize>,
    pub(crate) clients: Vec<(Transport, Client)>,
    /// What servers presented when connections to them were made.
    pub(crate) certificates: Certificates,
}

impl<'a> Session<'a> {
    /// A session without keys and connections.
    pub(crate) fn new(attempt: Attempt<'a>) -> Self {
        let Attempt { context, limits, trace, recorder, .. } = attempt;
        Self {
            context,
            limits,
            trace,
            recorder,
            keys: Variables::new(&[]),
            step: None,
            clients: Vec::new(),
            certificates: Certificates::default(),
        }
    }

    /// Begins a script's step; its number is counted from 1.
    pub(crate) fn begin_step(&mut self, number: usize) {
        self.step = Some(number);
    }

    /// The sentence, with the step that it is about in front of it.
    pub(crate) fn in_step(&self, sentence: &str) -> String {
        self.step.map_or_else(|| sentence.to_owned(), |number| format!("step {number}: {sentence}"))
    }

    /// Sets a script's initial keys.
    pub(crate) fn set_keys(&mut self, keys: &[(String, Value)]) {
        self.keys = Variables::new(keys);
    }

    /// Makes a request, follows redirects, and checks the answer.
    ///
    /// # Errors
    ///
    /// The failure; its phases are with the recorder.
    pub(crate) async fn request(&mut self, request: &Request, parent: Option<usize>) -> Result<(), Failure> {
        let started = Instant::now();
        let mut prepared = request::build(request, &self.keys)?;
        runtime_credentials::sent(request, &prepared, &self.keys, &mut self.recorder.credentials);
        let transport = Transport { tls: request.tls.clone(), ip: request.ip, http: request.http };
        let mut followed = 0;
        let mut expiring: Option<Expiring> = None;
        loop {
            let (active, mut exchange) = self.send(&prepared, &transport, request.propagate, parent).await?;
            self.certificates.remember(&transport, &active);
            let ending = request.min_days.and_then(|days| self.certificates.expiring(days, &transport, &active));
            expiring = [expiring, ending].into_iter().flatten().min_by_key(|expiring| expiring.not_after);
            if request.redirects == 0 || !redirect::is_redirect(exchange.status()) {
                let verdict = self.check_response(request, &active, exchange, started).await;
                self.recorder.close(active.span, verdict.as_ref().err().map(|failure| failure.kind));
                // The answer comes first: a certificate that is still good hides no trouble.
                return verdict.and_then(|()| expiring.map_or(Ok(()), |expiring| Err(expiring.fail(self.recorder))));
            }
            let next = if followed == request.redirects {
                Err(redirect::too_many(request.redirects, exchange.headers()))
            } else {
                redirect::next(&prepared, exchange.status(), exchange.headers())
            };
            self.record_response(&active, &exchange);
            // Read to its end, so that the next request to the same host finds the connection free.
            self.read_excerpt(&active, &mut exchange).await;
            self.recorder.close(active.span, next.as_ref().err().map(|failure| failure.kind));
            prepared = next?;
            self.recorder.credentials.url(&prepared.url);
            followed += 1;
        }
    }

    /// One request, up to the head of its answer.
    async fn send(
        &mut self,
        prepared: &PreparedRequest,
        transport: &Transport,
        sampled: bool,
        parent: Option<usize>,
    ) -> Result<(ActiveRequest, Exchange), Failure> {
        let description = format!("{} {}", prepared.method, request::shown(&prepared.url));
        let span = self.recorder.open(Op::HttpRequest, description, parent);
        self.record_request(span, prepared);
        // An answer to an earlier request says nothing about a failure of this one.
        self.recorder.response = None;
        let mut prepared = prepared.clone();
        prepared.headers.extend((self.context.propagate)(self.trace, self.trace.span(span), sampled));
        let mut may_replace = self.clients.iter().any(|(known, _)| known == transport);
        loop {
            let client = self.client(transport).inspect_err(|failure| self.recorder.close(span, Some(failure.kind)))?;
            let (url, timeline) = (prepared.url.clone(), RequestTimeline::default());
            let active = ActiveRequest { span, url, began: Instant::now(), timeline };
            let error = match client.send(prepared.clone(), &active.timeline, self.limits.deadline).await {
                Ok(exchange) => return Ok((active, exchange)),
                Err(error) => error,
            };
            // A kept connection that the server has closed meanwhile says nothing about the server: try again on a new
            // one.
            if may_replace && !active.timeline.timestamps().is_fresh() && matches!(error, HttpError::Failed(_)) {
                may_replace = false;
                self.clients.retain(|(known, _)| known != transport);
                continue;
            }
            let failure = self.fail(&active, &error);
            self.recorder.close(span, Some(failure.kind));
            return Err(failure);
        }
    }

    /// The client for this transport, with the connections that it has kept.
    fn client(&mut self, transport: &Transport) -> Result<Client, Failure> {
        if let Some((_, client)) = self.clients.iter().find(|(known, _)| known == transport) {
            return Ok(client.clone());
        }
        let left = self.limits.deadline.saturating_duration_since(Instant::now());
        let client = self.context.network.client(transport, left).map_err(|error| unusable_settings(&error))?;
        self.clients.push((transport.clone(), client.clone()));
        Ok(client)
    }

    /// Names what ended a request, and records its phases.
    pub(crate) fn fail(&mut self, active: &ActiveRequest, error: &HttpError) -> Failure {
        let (timestamps, end) = (active.timeline.timestamps(), Instant::now());
        let failure = failure::name(
            error,
            &Facts {
                host: active.url.host_str().unwrap_or_default(),
                port: active.url.port_or_known_default().unwrap_or_default(),
                timestamps: &timestamps,
                timeout: self.limits.timeout,
                invocation_ended: self.limits.is_of_invocation,
                began: active.began,
                ended: end,
                deadline: self.limits.deadline,
            },
        );
        self.record_phases(active, None, Some((failure.kind, end)));
        failure
    }

    /// Records the phases of a request, and when they were.
    pub(crate) fn record_phases(
        &mut self,
        active: &ActiveRequest,
        received: Option<Instant>,
        failure: Option<(Kind, Instant)>,
    ) {
        let timestamps = active.timeline.timestamps();
        let end = RequestEnd { timestamps: &timestamps, received, failure };
        phases::record(self.recorder, active, &end);
        self.record_timestamps(active, &end);
    }
}
