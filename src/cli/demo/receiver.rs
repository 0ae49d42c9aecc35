//! The demo's own Sentry: accepts envelopes as Sentry does, and keeps them in memory.

use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use flate2::read::GzDecoder;

use super::serve::Server;
use crate::sentry::{Envelope, Item};

/// The items received, in the order of arrival.
type Items = Arc<Mutex<Vec<Item>>>;

/// A running receiver.
pub struct Receiver {
    server: Server,
    received: Items,
}

impl Receiver {
    /// Starts it on a free port of loopback.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start() -> std::io::Result<Self> {
        let received = Items::default();
        let routes = Router::new()
            .route("/api/{project}/envelope/", post(take))
            .layer(DefaultBodyLimit::max(20 * 1024 * 1024))
            .with_state(received.clone());
        Ok(Self { server: Server::start(routes, None).await?, received })
    }

    /// The DSN to send to.
    pub fn dsn(&self) -> String {
        format!("http://demo@{}/1", self.server.addr)
    }

    /// The items received so far.
    pub fn items(&self) -> Vec<Item> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn take(State(received): State<Items>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    match unpack(&headers, &body) {
        Ok(items) => {
            received.lock().unwrap_or_else(PoisonError::into_inner).extend(items);
            (StatusCode::OK, "{}".to_owned())
        }
        Err(detail) => (StatusCode::BAD_REQUEST, serde_json::json!({ "detail": detail }).to_string()),
    }
}

fn unpack(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Item>, String> {
    let mut plain = Vec::new();
    let bytes = if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip") {
        GzDecoder::new(body).read_to_end(&mut plain).map_err(|error| error.to_string())?;
        &plain
    } else {
        body
    };
    Envelope::parse(bytes).and_then(|envelope| envelope.items()).map_err(|error| error.to_string())
}
