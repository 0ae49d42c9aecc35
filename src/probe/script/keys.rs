//! The keys of `probes.script`, and of its steps.

use crate::probe::http::keys::{HTTP, REQUEST_KEYS, URL_TEMPLATE};
use crate::probe::keys::{GENERIC_KEYS, PROBE};
use crate::schema::shape::{Frame, Key, Names, Object, Presence, Secrecy, Shape};

/// A step of `probes.script`.
pub(crate) static STEP: Object = Object {
    name: "step",
    heading: "A step",
    about: "One request of a script. It has the keys of `probes.http`, without those of every probe. `url` and the \
            strings in `query`, `headers` and `body` are interpolated as by Python's `str.format_map`; a string that \
            *is* the name of a key is replaced by the key's value. A key has to be set before it is used: by \
            `init_keys` or by `set_keys` of an earlier step. Values of secrets are not interpolated.",
    keys: &[&[URL_TEMPLATE], REQUEST_KEYS],
    frame: Frame {
        within: Some("probes.script"),
        at: "steps:\n-",
        beside: &[("url", "url: https://www.example.com/")],
    },
    described_by: Some(&HTTP),
    outer: Some(&PROBE),
};

/// `probes.script`.
pub(crate) static SCRIPT: Object = Object {
    name: "probes.script",
    heading: "`probes.script`",
    about: "Requests in sequence that share keys and connections.",
    keys: &[
        GENERIC_KEYS,
        &[
            Key {
                name: "init_keys",
                shape: Shape::Map { names: Names::Any, of: &Shape::Json },
                presence: Presence::Optional,
                secrecy: Secrecy::ByName,
                about: "Keys that are set before the first step, and their values.",
                example: "init_keys:\n  user: alice\n  admin: true",
                mistakes: &["init_keys: [user, alice]"],
            },
            Key {
                name: "steps",
                shape: Shape::List { of: &Shape::Object(&STEP), min: 1 },
                presence: Presence::Required,
                secrecy: Secrecy::ByName,
                about: "The requests.",
                example: "steps:\n  - url: https://api.example/login\n    body: {user: alice}\n    set_keys: {token: $.token}\n  - \
                          url: https://api.example/me\n    headers: {authorization: \"Bearer {token}\"}",
                mistakes: &["steps: []", "steps:\n  - url: https://api.example/{user}"],
            },
        ],
    ],
    frame: Frame {
        within: Some("group"),
        at: "probes:\n-",
        beside: &[
            ("probe", "probe: probes.script"),
            ("title", "title: Script"),
            ("steps", "steps: [{url: \"https://www.example.com/\"}]"),
        ],
    },
    described_by: None,
    outer: None,
};
