//! A request as it is made.

use std::time::Duration;

use crate::net::{HttpVersion, IpVersion, TlsSettings};
use crate::probe::json::Assertion;
use crate::schema::value::{Expected, JsonPath};
use crate::secrets::Secret;
use crate::template::{Json, Text};

/// One request and what its answer has to be: the keys of `probes.http`, and of a script's step.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Absolute http(s) URL (after interpolation, in a script).
    pub url: Text,
    /// The method; `POST` by default where there is a body, else `GET`.
    pub method: http::Method,
    /// Parameters appended to the URL's query, in order; a list in the configuration makes several of one name.
    pub query: Vec<(String, Json)>,
    /// Header names (valid, lower case) and values.
    pub headers: Vec<(String, Text)>,
    /// What is sent.
    pub body: Option<Body>,
    /// Which status codes are fine.
    pub expected: Expected,
    /// Keys to set from the answer.
    pub set_keys: Vec<(String, JsonPath)>,
    /// What has to hold of the keys.
    pub assertions: Vec<(String, Assertion)>,
    /// How many redirects to follow.
    pub redirects: u32,
    /// The largest decoded body in bytes.
    pub max_body: u64,
    /// Credentials.
    pub auth: Option<Auth>,
    /// How to verify and present certificates.
    pub tls: TlsSettings,
    /// For how many days the certificates have to be valid from now on.
    pub min_days: Option<u32>,
    /// Use addresses of this family only.
    pub ip: Option<IpVersion>,
    /// Speak this version of HTTP only.
    pub http: Option<HttpVersion>,
    /// Slower is a failure.
    pub max_duration: Option<Duration>,
    /// Slower is a warning.
    pub degraded: Option<Duration>,
    /// Whether the target's own trace is to be sampled.
    pub propagate: bool,
}

/// What a request sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A string, sent as it is.
    Text(Text),
    /// A map or list, sent as JSON with `content-type: application/json`.
    Json(Json),
}

/// Credentials of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    /// HTTP basic authentication (RFC 7617).
    Basic {
        /// User name.
        username: Secret,
        /// Password.
        password: Secret,
    },
    /// A bearer token (RFC 6750).
    Bearer(Secret),
}
