//! The keys of one request: of `probes.http`, and of a script's step.

use crate::config::keys::{GENERIC_KEYS, SOME_TIME};
use crate::schema::shape::{Key, Names, Object, Pem, Presence, Shape};

/// The keys of `probes.http` and of a step.
pub(crate) const REQUEST_KEYS: &[Key] = &[
    Key {
        name: "url",
        shape: Shape::Url,
        presence: Presence::Required,
        about: "What to request: an absolute URL.",
        example: "url: https://www.example.com/",
        mistakes: &["url: www.example.com", "url: ftp://www.example.com/"],
    },
    Key {
        name: "method",
        shape: Shape::Method,
        presence: Presence::Otherwise("`GET`; `POST` when there is a `body`"),
        about: "The HTTP method.",
        example: "method: HEAD",
        mistakes: &["method: PSOT"],
    },
    Key {
        name: "query",
        shape: Shape::Map { names: Names::Any, of: &Shape::QueryValue },
        presence: Presence::Optional,
        about: "Parameters that are appended to the URL's query. A list makes several of one name.",
        example: "query:\n  q: uptime\n  page: [1, 2]",
        mistakes: &["query: q=uptime", "query:\n  q: {a: 1}"],
    },
    Key {
        name: "headers",
        shape: Shape::Map { names: Names::Headers, of: &Shape::HeaderValue },
        presence: Presence::Optional,
        about: "Headers of the request.",
        example: "headers:\n  accept: application/json\n  x-api-key: {ssm: /sentrynet/api-key}",
        mistakes: &["headers:\n  \"x key:\": a", "headers:\n  accept: \"a\\nb\"", "headers:\n  content-length: 3"],
    },
    Key {
        name: "body",
        shape: Shape::Body,
        presence: Presence::Otherwise("no body"),
        about: "What to send. A text is sent as it is; a map or a list as JSON, with `content-type: application/json`.",
        example: "body:\n  check:\n    - status",
        mistakes: &["body: 5"],
    },
    Key {
        name: "expected",
        shape: Shape::Expected,
        presence: Presence::Otherwise("200; 201 for `POST`"),
        about: "The status codes that are fine: a code, a class, a range, or a list of these. It replaces the default.",
        example: "expected: [200-204, 3xx]",
        mistakes: &["expected: 20", "expected: fine"],
    },
    Key {
        name: "set_keys",
        shape: Shape::Map { names: Names::Any, of: &Shape::JsonPath },
        presence: Presence::Optional,
        about: "Keys to set from the answer's JSON. One match sets the key to that value, several to their list, none leaves it unset.",
        example: "set_keys:\n  status: $.status",
        mistakes: &["set_keys:\n  status: status", "set_keys:\n  status: $.status["],
    },
    Key {
        name: "assertions",
        shape: Shape::Map { names: Names::Any, of: &Shape::Assertion(&ASSERTION) },
        presence: Presence::Optional,
        about: "What has to hold of the keys: a value, or a map of conditions. A key that is not set holds nothing, except `exists: false`.",
        example: "set_keys:\n  status: $.status\nassertions:\n  status: ok",
        mistakes: &["set_keys: {status: $.status}\nassertions:\n  status: {state: ok}"],
    },
    Key {
        name: "redirects",
        shape: Shape::Integer { least: 0, most: 100 },
        presence: Presence::Default("10"),
        about: "How many redirects to follow. With 0 the redirect itself is judged.",
        example: "redirects: 0\nexpected: 301",
        mistakes: &["redirects: no"],
    },
    Key {
        name: "max_body",
        shape: Shape::Size { most: 1 << 30 },
        presence: Presence::Default("1MiB"),
        about: "The largest body of an answer, in bytes after decoding.",
        example: "max_body: 512KiB",
        mistakes: &["max_body: big", "max_body: 2GiB"],
    },
    Key {
        name: "auth",
        shape: Shape::OneOf(&AUTH),
        presence: Presence::Optional,
        about: "Credentials of the request.",
        example: "auth:\n  bearer: {env: TOKEN}",
        mistakes: &["auth:\n  oauth2: {}", "auth: {}"],
    },
    Key {
        name: "tls",
        shape: Shape::Object(&TLS),
        presence: Presence::Optional,
        about: "How to judge and present certificates.",
        example: "tls:\n  insecure: true",
        mistakes: &["tls: false"],
    },
    Key {
        name: "ip",
        shape: Shape::Words(&["4", "6"]),
        presence: Presence::Otherwise("both"),
        about: "Use addresses of this family of IP only.",
        example: "ip: 6",
        mistakes: &["ip: 5"],
    },
    Key {
        name: "http",
        shape: Shape::Words(&["1.1", "2"]),
        presence: Presence::Otherwise("what the server prefers"),
        about: "Speak this version of HTTP only.",
        example: "http: 1.1",
        mistakes: &["http: 1.0"],
    },
    Key {
        name: "max_duration",
        shape: SOME_TIME,
        presence: Presence::Optional,
        about: "A slower run is a failure.",
        example: "max_duration: 2s",
        mistakes: &["max_duration: quick"],
    },
    Key {
        name: "degraded",
        shape: SOME_TIME,
        presence: Presence::Optional,
        about: "A slower run is a warning. At most `max_duration`.",
        example: "degraded: 500ms",
        mistakes: &["degraded: 3s\nmax_duration: 2s"],
    },
    Key {
        name: "propagate",
        shape: Shape::Boolean,
        presence: Presence::Default("false"),
        about: "Whether the target's own trace is sampled along with the probe's.",
        example: "propagate: true",
        mistakes: &["propagate: sometimes"],
    },
];

