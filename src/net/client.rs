//! One HTTP request and its answer over `reqwest`, with a deadline.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue};
use http::{Method, StatusCode, Version};
use url::Url;

use super::body::TimedBody;
use super::connector::TimingLayer;
use super::dial::AFTER;
use super::network::Network;
use super::resolver::TimedResolver;
use super::settings::{HttpVersion, IpVersion, TlsSettings};
use super::timeline::RequestTimeline;
use super::tls::TlsError;

/// The most headers that an answer over HTTP/1 may have. Its head may be 408 KiB long: that is hyper's own limit, which
/// `reqwest` does not let one set.
const MAX_HEADERS: usize = 100;

/// The largest head of an answer over HTTP/2 in bytes, unpacked, with 32 for each header (RFC 9113, section 6.5.2).
const MAX_HEAD_SIZE: u32 = 256 * 1024;

/// How an HTTP connection is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transport {
    /// How to verify and present certificates.
    pub tls: TlsSettings,
    /// Address family; `None`: both.
    pub ip: Option<IpVersion>,
    /// HTTP version; `None`: what the server prefers.
    pub http: Option<HttpVersion>,
}

impl Network {
    /// A client with no connections yet. It costs microseconds: all that is expensive is shared.
    ///
    /// `connect_timeout` bounds name lookup, TCP and TLS together and is divided among the addresses, so that a dead
    /// one leaves time for the next.
    ///
    /// # Errors
    ///
    /// The TLS settings cannot be used.
    pub fn client(&self, transport: &Transport, connect_timeout: Duration) -> Result<Client, ClientError> {
        let alpn: &[&[u8]] = match transport.http {
            None => &[b"h2", b"http/1.1"],
            Some(HttpVersion::Http1) => &[b"http/1.1"],
            Some(HttpVersion::Http2) => &[b"h2"],
        };
        let tls = Arc::unwrap_or_clone(self.tls_config(&transport.tls, alpn)?);
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(TimedResolver { resolver: self.resolver().clone(), family: transport.ip })
            .connector_layer(TimingLayer)
            .connect_timeout(connect_timeout + AFTER)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEAD_SIZE)
            .referer(false)
            .no_proxy()
            .user_agent(concat!("SentryNet/", env!("CARGO_PKG_VERSION")));
        builder = match transport.http {
            None => builder,
            Some(HttpVersion::Http1) => builder.http1_only(),
            Some(HttpVersion::Http2) => builder.http2_prior_knowledge(),
        };
        Ok(Client(builder.build()?))
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The TLS settings cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// `reqwest` cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Reqwest(#[from] reqwest::Error),
}

/// A request as it is sent.
#[derive(Clone)]
pub struct PreparedRequest {
    /// Method.
    pub method: Method,
    /// Absolute URL; user information becomes basic authentication.
    pub url: Url,
    /// Headers other than `host`, `accept`, `accept-encoding`, `user-agent` and `content-length`, which are added.
    pub headers: HeaderMap,
    /// Body; may be empty.
    pub body: Bytes,
}

/// Why an exchange did not complete.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The deadline passed.
    #[error("time is up")]
    TimedOut,
    /// The request cannot be built from what was asked for.
    #[error("the request cannot be built")]
    Unbuildable(#[source] reqwest::Error),
    /// Connection, request or answer failed; the typed cause is in the source chain.
    #[error("the exchange failed")]
    Failed(#[source] reqwest::Error),
}

/// A client with a connection pool of its own.
#[derive(Clone)]
pub struct Client(reqwest::Client);

impl Client {
    /// Sends a request and waits for the head of the answer; `timeline` says what happened when.
    ///
    /// # Errors
    ///
    /// There was no answer before `deadline`, or none that is HTTP.
    pub async fn send(
        &self,
        request: PreparedRequest,
        timeline: &RequestTimeline,
        deadline: Instant,
    ) -> Result<Exchange, HttpError> {
        let PreparedRequest { method, url, mut headers, body } = request;
        // hyper writes no length for an empty body; a server may answer 411 to a POST without one.
        if !matches!(method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::CONNECT) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        let request = self
            .0
            .request(method, url)
            .headers(headers)
            .body(reqwest::Body::wrap(TimedBody::new(body, timeline.clone())))
            .build()
            .map_err(HttpError::Unbuildable)?;
        let answer = tokio::time::timeout_at(deadline.into(), timeline.scope(self.0.execute(request))).await;
        let response = answer.map_err(|_| HttpError::TimedOut)?.map_err(HttpError::Failed)?;
        timeline.record(|timestamps| timestamps.head = Some(Instant::now()));
        Ok(Exchange { response })
    }
}

/// An answer whose body has not been read.
pub struct Exchange {
    response: reqwest::Response,
}

/// What was read of a body.
#[derive(Clone, Debug, Default)]
pub struct Reception {
    /// The first bytes, decoded; at most as many as asked for.
    pub kept: Vec<u8>,
    /// How many decoded bytes came.
    pub length: u64,
    /// Whether there was more than the limit; the rest was not read.
    pub over_limit: bool,
}

impl Exchange {
    /// Status code.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// HTTP version.
    pub fn version(&self) -> Version {
        self.response.version()
    }

    /// Headers; without `content-encoding` and `content-length` where the body is decoded.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The address that answered.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.response.remote_addr()
    }

    /// Reads the body to its end, or until it is longer than `limit` bytes; the first `keep` bytes are kept in
    /// `reception`, which is filled as far as reading came also where it fails.
    ///
    /// # Errors
    ///
    /// The body did not end before `deadline`, or is broken.
    pub async fn read(
        &mut self,
        limit: u64,
        keep: usize,
        deadline: Instant,
        reception: &mut Reception,
    ) -> Result<(), HttpError> {
        let read = async {
            while let Some(chunk) = self.response.chunk().await.map_err(HttpError::Failed)? {
                reception.length += chunk.len() as u64;
                let room = keep.saturating_sub(reception.kept.len()).min(chunk.len());
                reception.kept.extend_from_slice(&chunk[..room]);
                if reception.length > limit {
                    reception.over_limit = true;
                    break;
                }
            }
            Ok(())
        };
        tokio::time::timeout_at(deadline.into(), read).await.map_err(|_| HttpError::TimedOut)?
    }
}
