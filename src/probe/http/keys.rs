//! The keys of one request: of `probes.http`, and of a script's step.

use crate::probe::json::keys::ASSERTION;
use crate::probe::keys::{GENERIC_KEYS, LIMIT};
use crate::schema::shape::{Frame, Key, Names, Object, Pem, Presence, Secrecy, Shape};

/// What to request.
pub(crate) const URL: Key = Key {
    name: "url",
    shape: Shape::Url,
    presence: Presence::Required,
    secrecy: Secrecy::ByName,
    about: "What to request: an absolute URL.",
    example: "url: https://www.example.com/",
    mistakes: &["url: www.example.com", "url: ftp://www.example.com/"],
};

/// The same, where texts are interpolated.
pub(crate) const URL_TEMPLATE: Key = Key { shape: Shape::UrlTemplate, ..URL };

/// The keys of `probes.http` and of a step.
pub(crate) const REQUEST_KEYS: &[Key] = &[
    Key {
        name: "method",
        shape: Shape::Method,
        presence: Presence::Otherwise("`GET`; `POST` when there is a `body`"),
        secrecy: Secrecy::ByName,
        about: "The HTTP method.",
        example: "method: HEAD",
        mistakes: &["method: PSOT"],
    },
    Key {
        name: "query",
        shape: Shape::Map { names: Names::Any, of: &Shape::QueryValue },
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "Parameters that are appended to the URL's query. A list makes several parameters of the same name.",
        example: "query:\n  q: uptime\n  page: [1, 2]",
        mistakes: &["query: q=uptime", "query:\n  q: {a: 1}"],
    },
    Key {
        name: "headers",
        shape: Shape::Map { names: Names::Headers, of: &Shape::HeaderValue },
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "Headers of the request.",
        example: "headers:\n  accept: application/json\n  x-api-key: {ssm: /sentrynet/api-key}",
        mistakes: &["headers:\n  \"x key:\": a", "headers:\n  accept: \"a\\nb\"", "headers:\n  content-length: 3"],
    },
    Key {
        name: "body",
        shape: Shape::Body,
        presence: Presence::Otherwise("no body"),
        secrecy: Secrecy::ByName,
        about: "The request's body. A string is sent as it is; a map or a list is sent as JSON, with `content-type: \
                application/json`.",
        example: "body:\n  check:\n    - status",
        mistakes: &["body: 5"],
    },
    Key {
        name: "expected",
        shape: Shape::Expected,
        presence: Presence::Otherwise("200; 201 for `POST`"),
        secrecy: Secrecy::ByName,
        about: "The status codes that count as success: a code, a class, a range, or a list of these. It replaces the \
                default.",
        example: "expected: [200-204, 3xx]",
        mistakes: &["expected: 20", "expected: fine"],
    },
    Key {
        name: "set_keys",
        shape: Shape::Map { names: Names::Any, of: &Shape::JsonPath },
        presence: Presence::Optional,
        secrecy: Secrecy::Open,
        about: "Keys to set from the answer's JSON. One match sets the key to that value, several matches set it to a \
                list of them, and no match leaves it unset.",
        example: "set_keys:\n  status: $.status",
        mistakes: &["set_keys:\n  status: status", "set_keys:\n  status: $.status["],
    },
    Key {
        name: "assertions",
        shape: Shape::Map { names: Names::Any, of: &Shape::Assertion(&ASSERTION) },
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "What the keys have to be: a value, or a map of conditions. A key that is not set meets no condition \
                but `exists: false`.",
        example: "set_keys:\n  status: $.status\nassertions:\n  status: ok",
        mistakes: &["set_keys: {status: $.status}\nassertions:\n  status: {state: ok}"],
    },
    Key {
        name: "redirects",
        shape: Shape::Integer { min: 0, max: 100 },
        presence: Presence::Default("10"),
        secrecy: Secrecy::ByName,
        about: "How many redirects to follow. With 0, the redirect itself is the answer.",
        example: "redirects: 0\nexpected: 301",
        mistakes: &["redirects: no"],
    },
    Key {
        name: "max_body",
        shape: Shape::Size { max: 1 << 30 },
        presence: Presence::Default("1MiB"),
        secrecy: Secrecy::ByName,
        about: "The largest body of an answer, in bytes after decoding.",
        example: "max_body: 512KiB",
        mistakes: &["max_body: big", "max_body: 2GiB"],
    },
    Key {
        name: "auth",
        shape: Shape::OneOf(&AUTH),
        presence: Presence::Optional,
        secrecy: Secrecy::Hidden,
        about: "Credentials of the request.",
        example: "auth:\n  bearer: {env: TOKEN}",
        mistakes: &["auth:\n  oauth2: {}", "auth: {}"],
    },
    Key {
        name: "tls",
        shape: Shape::Object(&TLS),
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "How to verify and present certificates.",
        example: "tls:\n  insecure: true",
        mistakes: &["tls: false"],
    },
    Key {
        name: "ip",
        shape: Shape::Words(&["4", "6"]),
        presence: Presence::Otherwise("both"),
        secrecy: Secrecy::ByName,
        about: "Use only addresses of this IP version.",
        example: "ip: 6",
        mistakes: &["ip: 5"],
    },
    Key {
        name: "http",
        shape: Shape::Words(&["1.1", "2"]),
        presence: Presence::Otherwise("what the server prefers"),
        secrecy: Secrecy::ByName,
        about: "Use only this version of HTTP.",
        example: "http: 1.1",
        mistakes: &["http: 1.0"],
    },
    Key {
        name: "max_duration",
        shape: LIMIT,
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "A run that is slower fails.",
        example: "max_duration: 2s",
        mistakes: &["max_duration: quick"],
    },
    Key {
        name: "degraded",
        shape: LIMIT,
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "A run that is slower is degraded: a warning. At most `max_duration`.",
        example: "degraded: 500ms",
        mistakes: &["degraded: 3s\nmax_duration: 2s"],
    },
    Key {
        name: "propagate",
        shape: Shape::Boolean,
        presence: Presence::Default("false"),
        secrecy: Secrecy::ByName,
        about: "Whether the target's own trace is sampled, too, as a part of the probe's.",
        example: "propagate: true",
        mistakes: &["propagate: sometimes"],
    },
];

