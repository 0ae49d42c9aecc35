//! The typed, validated configuration: what the rest of the house knows of it.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use jsonpath_rust::parser::model::JpQuery;
use serde_json::Value;

use super::redactor::Redactor;
use super::secret::Secret;
use super::template::Template;
use crate::outcome::Tags;

/// A whole configuration, or what one invocation needs of it.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where results go, and under which names.
    pub sentry: SentrySettings,
    /// Where the configuration is deployed; empty means the region at hand.
    pub regions: Vec<String>,
    /// The groups, with unique names.
    pub groups: Vec<Group>,
    /// Finds the values of all secrets of this configuration in a text.
    pub redactor: Redactor,
}

impl Config {
    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The regions that a group runs from: its own, else the configuration's. None: the region at hand.
    pub fn regions_of<'a>(&'a self, group: &'a Group) -> &'a [String] {
        if group.regions.is_empty() { &self.regions } else { &group.regions }
    }
}

/// The `sentry` section.
#[derive(Clone, Debug, Default)]
pub struct SentrySettings {
    /// The DSN as configured; the environment and SSM win over it.
    pub dsn: Option<Secret>,
    /// The environment to report under.
    pub environment: Option<String>,
}

/// Probes that share tags: what one invocation runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Unique name: given, or a slug of `tags.target`, or `group-N`.
    pub name: String,
    /// The group's own tags merged over the configuration's.
    pub tags: Tags,
    /// Regions to run from; empty means all.
    pub regions: Vec<String>,
    /// How regions share the clock.
    pub spread: Spread,
    /// The probes, at least one.
    pub probes: Vec<Arc<Probe>>,
}

/// How the regions of a group share the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Every region at its own phase.
    #[default]
    Stagger,
    /// All regions at the same time.
    Together,
    /// Each tick in one region, in turn.
    RoundRobin,
}

/// One thing to check, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// For people, and the transaction's name.
    pub title: String,
    /// Unique within the group: the title, with ` #2`, ` #3`, … where titles repeat.
    pub identity: String,
    /// The period.
    pub every: Duration,
    /// How many runs a tick makes.
    pub burst: u32,
    /// How long one run may take.
    pub timeout: Duration,
    /// How often a failure is tried again within the same run.
    pub retries: u32,
    /// Pause before each retry.
    pub retry_pause: Duration,
    /// The probe's tags merged over the group's (without the built-in `probe` and `location`).
    pub tags: Tags,
    /// What to check.
    pub check: Check,
}

impl Probe {
    /// The probe's kind, e.g. `probes.http`.
    pub const fn kind(&self) -> &'static str {
        match self.check {
            Check::Http(_) => "probes.http",
            Check::Script(_) => "probes.script",
        }
    }
}

/// What a probe checks: one variant a probe kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// `probes.http`: one request.
    Http(Box<Request>),
    /// `probes.script`: requests one after the other that share keys.
    Script(Script),
}

/// The steps of `probes.script`.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The keys' initial values, in the order written.
    pub init_keys: Vec<(String, Value)>,
    /// The requests, at least one.
    pub steps: Vec<Request>,
}

/// A text that a script may interpolate.
#[derive(Clone, PartialEq)]
pub enum Text {
    /// Sent as it is: every text of `probes.http`.
    Plain(String),
    /// Rendered with the keys first: the texts of a script's steps.
    Template(Template),
}

impl std::fmt::Debug for Text {
    // URLs, headers and bodies may hold secrets: never print one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(…)")
    }
}

/// A JSON value whose strings a script may interpolate.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// A string.
    Text(Text),
    /// A number, boolean or null.
    Scalar(Value),
    /// A list.
    List(Vec<Json>),
    /// A map, in the order written; its keys are not interpolated.
    Map(Vec<(String, Json)>),
}

impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Json(…)")
    }
}

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
    /// How to judge and present certificates.
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

/// The status codes that are fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected(pub Vec<RangeInclusive<u16>>);

impl Expected {
    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl std::fmt::Display for Expected {
    /// `200`, `2xx`, `200-204`, or several of these with `or` between them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            let (start, end) = (*range.start(), *range.end());
            if start == end {
                write!(f, "{start}")?;
            } else if start % 100 == 0 && end == start + 99 {
                write!(f, "{}xx", start / 100)?;
            } else {
                write!(f, "{start}-{end}")?;
            }
        }
        Ok(())
    }
}

/// A compiled JSONPath expression (RFC 9535).
#[derive(Clone, Debug)]
pub struct JsonPath {
    /// As written.
    pub text: String,
    /// As parsed.
    pub query: JpQuery,
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What has to hold of a key. Every part that is given has to hold.
#[derive(Clone, Debug, Default)]
pub struct Assertion {
    /// Whether the key has to be set (default) or unset.
    pub exists: Option<bool>,
    /// Equal to this, types compared too.
    pub value: Option<Value>,
    /// Not equal to this.
    pub not: Option<Value>,
    /// Less than this number or text.
    pub lt: Option<Value>,
    /// Less than or equal to this.
    pub lte: Option<Value>,
    /// Greater than this.
    pub gt: Option<Value>,
    /// Greater than or equal to this.
    pub gte: Option<Value>,
    /// A text that holds this text, a list that holds this value, or a map that has this key.
    pub contains: Option<Value>,
    /// A text that this pattern finds a match in.
    pub matches: Option<regex::Regex>,
    /// A JSON type.
    pub type_: Option<JsonType>,
    /// Characters of a text, elements of a list, entries of a map.
    pub length: Option<u64>,
}

impl PartialEq for Assertion {
    fn eq(&self, other: &Self) -> bool {
        // Patterns cannot be compared, only what they were made of.
        let parts = |assertion: &Self| {
            let Self { exists, value, not, lt, lte, gt, gte, contains, matches, type_, length } = assertion.clone();
            let matches = matches.map(|pattern| pattern.as_str().to_owned());
            (exists, [value, not, lt, lte, gt, gte, contains], matches, type_, length)
        };
        parts(self) == parts(other)
    }
}

/// The types that `type` can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are JSON's own")]
pub enum JsonType {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

impl JsonType {
    /// The word for it in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }
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

/// How to judge and present certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Accept any certificate.
    pub insecure: bool,
    /// PEM text of authorities to trust in place of the built-in ones.
    pub ca: Option<String>,
    /// PEM text of the client certificate chain.
    pub cert: Option<String>,
    /// PEM text of the client certificate's key; present exactly when `cert` is.
    pub key: Option<Secret>,
}

/// A family of IP addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}