/// `auth`.
pub(crate) static AUTH: Object = Object {
    name: "auth",
    about: "Credentials of a request: one of these.",
    keys: &[&[
        Key {
            name: "basic",
            shape: Shape::Object(&BASIC),
            presence: Presence::Optional,
            about: "HTTP basic authentication.",
            example: "basic:\n  username: alice\n  password: {env: PASSWORD}",
            mistakes: &["basic: alice"],
        },
        Key {
            name: "bearer",
            shape: Shape::Secret,
            presence: Presence::Optional,
            about: "A bearer token.",
            example: "bearer: {ssm: /sentrynet/token}",
            mistakes: &["bearer: [a]"],
        },
        Key {
            name: "oauth2",
            shape: Shape::Json,
            presence: Presence::NotYet,
            about: "A token from an OAuth 2 server.",
            example: "",
            mistakes: &[],
        },
        Key {
            name: "sigv4",
            shape: Shape::Json,
            presence: Presence::NotYet,
            about: "AWS Signature Version 4.",
            example: "",
            mistakes: &[],
        },
        Key {
            name: "digest",
            shape: Shape::Json,
            presence: Presence::NotYet,
            about: "HTTP digest authentication.",
            example: "",
            mistakes: &[],
        },
    ]],
};

/// `auth.basic`.
pub(crate) static BASIC: Object = Object {
    name: "basic",
    about: "HTTP basic authentication.",
    keys: &[&[
        Key {
            name: "username",
            shape: Shape::Secret,
            presence: Presence::Required,
            about: "The user's name, without a `:`.",
            example: "username: alice",
            mistakes: &["username: alice:bob"],
        },
        Key {
            name: "password",
            shape: Shape::Secret,
            presence: Presence::Required,
            about: "The password.",
            example: "password: {ssm: /sentrynet/password}",
            mistakes: &["password: 12345"],
        },
    ]],
};