/// `auth`.
pub(crate) static AUTH: Object = Object {
    name: "auth",
    heading: "`auth`",
    about: "Credentials of a request: exactly one of these.",
    keys: &[&[
        Key {
            name: "basic",
            shape: Shape::Object(&BASIC),
            presence: Presence::Optional,
            secrecy: Secrecy::ByName,
            about: "HTTP basic authentication.",
            example: "basic:\n  username: alice\n  password: {env: PASSWORD}",
            mistakes: &["basic: alice"],
        },
        Key {
            name: "bearer",
            shape: Shape::String,
            presence: Presence::Optional,
            secrecy: Secrecy::Secret,
            about: "A bearer token.",
            example: "bearer: {ssm: /sentrynet/token}",
            mistakes: &["bearer: [a]"],
        },
        Key {
            name: "oauth2",
            shape: Shape::Json,
            presence: Presence::NotYet,
            secrecy: Secrecy::ByName,
            about: "A token from an OAuth 2 server.",
            example: "",
            mistakes: &[],
        },
        Key {
            name: "sigv4",
            shape: Shape::Json,
            presence: Presence::NotYet,
            secrecy: Secrecy::ByName,
            about: "AWS Signature Version 4.",
            example: "",
            mistakes: &[],
        },
        Key {
            name: "digest",
            shape: Shape::Json,
            presence: Presence::NotYet,
            secrecy: Secrecy::ByName,
            about: "HTTP digest authentication.",
            example: "",
            mistakes: &[],
        },
    ]],
    frame: Frame { within: Some("probes.http"), at: "auth:", beside: &[] },
    described_by: None,
    outer: None,
};

