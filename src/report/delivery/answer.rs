//! What Sentry says about an envelope that it did not take.

use std::error::Error as _;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// More of an answer is not read.
const LONGEST: usize = 64 * 1024;
/// Characters of an answer that is not Sentry's JSON.
const EXCERPT: usize = 200;
/// An answer's body is not worth more time than this.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads the rest of a good answer, so that its connection can be used again.
pub async fn drain(response: reqwest::Response, deadline: Instant) {
    read(response, deadline).await;
}

/// `: "…"` with Sentry's own words, or nothing if it had none.
pub async fn detail(response: reqwest::Response, deadline: Instant) -> String {
    let body = read(response, deadline).await;
    let text = match serde_json::from_slice::<Value>(&body) {
        Ok(value) => [value.get("detail"), value.get("error"), value.get("message")]
            .into_iter()
            .flatten()
            .find_map(Value::as_str)
            .map(str::to_owned)
            .unwrap_or_default(),
        Err(_) => String::from_utf8_lossy(&body).into_owned(),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(": \"{}\"", words.join(" ").chars().take(EXCERPT).collect::<String>()),
    }
}

/// The innermost cause: `reqwest`'s own words name the URL and little else.
pub fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match error.source() {
        Some(_) => cause.to_string(),
        None => error.to_string(),
    }
}

/// What comes of the body in a short time.
async fn read(mut response: reqwest::Response, deadline: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    let until = deadline.min(Instant::now() + PATIENCE);
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(until, response.chunk()).await {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            break;
        }
    }
    body
}