/// `tls`.
pub(crate) static TLS: Object = Object {
    name: "tls",
    about: "How to judge and present certificates. `ca`, `cert` and `key` are PEM texts, or names of PEM files that count \
            from the configuration's directory.",
    keys: &[&[
        Key {
            name: "insecure",
            shape: Shape::Boolean,
            presence: Presence::Default("false"),
            about: "Accept any certificate.",
            example: "insecure: true",
            mistakes: &["insecure: maybe"],
        },
        Key {
            name: "ca",
            shape: Shape::Pem(Pem::Certificates),
            presence: Presence::Otherwise("Mozilla's authorities"),
            about: "The authorities to trust in place of the built-in ones.",
            example: "ca: {ssm: /sentrynet/ca}",
            mistakes: &["ca: no-such-file.pem"],
        },
        Key {
            name: "cert",
            shape: Shape::Pem(Pem::Certificates),
            presence: Presence::Otherwise("no client certificate"),
            about: "The client certificate, and the chain above it. Needs `key`.",
            example: "cert: {ssm: /sentrynet/client.crt}\nkey: {ssm: /sentrynet/client.key}",
            mistakes: &["cert: {ssm: /sentrynet/client.crt}"],
        },
        Key {
            name: "key",
            shape: Shape::Pem(Pem::Key),
            presence: Presence::Otherwise("no client certificate"),
            about: "The client certificate's private key. Needs `cert`.",
            example: "cert: {ssm: /sentrynet/client.crt}\nkey: {ssm: /sentrynet/client.key}",
            mistakes: &["key: {ssm: /sentrynet/client.key}"],
        },
        Key {
            name: "min_days",
            shape: Shape::Integer { least: 0, most: 3650 },
            presence: Presence::Optional,
            about: "A certificate that ends in fewer days is a failure, also an intermediate one that the way to an \
                    authority needs. An answer that is not as expected comes first.",
            example: "min_days: 14",
            mistakes: &["min_days: -1", "min_days: 1.5", "min_days: two weeks"],
        },
    ]],
};

/// The conditions of an assertion.
pub(crate) static ASSERTION: Object = Object {
    name: "assertion",
    about: "What has to hold of a key; all conditions that are given have to. A plain value means `value`. Values are \
            compared with their types: `1` is not `\"1\"`.",
    keys: &[&[
        Key {
            name: "exists",
            shape: Shape::Boolean,
            presence: Presence::Default("true"),
            about: "Whether the key has to be set, or unset.",
            example: "exists: false",
            mistakes: &["exists: perhaps"],
        },
        Key {
            name: "value",
            shape: Shape::Json,
            presence: Presence::Optional,
            about: "Equal to this.",
            example: "value: {status: ok}",
            mistakes: &["value: .inf"],
        },
        Key {
            name: "not",
            shape: Shape::Json,
            presence: Presence::Optional,
            about: "Not equal to this.",
            example: "not: down",
            mistakes: &["not: .nan"],
        },
        Key {
            name: "lt",
            shape: Shape::Comparable,
            presence: Presence::Optional,
            about: "Less than this number or text.",
            example: "lt: 100",
            mistakes: &["lt: true"],
        },
        Key {
            name: "lte",
            shape: Shape::Comparable,
            presence: Presence::Optional,
            about: "Less than or equal to this number or text.",
            example: "lte: 99.9",
            mistakes: &["lte: [1]"],
        },
        Key {
            name: "gt",
            shape: Shape::Comparable,
            presence: Presence::Optional,
            about: "Greater than this number or text.",
            example: "gt: 0",
            mistakes: &["gt: {a: 1}"],
        },
        Key {
            name: "gte",
            shape: Shape::Comparable,
            presence: Presence::Optional,
            about: "Greater than or equal to this number or text.",
            example: "gte: \"2026-01-01\"",
            mistakes: &["gte: null"],
        },
        Key {
            name: "contains",
            shape: Shape::Json,
            presence: Presence::Optional,
            about: "A text that holds this text, a list that holds this value, or a map that has this key.",
            example: "contains: ready",
            mistakes: &["contains: .inf"],
        },
        Key {
            name: "matches",
            shape: Shape::Pattern,
            presence: Presence::Optional,
            about: "A text that this regular expression finds a match in.",
            example: "matches: ^v[0-9]+$",
            mistakes: &["matches: \"(\"", "matches: (?=a)"],
        },
        Key {
            name: "type",
            shape: Shape::Words(&["string", "number", "integer", "boolean", "array", "object", "null"]),
            presence: Presence::Optional,
            about: "Of this JSON type.",
            example: "type: integer",
            mistakes: &["type: int"],
        },
        Key {
            name: "length",
            shape: Shape::Integer { least: 0, most: u64::MAX },
            presence: Presence::Optional,
            about: "A text of so many characters, a list of so many elements, or a map of so many entries.",
            example: "length: 3",
            mistakes: &["length: 1.5"],
        },
    ]],
};

/// `probes.http`.
pub(crate) static HTTP: Object = Object {
    name: "probes.http",
    about: "One request, and what its answer has to be.",
    keys: &[GENERIC_KEYS, REQUEST_KEYS],
};
