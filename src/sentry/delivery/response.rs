//! Sentry's response to an envelope.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::rate_limits;
use super::rate_limits::Limit;

/// More of a response is not read.
const MAX_LENGTH: usize = 64 * 1024;
/// Characters of a response that are quoted.
const EXCERPT: usize = 200;
/// A response's body is not worth more time than this.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a response means for its envelope. Sentences continue `Sentry at HOST`.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Sentry accepted it.
    Accepted,
    /// Rate limited; for how long is in [`SentryResponse::limits`].
    Limited(String),
    /// Not now; a retry after this time may succeed.
    Busy(String, Duration),
    /// It is larger than Sentry accepts.
    TooLarge(String),
    /// Rejected for good.
    Rejected(String),
}

/// A response.
pub struct SentryResponse {
    /// What it means for the envelope.
    pub verdict: Verdict,
    /// What it means for those that follow.
    pub limits: Vec<Limit>,
}

impl SentryResponse {
    /// Reads a response; at `deadline` without the rest of its body. `project` names, for people, where the envelope was
    /// sent.
    pub async fn read(response: reqwest::Response, project: &str, deadline: Instant) -> Self {
        let (status, now) = (response.status(), SystemTime::now());
        let text = |name: &str| text(response.headers(), name);
        let retry_after = text(RETRY_AFTER.as_str());
        let rate_limits = text("x-sentry-rate-limits");
        let location = text(LOCATION.as_str());
        let limits = rate_limits::of_response(status.as_u16(), retry_after.as_deref(), rate_limits.as_deref(), now);
        // Read in any case, so that the connection can be used again.
        let body = read(response, deadline).await;
        let answer = || format!("answered {}{}", in_words(status), quoted(&body));
        let verdict = match status.as_u16() {
            200..=299 => Verdict::Accepted,
            300..=399 => Verdict::Rejected(format!(
                "answered {}, a redirect{}: results are only sent to the DSN's own host",
                in_words(status),
                elsewhere(location.as_deref()),
            )),
            413 => Verdict::TooLarge(answer()),
            429 => Verdict::Limited(answer()),
            401 | 403 | 404 => Verdict::Rejected(format!("{} to {project}: check the DSN", answer())),
            // The last range is Cloudflare's, for errors of the server behind it.
            500 | 502 | 503 | 504 | 520..=530 => {
                let wait = retry_after.and_then(|text| rate_limits::retry_after(&text, now)).unwrap_or_default();
                Verdict::Busy(answer(), wait)
            }
            _ => Verdict::Rejected(answer()),
        };
        Self { verdict, limits }
    }
}

/// All values of a header, as one list.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// `403 Forbidden`; the number alone where it has no name.
fn in_words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// ` to HOST`, without the rest of the URL: the key may be in it.
fn elsewhere(location: Option<&str>) -> String {
    let url = location.and_then(|location| Url::parse(location).ok());
    url.and_then(|url| url.host_str().map(|host| format!(" to {host}"))).unwrap_or_default()
}

/// `: "…"` quoting Sentry's own message, or nothing if there is none.
fn quoted(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            let words = [&value["detail"], &value["error"], &value["message"]];
            let detail = words.into_iter().find_map(Value::as_str).unwrap_or_default();
            let causes = value["causes"].as_array().into_iter().flatten().filter_map(Value::as_str);
            [detail].into_iter().chain(causes).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
        }
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(": \"{}\"", words.join(" ").chars().take(EXCERPT).collect::<String>()),
    }
}

/// As much of the body as arrives in a short time.
async fn read(mut response: reqwest::Response, deadline: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    let until = deadline.min(Instant::now() + PATIENCE);
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(until, response.chunk()).await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_LENGTH {
            break;
        }
    }
    body
}
