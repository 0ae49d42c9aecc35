//! The keys of `probes.tcp`.

use crate::probe::keys::GENERIC_KEYS;
use crate::schema::shape::{Frame, Key, Object, Presence, Secrecy, Shape};

/// `probes.tcp`.
pub(crate) static TCP: Object = Object {
    name: "probes.tcp",
    heading: "`probes.tcp`",
    about: "Checks that a server accepts TCP connections.",
    keys: &[
        GENERIC_KEYS,
        &[
            Key {
                name: "host",
                shape: Shape::Host,
                presence: Presence::Required,
                secrecy: Secrecy::ByName,
                about: "The host to connect to: a name or an IP address.",
                example: "host: db.example.com",
                mistakes: &["host: https://db.example.com/", "host: \"db.example.com:5432\"", "host: ''"],
            },
            Key {
                name: "port",
                shape: Shape::Integer { min: 1, max: 65_535 },
                presence: Presence::Required,
                secrecy: Secrecy::ByName,
                about: "The port.",
                example: "port: 5432",
                mistakes: &["port: 0", "port: 65536", "port: postgres"],
            },
        ],
    ],
    frame: Frame {
        within: Some("group"),
        at: "probes:\n-",
        beside: &[("probe", "probe: probes.tcp"), ("host", "host: db.example.com"), ("port", "port: 5432")],
    },
    described_by: None,
    outer: None,
};
