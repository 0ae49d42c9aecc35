//! Services that do what the recipes are for, and the ways in which they stop doing it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};
use url::form_urlencoded;

/// Tokens that were handed out, and what each allows.
#[derive(Clone, Default)]
struct Tokens(Arc<Mutex<HashMap<String, String>>>);

impl Tokens {
    fn issue(&self, scope: &str) -> String {
        let token = format!("{:032x}", fastrand::u128(..));
        self.0.lock().unwrap().insert(token.clone(), scope.to_owned());
        token
    }

    /// What the token of a request allows; 401 where there is none that is known.
    fn scope(&self, headers: &HeaderMap) -> Result<String, StatusCode> {
        let token = header(headers, "authorization").strip_prefix("Bearer ").ok_or(StatusCode::UNAUTHORIZED)?;
        self.0.lock().unwrap().get(token).cloned().ok_or(StatusCode::UNAUTHORIZED)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// User and password of a request (RFC 7617).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let decoded = STANDARD.decode(headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
    let (user, password) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// A shop with a login for `probe`, whose tokens may be worth nothing.
pub fn shop(password: &'static str, forgets: bool, orders: Value) -> Router {
    let tokens = Tokens::default();
    let known = tokens.clone();
    let login = async move |Json(credentials): Json<Value>| {
        if credentials != json!({"user": "probe", "password": password}) {
            return (StatusCode::FORBIDDEN, Json(json!({"error": "who are you?"})));
        }
        let token = tokens.issue("");
        if forgets {
            tokens.0.lock().unwrap().clear();
        }
        (StatusCode::CREATED, Json(json!({"token": token})))
    };
    let list = async move |headers: HeaderMap| known.scope(&headers).map(|_| Json(json!({"orders": orders})));
    Router::new().route("/login", post(login)).route("/orders", get(list))
}

/// One query of GraphQL, and a database that may be away.
pub fn graphql(has_database: bool) -> Router {
    let answer = async move |Json(request): Json<Value>| {
        let query = request["query"].as_str().unwrap_or_default();
        let fields = "query Newest($first: Int!) { products(first: $first) { name } }";
        let first = request["variables"]["first"].as_u64().and_then(|first| usize::try_from(first).ok());
        let (Some(first), true) = (first, query == fields) else {
            return Json(json!({"errors": [{"message": "no such query"}]}));
        };
        if !has_database {
            return Json(json!({"data": null, "errors": [{"message": "the database is away", "path": ["products"]}]}));
        }
        let products = [json!({"name": "Lamp"}), json!({"name": "Chair"})];
        Json(json!({"data": {"products": products.into_iter().take(first).collect::<Vec<_>>()}}))
    };
    Router::new().route("/graphql", post(answer))
}

/// A receiver of webhooks that are signed with this key; without one it takes everything.
pub fn webhooks(key: Option<&'static str>) -> Router {
    let receive = async move |headers: HeaderMap, body: Bytes| {
        let Some(key) = key else { return StatusCode::NO_CONTENT };
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let signature = header(&headers, "x-signature-256").strip_prefix("sha256=").unwrap_or_default();
        let byte = |at: usize| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok();
        let signature: Vec<u8> = (0..signature.len()).step_by(2).map_while(byte).collect();
        let is_json = header(&headers, "content-type") == "application/json";
        match hmac::verify(&key, &body, &signature) {
            Ok(()) if is_json && serde_json::from_slice::<Value>(&body).is_ok() => StatusCode::NO_CONTENT,
            Ok(()) => StatusCode::BAD_REQUEST,
            Err(_) => StatusCode::UNAUTHORIZED,
        }
    };
    Router::new().route("/events", post(receive))
}

/// Where a client of OAuth 2 leaves its credentials (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// In the header.
    Basic,
    /// In the form.
    Form,
}

/// A server that hands out tokens to the client `sentrynet`, if it may have the scope, and the API that wants them.
pub fn oauth2(place: Credentials, secret: &'static str, may_have: &'static str) -> Router {
    let tokens = Tokens::default();
    let known = tokens.clone();
    let issue = async move |headers: HeaderMap, body: Bytes| {
        let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if header(&headers, CONTENT_TYPE.as_str()) != "application/x-www-form-urlencoded"
            || field("grant_type") != "client_credentials"
        {
            return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_request"})));
        }
        let credentials = match place {
            Credentials::Basic => basic(&headers),
            Credentials::Form => Some((field("client_id").to_owned(), field("client_secret").to_owned())),
        };
        if credentials != Some(("sentrynet".to_owned(), secret.to_owned())) {
            return (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"})));
        }
        // It may grant less than was asked for (RFC 6749, section 3.3).
        let scope = if field("scope") == may_have { may_have } else { "" };
        let token = tokens.issue(scope);
        (StatusCode::OK, Json(json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})))
    };
    let list = async move |headers: HeaderMap| match known.scope(&headers).as_deref() {
        Ok("orders.read") => Ok(Json(json!({"orders": []}))),
        Ok(_) => Err(StatusCode::FORBIDDEN),
        Err(status) => Err(*status),
    };
    Router::new().route("/oauth2/token", post(issue)).route("/orders", get(list))
}

/// A page for `probe` with this password; without one it is for all.
pub fn intranet(password: Option<&'static str>) -> Router {
    let page = async move |headers: HeaderMap| -> Response {
        let may = password.is_none_or(|password| basic(&headers) == Some(("probe".to_owned(), password.to_owned())));
        match may {
            true => "Welcome".into_response(),
            false => (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Basic realm=\"intranet\"")]).into_response(),
        }
    };
    Router::new().route("/", get(page))
}

/// A page that answers with this status.
pub fn page(status: u16) -> Router {
    let status = StatusCode::from_u16(status).expect("a status");
    Router::new().route("/", get(async move || (status, "a page")))
}

/// A page that takes so long.
pub fn slow(millis: u64) -> Router {
    let page = async move || {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        "a page"
    };
    Router::new().route("/", get(page))
}

/// A page that redirects to this URL.
pub fn moved(to: String) -> Router {
    Router::new().route("/", get(async move || (StatusCode::MOVED_PERMANENTLY, [(LOCATION, to)])))
}

/// A page that redirects to itself.
pub fn moved_to_itself() -> Router {
    // Over HTTP/2 the URI names the host.
    let page = async |uri: Uri| {
        let to = format!("https://{}/", uri.authority().map(Authority::as_str).unwrap_or_default());
        (StatusCode::MOVED_PERMANENTLY, [(LOCATION, to)])
    };
    Router::new().route("/", get(page))
}

/// What this path says.
pub fn says(path: &str, value: Value) -> Router {
    Router::new().route(path, get(async move || Json(value)))
}

/// A page that is not there for so many requests, and the number of requests so far.
pub fn fails_first(times: usize) -> (Router, Arc<Mutex<usize>>) {
    let seen = Arc::new(Mutex::new(0));
    let count = seen.clone();
    let page = async move || {
        let mut seen = count.lock().unwrap();
        *seen += 1;
        if *seen <= times { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    (Router::new().route("/", get(page)), seen)
}
