//! The targets of the demo: a page, a page over TLS, an API with a login that is overloaded now and then, a target that is down,
//! and one whose certificate has expired.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpSocket;

use super::certificates::Authority;
use super::error::DemoError;
use super::serve::Server;

/// How long ago the old certificate expired.
const EXPIRED_DAYS: i64 = 3;

/// The targets, which run as long as this value lives.
pub(crate) struct Targets {
    page: Server,
    tls: Server,
    expired: Server,
    /// A port on which nobody listens, and that nobody else is given: it is bound.
    down: TcpSocket,
    authority: String,
}

impl Targets {
    /// Starts all of them on free ports of loopback.
    pub(crate) async fn start() -> Result<Self, DemoError> {
        let authority = Authority::new()?;
        let down = TcpSocket::new_v4()?;
        down.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self {
            page: Server::start(routes(), None).await?,
            tls: Server::start(routes(), Some(authority.server("localhost", -1, 90)?)).await?,
            expired: Server::start(routes(), Some(authority.server("localhost", -93, -EXPIRED_DAYS)?)).await?,
            down,
            authority: authority.pem(),
        })
    }

    /// The configuration that watches them.
    pub(crate) fn configuration(&self) -> Result<String, DemoError> {
        let down = self.down.local_addr()?.port();
        let authority: String = self.authority.lines().map(|line| format!("            {line}\n")).collect();
        Ok(format!(
            include_str!("targets.yaml"),
            page = self.page.addr.port(),
            tls = self.tls.addr.port(),
            expired = self.expired.addr.port(),
            down = down,
            authority = authority.trim_end(),
        ))
    }
}

fn routes() -> Router {
    Router::new()
        .route("/", get(page))
        .route("/status", get(status))
        .route("/login", post(login))
        .route("/orders", get(orders))
        .with_state(Arc::default())
}

/// Takes about this long: no target is equally fast every time.
async fn work(milliseconds: u64) {
    let most = match fastrand::u8(..8) {
        0 => 3 * milliseconds,
        _ => milliseconds + milliseconds / 3,
    };
    tokio::time::sleep(Duration::from_millis(fastrand::u64(milliseconds..most))).await;
}

/// A page that takes a moment to make.
async fn page() -> (HeaderMap, String) {
    work(35).await;
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"))]);
    (headers, format!("<!doctype html><title>Demo</title>{}", "<p>Hello from the demo.</p>".repeat(400)))
}

/// An API that is overloaded every fifth time, but not the last of ten times.
async fn status(State(answers): State<Arc<AtomicUsize>>) -> (StatusCode, Json<Value>) {
    work(4).await;
    match answers.fetch_add(1, Ordering::Relaxed) % 5 {
        3 => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "busy", "queue": {"waiting": 240}}))),
        _ => (StatusCode::OK, Json(json!({"status": "ok", "queue": {"waiting": 3}}))),
    }
}

async fn login(Json(credentials): Json<Value>) -> (StatusCode, Json<Value>) {
    work(20).await;
    if credentials == json!({"user": "demo", "remember": true}) {
        (StatusCode::CREATED, Json(json!({"token": "t-4711", "user": {"id": 42}})))
    } else {
        (StatusCode::FORBIDDEN, Json(json!({"error": "who are you?"})))
    }
}

async fn orders(headers: HeaderMap) -> (StatusCode, Json<Value>) {
    work(12).await;
    match headers.get(header::AUTHORIZATION).map(header::HeaderValue::as_bytes) {
        Some(b"Bearer t-4711") => (StatusCode::OK, Json(json!({"owner": 42, "orders": [{"id": 1}, {"id": 2}]}))),
        _ => (StatusCode::UNAUTHORIZED, Json(json!({"error": "log in first"}))),
    }
}
