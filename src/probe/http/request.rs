//! A configured request and the keys → the request that is sent.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::settings::{Auth, Body, Request};
use crate::net::PreparedRequest;
use crate::outcome::{Failure, FailureKind};
use crate::template::{Variables, render};

/// Builds the request that is sent.
///
/// # Errors
///
/// A key is not set or does not fit its place: `interpolation`.
pub(crate) fn build(request: &Request, keys: &Variables) -> Result<PreparedRequest, Failure> {
    let mut url = parse_url(&render::text(&request.url, keys).map_err(|why| interpolation_failure("url", &why))?)?;
    for (name, value) in &request.query {
        let value = render::json(value, keys).map_err(|why| interpolation_failure("query", &why))?;
        let mut query = url.query_pairs_mut();
        match &value {
            Value::Array(values) => query.extend_pairs(values.iter().map(|value| (name, plain(value)))),
            value => query.append_pair(name, &plain(value)),
        };
    }
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    let mut body = Bytes::new();
    match &request.body {
        None => {}
        Some(Body::Text(text)) => {
            body = render::text(text, keys).map_err(|why| interpolation_failure("body", &why))?.into()
        }
        Some(Body::Json(json)) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            body = render::json(json, keys).map_err(|why| interpolation_failure("body", &why))?.to_string().into();
        }
    }
    if let Some(auth) = &request.auth {
        headers.insert(AUTHORIZATION, authorization(auth)?);
    }
    let mut configured = HeaderMap::new();
    for (name, text) in &request.headers {
        let place = format!("headers.{name}");
        let text = render::text(text, keys).map_err(|why| interpolation_failure(&place, &why))?;
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| interpolation_failure(&place, &"not a valid header name"))?;
        let value = HeaderValue::from_str(&text)
            .map_err(|_| interpolation_failure(&place, &"contains a character that is not allowed in a header"))?;
        configured.append(header, value);
    }
    // What the configuration says replaces the defaults.
    for name in configured.keys() {
        headers.remove(name);
    }
    headers.extend(configured);
    Ok(PreparedRequest { method: request.method.clone(), url, headers, body })
}

fn interpolation_failure(place: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Interpolation, format!("{place}: {why}"))
}

fn parse_url(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|_| interpolation_failure("url", &"not a URL after interpolation"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(interpolation_failure(
            "url",
            &format!("has the scheme {} after interpolation, not http or https", url.scheme()),
        ));
    }
    Ok(url)
}

/// A value as it stands in a URL: text without quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn authorization(auth: &Auth) -> Result<HeaderValue, Failure> {
    use base64::Engine as _;
    let text = match auth {
        Auth::Bearer(token) => format!("Bearer {}", token.expose()),
        Auth::Basic { username, password } => {
            let pair = format!("{}:{}", username.expose(), password.expose());
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        }
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| interpolation_failure("auth", &"contains a character that is not allowed in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A URL as it may be shown: without user information and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Only URLs that cannot have user information refuse, and http(s) ones can.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url.into()
}
