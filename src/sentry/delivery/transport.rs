//! One envelope, one request; and the connections on which requests go.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Version;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use sentry::types::Dsn;
use time::OffsetDateTime;
use tokio::time::Instant;
use url::Url;

use super::error::SendError;
use super::response::SentryResponse;
use crate::clock::SuspendAwareInstant;
use crate::net::outbound_client;
use crate::sentry::envelope::Envelope;

/// Requests in flight at the same time over HTTP/1, each on a connection of its own.
///
/// Measured: milliseconds for 200 envelopes at 100 ms, cold and with kept connections, median of 5; two busy cores that
/// the receiver shares, a debug build. One after the other it would be 20 s.
///
/// | at once | HTTP/1 | HTTP/1, TLS | HTTP/2, TLS |
/// |---|---|---|---|
/// | 16 | 1475, 1463 | 1614, 1443 | 1594, 1498 |
/// | 32 | 847, 819 | 1096, 839 | 1047, 944 |
/// | 64 | 659, 613 | 1086, 624 | 789, 657 |
/// | 128 | 542, 486 | 1104, 775 | 652, 553 |
/// | 200 | 488, 464 | 1531, 1127 | 518, 434 |
///
/// More handshakes than 64 cost more than they gain. Cold over TLS with 64 and without a first request alone: 838 for
/// HTTP/2, on 64 connections in place of one (no slower, within the noise), and 949 for HTTP/1, which pays about a
/// request's time for it, once.
pub const CONNECTIONS: usize = 64;

/// The same over HTTP/2, all on one connection: as many streams as servers commonly allow.
const STREAMS: usize = 128;

/// Smaller bodies are not worth compressing.
const WORTH_COMPRESSING: usize = 1024;

/// One address of several that does not answer must not use up the whole time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that nothing was sent on for so long are not used again.
const IDLE: Duration = Duration::from_secs(90);

/// Characters of the DSN's key that people are shown.
const KEY_SHOWN: usize = 8;

/// What came of a request.
pub enum Reply {
    /// Sentry answered.
    Response(SentryResponse),
    /// The request failed.
    Error(SendError),
    /// There was no answer in time. Whether Sentry has the envelope is unknown.
    Timeout,
}

/// What all requests to one project share.
pub struct Transport {
    headers: HeaderMap,
    tls: rustls::ClientConfig,
    url: Url,
    /// For people: `HOST:PORT`.
    host: String,
    /// For people: which project, and as whom.
    project: String,
    known: Mutex<Known>,
}

/// What earlier deliveries left.
#[derive(Default)]
struct Known {
    /// The connections, and when they were last used.
    kept: Option<(reqwest::Client, SuspendAwareInstant)>,
    /// The protocol that was negotiated last.
    version: Option<Version>,
}

/// The connections of one delivery.
pub struct Connections {
    client: reqwest::Client,
    /// Whether they are from an earlier delivery, and so perhaps closed by Sentry meanwhile.
    is_kept: bool,
}

impl Transport {
    /// Everything that all requests share.
    ///
    /// # Errors
    ///
    /// A sentence for people.
    pub fn new(dsn: &Dsn, mut tls: rustls::ClientConfig) -> Result<Self, String> {
        let host = format!("{}:{}", dsn.host(), dsn.port());
        let auth = HeaderValue::from_str(&dsn.to_auth(Some(AGENT)).to_string())
            .map_err(|_| format!("the DSN's key for {host} cannot be sent in a header"))?;
        let mut headers = HeaderMap::new();
        headers.insert("x-sentry-auth", auth);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-sentry-envelope"));
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let key = dsn.public_key();
        let shown: String = key.chars().take(KEY_SHOWN).collect();
        let more = if shown.len() < key.len() { "…" } else { "" };
        let project = format!("project {} with key {shown}{more}", dsn.project_id());
        Ok(Self { headers, tls, url: dsn.envelope_api_url(), host, project, known: Mutex::default() })
    }

    /// For people: where envelopes go.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The connections of the last delivery, if they may still be open, else new ones.
    ///
    /// # Errors
    ///
    /// A sentence for people.
    pub fn connect(&self) -> Result<Connections, String> {
        let kept = self.known().kept.clone().filter(|(_, used)| used.elapsed() < IDLE);
        match kept {
            Some((client, _)) => Ok(Connections { client, is_kept: true }),
            None => self.connect_anew(),
        }
    }

    fn connect_anew(&self) -> Result<Connections, String> {
        let client = outbound_client(self.tls.clone())
            .user_agent(AGENT)
            .default_headers(self.headers.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(CONNECTIONS)
            .no_proxy()
            .build()
            .map_err(|_| format!("cannot connect to Sentry at {}: TLS cannot be set up", self.host))?;
        Ok(Connections { client, is_kept: false })
    }

    /// Whether the first request on these connections decides how many are needed: one where HTTP/2 is negotiated.
    pub fn is_protocol_unknown(&self, connections: &Connections) -> bool {
        !connections.is_kept
            && self.url.scheme() == "https"
            && self.known().version.is_none_or(|v| v == Version::HTTP_2)
    }

    /// How many requests should be in flight at the same time, as far as is known.
    pub fn at_once(&self) -> usize {
        match self.known().version {
            Some(Version::HTTP_2) => STREAMS,
            _ => CONNECTIONS,
        }
    }

    /// Keeps these connections for the next delivery.
    pub fn keep(&self, connections: Connections) {
        self.known().kept = Some((connections.client, SuspendAwareInstant::now()));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one envelope; the reply is known at `until` at the latest.
    pub async fn send(&self, client: &reqwest::Client, envelope: &Envelope, until: Instant) -> Reply {
        match tokio::time::timeout_at(until, self.request(client, envelope).send()).await {
            Ok(Ok(response)) => {
                self.known().version = Some(response.version());
                Reply::Response(SentryResponse::read(response, &self.project, until).await)
            }
            Ok(Err(error)) => Reply::Error(SendError::of(&error)),
            Err(_) => Reply::Timeout,
        }
    }

    fn request(&self, client: &reqwest::Client, envelope: &Envelope) -> reqwest::RequestBuilder {
        let bytes = envelope.to_bytes(OffsetDateTime::now_utc());
        let request = client.post(self.url.clone());
        if bytes.len() < WORTH_COMPRESSING {
            return request.body(bytes);
        }
        match compressed(&bytes) {
            Ok(smaller) => request.header(CONTENT_ENCODING, "gzip").body(smaller),
            Err(_) => request.body(bytes),
        }
    }
}

const AGENT: &str = concat!("sentrynet/", env!("CARGO_PKG_VERSION"));

impl Connections {
    /// The client to send the next request with.
    pub fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    /// Whether the connections are from an earlier delivery.
    pub const fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Replaces kept connections by new ones, all of them: if one was closed meanwhile, so were the others.
    pub fn renew(&mut self, transport: &Transport) {
        if self.is_kept
            && let Ok(fresh) = transport.connect_anew()
        {
            *self = fresh;
        }
    }
}

fn compressed(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}
