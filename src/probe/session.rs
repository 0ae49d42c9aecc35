//! Requests that share keys and connections: the redirect loop, and one clocked hop at a time.

mod credentials;
mod expiry;
mod judge;
mod notes;
mod redirect;
mod wire;

use std::time::{Duration, Instant};

use serde_json::Value;
use url::Url;

use self::expiry::{Certificates, Expiring};
use super::fault::{self, Facts};
use super::keys::Keys;
use super::phases::{self, HopEnd};
use super::recorder::Recorder;
use super::run::Context;
use crate::config::Request;
use crate::net::{Client, Exchange, Hop, HttpError, Transport, Wire};
use crate::outcome::{Failure, FailureKind as Kind, Op, TraceId};

/// How long a run may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// When the run has to be over.
    deadline: Instant,
    /// The probe's own limit, for sentences.
    timeout: Duration,
    /// Whether the deadline is the invocation's, which comes before the probe's own.
    is_invocations: bool,
}

impl Limits {
    /// The nearer of the probe's timeout and the invocation's deadline.
    pub(super) fn new(timeout: Duration, invocation: Option<Instant>) -> Self {
        let own = Instant::now() + timeout;
        match invocation {
            Some(deadline) if deadline < own => Self { deadline, timeout, is_invocations: true },
            _ => Self { deadline: own, timeout, is_invocations: false },
        }
    }

    /// Whether there is time left after `pause`.
    pub(super) fn leaves(self, pause: Duration) -> bool {
        Instant::now() + pause < self.deadline
    }
}

/// What the requests of one attempt share.
pub(super) struct Session<'a> {
    context: &'a Context,
    limits: Limits,
    trace: TraceId,
    recorder: &'a mut Recorder,
    keys: Keys,
    /// The number of a script's step, from 1.
    step: Option<usize>,
    clients: Vec<(Transport, Client)>,
    /// What servers presented when a connection to them was made.
    certificates: Certificates,
}

/// The hop that is going on: one request, and what is known of its answer.
struct Going {
    /// Its `http.request` span.
    span: usize,
    /// Where it goes.
    url: Url,
    /// When it began.
    begin: Instant,
    /// What the hooks see.
    hop: Hop,
}

impl<'a> Session<'a> {
    /// A session without keys and connections.
    pub(super) fn new(context: &'a Context, limits: Limits, trace: TraceId, recorder: &'a mut Recorder) -> Self {
        Self {
            context,
            limits,
            trace,
            recorder,
            keys: Keys::new(&[]),
            step: None,
            clients: Vec::new(),
            certificates: Certificates::default(),
        }
    }

    /// Begins a script's step; its number is counted from 1.
    pub(super) fn begin_step(&mut self, number: usize) {
        self.step = Some(number);
    }

    /// A sentence that says in which step it happened.
    pub(super) fn in_step(&self, sentence: &str) -> String {
        self.step.map_or_else(|| sentence.to_owned(), |number| format!("step {number}: {sentence}"))
    }

    /// Sets a script's initial keys.
    pub(super) fn set_keys(&mut self, keys: &[(String, Value)]) {
        self.keys = Keys::new(keys);
    }

    /// Makes a request, follows redirects, and judges the answer.
    ///
    /// # Errors
    ///
    /// The failure; its phases are with the recorder.
    pub(super) async fn request(&mut self, request: &Request, parent: Option<usize>) -> Result<(), Failure> {
        let started = Instant::now();
        let mut wire = wire::build(request, &self.keys)?;
        credentials::sent(request, &wire, &self.keys, &mut self.recorder.credentials);
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
        wire: &Wire,
        transport: &Transport,
        sampled: bool,
        parent: Option<usize>,
    ) -> Result<(Going, Exchange), Failure> {
        let description = format!("{} {}", wire.method, wire::shown(&wire.url));
        let span = self.recorder.open(Op::HttpRequest, description, parent);
        self.note_target(span, wire);
        // An answer to an earlier request says nothing about a failure of this one.
        self.recorder.response = None;
        let mut wire = wire.clone();
        wire.headers.extend((self.context.propagate)(self.trace, self.trace.span(span), sampled));
        let mut may_replace = self.clients.iter().any(|(known, _)| known == transport);
        loop {
            let client = self.client(transport).inspect_err(|failure| self.recorder.close(span, Some(failure.kind)))?;
            let going = Going { span, url: wire.url.clone(), begin: Instant::now(), hop: Hop::default() };
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
    fn fail(&mut self, going: &Going, error: &HttpError) -> Failure {
        let (marks, end) = (going.hop.marks(), Instant::now());
        let failure = fault::name(
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
    fn note_phases(&mut self, going: &Going, received: Option<Instant>, failure: Option<(Kind, Instant)>) {
        let marks = going.hop.marks();
        let host = going.url.host_str().unwrap_or_default();
        let hop = HopEnd { begin: going.begin, marks: &marks, received, failure };
        phases::record(self.recorder, going.span, host, &hop);
        self.note_instants(going, &hop);
    }
}
