//! Requests that share keys and connections: the redirect loop, and one clocked hop at a time.

use std::time::Instant;

use serde_json::Value;

use super::certificate_expiry::{Certificates, Expiring};
use super::hop::ActiveRequest;
use super::phases::HopEnd;
use super::settings::Request;
use super::{failure, phases, redirect, request, runtime_credentials};
use crate::net::{Client, Exchange, HttpError, PreparedRequest, RequestTimeline, Transport};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind, TraceId};
use crate::probe::attempt::Attempt;
use crate::probe::context::Context;
use crate::probe::failure::Facts;
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
    /// What servers presented when a connection to them was made.
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

    /// A sentence that says in which step it happened.
    pub(crate) fn in_step(&self, sentence: &str) -> String {
        self.step.map_or_else(|| sentence.to_owned(), |number| format!("step {number}: {sentence}"))
    }

    /// Sets a script's initial keys.
    pub(crate) fn set_keys(&mut self, keys: &[(String, Value)]) {
        self.keys = Variables::new(keys);
    }

    /// Makes a request, follows redirects, and judges the answer.
    ///
    /// # Errors
    ///
    /// The failure; its phases are with the recorder.
    pub(crate) async fn request(&mut self, request: &Request, parent: Option<usize>) -> Result<(), Failure> {
        let started = Instant::now();
        let mut wire = request::build(request, &self.keys)?;
        runtime_credentials::sent(request, &wire, &self.keys, &mut self.recorder.credentials);
        let transport = Transport { tls: request.tls.clone(), ip: request.ip, http: request.http };
        let mut followed = 0;
        let mut expiring: Option<Expiring> = None;
        loop {
            let (going, mut exchange) = self.hop(&wire, &transport, request.propagate, parent).await?;
            self.certificates.remember(&transport, &going);
            let ending = request.min_days.and_then(|days| self.certificates.expiring(days, &transport, &going));
            expiring = [expiring, ending].into_iter().flatten().min_by_key(|expiring| expiring.not_after);
            if request.redirects == 0 || !redirect::is_redirect(exchange.status()) {
                let verdict = self.judge(request, &going, exchange, started).await;
                self.recorder.close(going.span, verdict.as_ref().err().map(|failure| failure.kind));
                // The answer comes first: a certificate that is still good hides no trouble.
                return verdict.and_then(|()| expiring.map_or(Ok(()), |expiring| Err(expiring.fail(self.recorder))));
            }
            let next = if followed == request.redirects {
                Err(redirect::too_many(request.redirects, exchange.headers()))
            } else {
                redirect::next(&wire, exchange.status(), exchange.headers())
            };
            self.note_answer(&going, &exchange);
            // Read to its end, so that the next hop to the same host finds the connection free.
            self.read_excerpt(&going, &mut exchange).await;
            self.recorder.close(going.span, next.as_ref().err().map(|failure| failure.kind));
            wire = next?;
            self.recorder.credentials.url(&wire.url);
            followed += 1;
        }
    }

    /// One request, up to the head of its answer.
    async fn hop(
        &mut self,
        wire: &PreparedRequest,
        transport: &Transport,
        sampled: bool,
        parent: Option<usize>,
    ) -> Result<(ActiveRequest, Exchange), Failure> {
        let description = format!("{} {}", wire.method, request::shown(&wire.url));
        let span = self.recorder.open(Op::HttpRequest, description, parent);
        self.note_target(span, wire);
        // An answer to an earlier request says nothing about a failure of this one.
        self.recorder.response = None;
        let mut wire = wire.clone();
        wire.headers.extend((self.context.propagate)(self.trace, self.trace.span(span), sampled));
        let mut may_replace = self.clients.iter().any(|(known, _)| known == transport);
        loop {
            let client = self.client(transport).inspect_err(|failure| self.recorder.close(span, Some(failure.kind)))?;
            let going =
                ActiveRequest { span, url: wire.url.clone(), begin: Instant::now(), hop: RequestTimeline::default() };
            let error = match client.send(wire.clone(), &going.hop, self.limits.deadline).await {
                Ok(exchange) => return Ok((going, exchange)),
                Err(error) => error,
            };
            // A kept connection that the server had closed meanwhile says nothing about the server: once more, on a
            // new one.
            if may_replace && !going.hop.marks().is_fresh() && matches!(error, HttpError::Failed(_)) {
                may_replace = false;
                self.clients.retain(|(known, _)| known != transport);
                continue;
            }
            let failure = self.fail(&going, &error);
            self.recorder.close(span, Some(failure.kind));
            return Err(failure);
        }
    }

    /// The client for this way of connecting, with the connections that it has kept.
    fn client(&mut self, transport: &Transport) -> Result<Client, Failure> {
        if let Some((_, client)) = self.clients.iter().find(|(known, _)| known == transport) {
            return Ok(client.clone());
        }
        let left = self.limits.deadline.saturating_duration_since(Instant::now());
        let client = self.context.network.client(transport, left).map_err(|error| {
            Failure::new(Kind::TlsFailed, format!("no connection can be made as the configuration asks: {error}"))
        })?;
        self.clients.push((transport.clone(), client.clone()));
        Ok(client)
    }

    /// Names the fault that ended a hop, and writes its phases down.
    pub(crate) fn fail(&mut self, going: &ActiveRequest, error: &HttpError) -> Failure {
        let (marks, end) = (going.hop.marks(), Instant::now());
        let failure = failure::name(
            error,
            &Facts {
                host: going.url.host_str().unwrap_or_default(),
                port: going.url.port_or_known_default().unwrap_or_default(),
                marks: &marks,
                timeout: self.limits.timeout,
                invocation_ended: self.limits.is_invocations,
                span: (going.begin, end),
                deadline: self.limits.deadline,
            },
        );
        self.note_phases(going, None, Some((failure.kind, end)));
        failure
    }

    /// Writes the phases of a hop down.
    pub(crate) fn note_phases(
        &mut self,
        going: &ActiveRequest,
        received: Option<Instant>,
        failure: Option<(Kind, Instant)>,
    ) {
        let marks = going.hop.marks();
        let host = going.url.host_str().unwrap_or_default();
        let hop = HopEnd { begin: going.begin, marks: &marks, received, failure };
        phases::record(self.recorder, going.span, host, &hop);
        self.note_instants(going, &hop);
    }
}
