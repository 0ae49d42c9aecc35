//! One envelope, one request.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use sentry::types::Dsn;
use time::OffsetDateTime;
use tokio::time::Instant;
use url::Url;

use super::{Fate, answer};
use crate::report::Envelope;

/// Smaller bodies are not worth compressing.
const WORTH_COMPRESSING: usize = 1024;

/// One address of several that does not answer must not use up the whole time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What a request to Sentry takes.
pub struct Post {
    client: reqwest::Client,
    url: Url,
    /// For people.
    host: String,
}

impl Post {
    /// Everything that all requests share. An error is a sentence.
    pub fn new(dsn: &Dsn, mut tls: rustls::ClientConfig) -> Result<Self, String> {
        let agent = concat!("sentrynet/", env!("CARGO_PKG_VERSION"));
        let host = format!("{}:{}", dsn.host(), dsn.port());
        let auth = HeaderValue::from_str(&dsn.to_auth(Some(agent)).to_string())
            .map_err(|_| format!("the DSN's key for {host} cannot be sent in a header"))?;
        let mut headers = HeaderMap::new();
        headers.insert("x-sentry-auth", auth);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-sentry-envelope"));
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(agent)
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            // What was sent elsewhere would not be in this project; an answer that says so is a loss.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(super::AT_ONCE)
            .no_proxy()
            .build()
            .map_err(|error| format!("no connection to Sentry at {host} can be made: {}", answer::cause(&error)))?;
        Ok(Self { client, url: dsn.envelope_api_url(), host })
    }

    /// Sends one envelope, and says what became of it at the latest at `deadline`.
    pub async fn send(&self, envelope: &Envelope, deadline: Instant) -> Fate {
        let host = &self.host;
        if Instant::now() >= deadline {
            return Fate::Lost(format!("no time was left to send to Sentry at {host}"));
        }
        match tokio::time::timeout_at(deadline, self.request(envelope).send()).await {
            Ok(Ok(response)) if response.status().is_success() => {
                answer::drain(response, deadline).await;
                Fate::Delivered
            }
            Ok(Ok(response)) => {
                let status = response.status();
                let detail = answer::detail(response, deadline).await;
                Fate::Lost(format!("Sentry at {host} answered {status}{detail}"))
            }
            Ok(Err(error)) => Fate::Lost(format!("Sentry at {host} could not be reached: {}", answer::cause(&error))),
            Err(_) => Fate::Lost(format!("Sentry at {host} did not answer in time")),
        }
    }

    fn request(&self, envelope: &Envelope) -> reqwest::RequestBuilder {
        let bytes = envelope.to_bytes(OffsetDateTime::now_utc());
        let request = self.client.post(self.url.clone());
        if bytes.len() < WORTH_COMPRESSING {
            return request.body(bytes);
        }
        match compressed(&bytes) {
            Ok(smaller) => request.header(CONTENT_ENCODING, "gzip").body(smaller),
            Err(_) => request.body(bytes),
        }
    }
}

fn compressed(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}
