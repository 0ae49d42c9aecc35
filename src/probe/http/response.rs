//! The answer: its body, its status, the keys it sets, what has to hold of them, and how long it took.

use std::time::{Duration, Instant};

use http::header::{CONTENT_ENCODING, HeaderMap};

use super::active_request::ActiveRequest;
use super::runtime_credentials;
use super::session::Session;
use super::settings::Request;
use crate::net::{Exchange, HttpError, Reception};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind, Response};
use crate::probe::json::{assertion, extract};
use crate::wording;

/// How much of a body is kept for the event: 8 KiB, and some more, so that a secret that stands where the report cuts the
/// body is still whole when secrets are looked for.
const EXCERPT: usize = (8 + 1) * 1024;

/// How long to wait for a body that is not checked.
const MAX_EXCERPT_WAIT: Duration = Duration::from_secs(1);

impl Session<'_> {
    /// Reads and checks the answer that ends a request which began at `started`.
    pub(crate) async fn check_response(
        &mut self,
        request: &Request,
        active: &ActiveRequest,
        mut exchange: Exchange,
        started: Instant,
    ) -> Result<(), Failure> {
        self.record_response(active, &exchange);
        let status = exchange.status().as_u16();
        if !request.expected.contains(status) {
            self.read_excerpt(active, &mut exchange).await;
            let reason = exchange.status().canonical_reason().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let sentence = format!("status {status}{reason}, expected {}", request.expected);
            return Err(Failure::new(Kind::HttpStatus, sentence));
        }
        let body = self.read_whole(request, active, &mut exchange).await?;
        if !request.set_keys.is_empty() {
            self.parse(request, active, exchange.headers(), body).await?;
        }
        if !request.assertions.is_empty() {
            self.check_assertions(request, active)?;
        }
        self.check_duration(request, started.elapsed())
    }

    /// Reads the beginning of a body that is not checked: of a redirect, or for the event. That it is broken changes nothing.
    pub(crate) async fn read_excerpt(&mut self, active: &ActiveRequest, exchange: &mut Exchange) {
        let mut reception = Reception::default();
        let deadline = self.limits.deadline.min(Instant::now() + MAX_EXCERPT_WAIT);
        let read = exchange.read(EXCERPT as u64, EXCERPT, deadline, &mut reception).await;
        self.record_phases(active, Some(Instant::now()), None);
        let truncated = reception.over_limit || read.is_err();
        self.recorder.response = Some(response(exchange, &reception.kept, truncated));
    }

    /// Reads a body to its end; its bytes where keys are to be set from it.
    async fn read_whole(
        &mut self,
        request: &Request,
        active: &ActiveRequest,
        exchange: &mut Exchange,
    ) -> Result<Vec<u8>, Failure> {
        let mut reception = Reception::default();
        let keep = if request.set_keys.is_empty() { EXCERPT } else { usize::MAX };
        let read = exchange.read(request.max_body, keep, self.limits.deadline, &mut reception).await;
        let received = Instant::now();
        let excerpt = &reception.kept[..reception.kept.len().min(EXCERPT)];
        let truncated = reception.length > excerpt.len() as u64 || read.is_err();
        self.recorder.response = Some(response(exchange, excerpt, truncated));
        match read {
            Ok(()) if reception.over_limit => {
                self.record_phases(active, None, Some((Kind::BodyTooLarge, received)));
                let limit = wording::bytes(request.max_body);
                let sentence = format!("the answer's body is larger than {limit} (max_body)");
                Err(Failure::within(Kind::BodyTooLarge, Op::HttpRecv, sentence))
            }
            Ok(()) => {
                self.record_phases(active, Some(received), None);
                Ok(reception.kept)
            }
            Err(error @ (HttpError::TimedOut | HttpError::Failed(_) | HttpError::Unbuildable(_))) => {
                Err(self.fail(active, &error))
            }
        }
    }

    /// Parses the body, and sets keys to what is found in it.
    async fn parse(
        &mut self,
        request: &Request,
        active: &ActiveRequest,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        let span = self.recorder.open(Op::JsonParse, "Parse body", Some(active.span));
        let values = extract::find(body, &request.set_keys).await.map_err(|failure| still_encoded(failure, headers));
        let result = values.map(|values| {
            for ((key, path), value) in request.set_keys.iter().zip(values) {
                if let Some(value) = &value {
                    runtime_credentials::answered(key, path, value, &mut self.recorder.credentials);
                }
                self.keys.put(key, value);
            }
        });
        self.recorder.close(span, result.as_ref().err().map(|failure| failure.kind));
        result
    }

    /// Checks the assertions. All that do not hold are reported, not only the first.
    fn check_assertions(&mut self, request: &Request, active: &ActiveRequest) -> Result<(), Failure> {
        let span = self.recorder.open(Op::JsonAssert, "Check assertions", Some(active.span));
        let broken: Vec<String> = request
            .assertions
            .iter()
            .filter_map(|(key, assertion)| assertion::check(key, assertion, &self.keys).err())
            .collect();
        let result = if broken.is_empty() {
            Ok(())
        } else {
            Err(Failure::within(Kind::Assertion, Op::JsonAssert, broken.join("; ")))
        };
        self.recorder.close(span, result.as_ref().err().map(|failure| failure.kind));
        result
    }

    fn check_duration(&mut self, request: &Request, took: Duration) -> Result<(), Failure> {
        let beyond = |limit: &Duration| took > *limit;
        if let Some(limit) = request.max_duration.filter(beyond) {
            let (took, limit) = (wording::duration(took), wording::duration(limit));
            return Err(Failure::new(Kind::TooSlow, format!("took {took}, more than {limit} (max_duration)")));
        }
        if let Some(limit) = request.degraded.filter(beyond) {
            let (took, limit) = (wording::duration(took), wording::duration(limit));
            let sentence = self.in_step(&format!("took {took}, more than {limit} (degraded)"));
            // Of several slow steps the first is reported.
            self.recorder.degraded.get_or_insert(sentence);
        }
        Ok(())
    }
}

/// What is left in `content-encoding` after decoding is an encoding that was not asked for. It matters only where the body
/// is not JSON: some servers write `utf-8` there.
fn still_encoded(failure: Failure, headers: &HeaderMap) -> Failure {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    match encoding.filter(|encoding| failure.kind == Kind::NotJson && !encoding.eq_ignore_ascii_case("identity")) {
        None => failure,
        Some(encoding) => {
            let encoding = wording::cut(encoding);
            let sentence = format!("the answer's body is encoded as {encoding}, which was not requested");
            Failure::within(Kind::BadEncoding, Op::JsonParse, sentence)
        }
    }
}

/// What is kept of an answer for the event; the report removes secrets from it.
fn response(exchange: &Exchange, excerpt: &[u8], truncated: bool) -> Response {
    // Checking all of it at once is faster than piece by piece.
    let text =
        |bytes| str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes).into_owned(), ToOwned::to_owned);
    let headers = exchange.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())));
    Response { status: exchange.status().as_u16(), headers: headers.collect(), body: text(excerpt), truncated }
}
