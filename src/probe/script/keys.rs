//! TODO

use crate::config::keys::GENERIC_KEYS;
use crate::probe::http::keys::REQUEST_KEYS;
use crate::schema::shape::{Key, Names, Object, Presence, Shape};

/// A step of `probes.script`.
pub(crate) static STEP: Object = Object {
    name: "step",
    about: "One request of a script: the keys of `probes.http` other than those of every probe. `url`, and the texts of \
            `query`, `headers` and `body` are interpolated as by Python's `str.format_map`; a text that *is* the name of \
            a key is replaced by the key's value. A key has to be set before it is used: by `init_keys` or an earlier \
            step's `set_keys`. What comes from a secret is not interpolated.",
    keys: &[REQUEST_KEYS],
};

/// `probes.script`.
pub(crate) static SCRIPT: Object = Object {
    name: "probes.script",
    about: "Requests one after the other that share keys and connections.",
    keys: &[
        GENERIC_KEYS,
        &[
            Key {
                name: "init_keys",
                shape: Shape::Map { names: Names::Any, of: &Shape::Json },
                presence: Presence::Optional,
                about: "Keys and their values before the first step.",
                example: "init_keys:\n  user: alice\n  admin: true",
                mistakes: &["init_keys: [user, alice]"],
            },
            Key {
                name: "steps",
                shape: Shape::List { of: &Shape::Object(&STEP), least: 1 },
                presence: Presence::Required,
                about: "The requests.",
                example: "steps:\n  - url: https://api.example/login\n    body: {user: alice}\n    set_keys: {token: $.token}\n  - \
                          url: https://api.example/me\n    headers: {authorization: \"Bearer {token}\"}",
                mistakes: &["steps: []", "steps:\n  - url: https://api.example/{user}"],
            },
        ],
    ],
};