/// `auth.basic`.
pub(crate) static BASIC: Object = Object {
    name: "basic",
    heading: "`auth.basic`",
    about: "HTTP basic authentication.",
    keys: &[&[
        Key {
            name: "username",
            shape: Shape::String,
            presence: Presence::Required,
            secrecy: Secrecy::Open,
            about: "The user's name, without a `:`.",
            example: "username: alice",
            mistakes: &["username: alice:bob"],
        },
        Key {
            name: "password",
            shape: Shape::String,
            presence: Presence::Required,
            secrecy: Secrecy::Secret,
            about: "The password.",
            example: "password: {ssm: /sentrynet/password}",
            mistakes: &["password: 12345"],
        },
    ]],
    frame: Frame {
        within: Some("auth"),
        at: "basic:",
        beside: &[("username", "username: alice"), ("password", "password: {env: PASSWORD}")],
    },
    described_by: None,
    outer: None,
};

/// `tls`.
pub(crate) static TLS: Object = Object {
    name: "tls",
    heading: "`tls`",
    about: "How to verify and present certificates. `ca`, `cert` and `key` are PEM text, or names of PEM files, \
            relative to the configuration's directory.",
    keys: &[&[
        Key {
            name: "insecure",
            shape: Shape::Boolean,
            presence: Presence::Default("false"),
            secrecy: Secrecy::ByName,
            about: "Accept any certificate.",
            example: "insecure: true",
            mistakes: &["insecure: maybe"],
        },
        Key {
            name: "ca",
            shape: Shape::Pem(Pem::Certificates),
            presence: Presence::Otherwise("Mozilla's certificate authorities"),
            secrecy: Secrecy::ByName,
            about: "The certificate authorities to trust, instead of the built-in ones.",
            example: "ca: {ssm: /sentrynet/ca}",
            mistakes: &["ca: no-such-file.pem"],
        },
        Key {
            name: "cert",
            shape: Shape::Pem(Pem::Certificates),
            presence: Presence::Otherwise("no client certificate"),
            secrecy: Secrecy::ByName,
            about: "The client certificate, and the chain above it. Needs `key`.",
            example: "cert: {ssm: /sentrynet/client.crt}\nkey: {ssm: /sentrynet/client.key}",
            mistakes: &["cert: {ssm: /sentrynet/client.crt}"],
        },
        Key {
            name: "key",
            shape: Shape::Pem(Pem::Key),
            presence: Presence::Otherwise("no client certificate"),
            secrecy: Secrecy::Secret,
            about: "The client certificate's private key. Needs `cert`.",
            example: "cert: {ssm: /sentrynet/client.crt}\nkey: {ssm: /sentrynet/client.key}",
            mistakes: &["key: {ssm: /sentrynet/client.key}"],
        },
        Key {
            name: "min_days",
            shape: Shape::Integer { min: 0, max: 3650 },
            presence: Presence::Optional,
            secrecy: Secrecy::ByName,
            about: "The run fails if the certificate, or an intermediate certificate that its chain needs, expires in \
                    fewer days. An unexpected answer takes precedence.",
            example: "min_days: 14",
            mistakes: &["min_days: -1", "min_days: 1.5", "min_days: two weeks"],
        },
    ]],
    frame: Frame { within: Some("probes.http"), at: "tls:", beside: &[] },
    described_by: None,
    outer: None,
};

/// `probes.http`.
pub(crate) static HTTP: Object = Object {
    name: "probes.http",
    heading: "`probes.http`",
    about: "One request, and what is expected of its answer.",
    keys: &[GENERIC_KEYS, &[URL], REQUEST_KEYS],
    frame: Frame {
        within: Some("group"),
        at: "probes:\n-",
        beside: &[("probe", "probe: probes.http"), ("url", "url: https://www.example.com/")],
    },
    described_by: None,
    outer: None,
};
