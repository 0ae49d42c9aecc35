//! A reverse proxy that notes every request and can answer in the place of the server behind it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// A request that passed.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation, for AWS's JSON protocols.
    pub target: Option<String>,
    /// The region that it is signed for, for AWS's protocols.
    pub region: Option<String>,
    /// The body, if it was JSON.
    pub body: Value,
}

/// What a call gets instead of what the server behind would say.
enum Instead {
    Answer(StatusCode, String),
    Silence,
}

/// Forwards to one server; ends with the test's runtime.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    behind: String,
    client: reqwest::Client,
    calls: Mutex<Vec<Call>>,
    answers: Mutex<VecDeque<Instead>>,
    refusals: Mutex<Vec<Refusal>>,
}

/// Calls that are never passed on: region, operation, what stands in the body, and the error.
type Refusal = (&'static str, &'static str, &'static str, &'static str);

impl Proxy {
    /// Puts one in front of the server at `behind`.
    pub async fn of(behind: String) -> Self {
        let shared = Arc::new(Shared {
            behind,
            client: super::client(),
            calls: Mutex::default(),
            answers: Mutex::default(),
            refusals: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let router = axum::Router::new().fallback(pass).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Takes the calls noted since the last time.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.shared.calls.lock().expect("the calls"))
    }

    /// Answers the next call itself.
    pub fn answer_next(&self, status: u16, body: Value) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.shared.answers.lock().expect("the answers").push_back(Instead::Answer(status, body.to_string()));
    }

    /// Answers every call of this operation of SSM, in this region, whose body holds this text, with this error,
    /// which quotes the body.
    pub fn refuse(&self, region: &'static str, operation: &'static str, part: &'static str, error: &'static str) {
        self.shared.refusals.lock().expect("the refusals").push((region, operation, part, error));
    }

    /// Passes everything on again.
    pub fn refuse_nothing(&self) {
        self.shared.refusals.lock().expect("the refusals").clear();
    }

    /// Never answers the next call.
    pub fn ignore_next(&self) {
        self.shared.answers.lock().expect("the answers").push_back(Instead::Silence);
    }
}

async fn pass(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).map(ToOwned::to_owned);
    // Credential=<key>/<date>/<region>/<service>/aws4_request
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let region = authorization.split('/').nth(2).map(ToOwned::to_owned);
    let call = Call { target, region, body: serde_json::from_slice(&body).unwrap_or_default() };
    if let Some(error) = refusal(&shared, &call) {
        let body = serde_json::json!({"__type": error, "message": format!("because: {}", call.body)}).to_string();
        return (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.1")], body).into_response();
    }
    shared.calls.lock().expect("the calls").push(call);
    let instead = shared.answers.lock().expect("the answers").pop_front();
    match instead {
        Some(Instead::Answer(status, body)) => {
            return (status, [("content-type", "application/x-amz-json-1.1")], body).into_response();
        }
        Some(Instead::Silence) => std::future::pending().await,
        None => {}
    }
    headers.remove("host");
    let request = shared.client.request(method, format!("{}{uri}", shared.behind)).headers(headers).body(body);
    match request.send().await {
        Ok(answer) => {
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            headers.remove("transfer-encoding");
            (status, headers, answer.bytes().await.unwrap_or_default()).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

fn refusal(shared: &Shared, call: &Call) -> Option<&'static str> {
    let refusals = shared.refusals.lock().expect("the refusals");
    let is_meant = |(region, operation, part, _): &&Refusal| {
        call.region.as_deref() == Some(region)
            && call.target.as_deref() == Some(&format!("AmazonSSM.{operation}"))
            && call.body.to_string().contains(part)
    };
    refusals.iter().find(is_meant).map(|(.., error)| *error)
}
