//! The table of all keys: the one place that says what a configuration may hold.
//!
//! The reader, the JSON Schema and the reference in `docs/configuration.md` all follow from it. Examples and mistakes
//! are run by tests: the ones have to load, the others must not.

use std::sync::LazyLock;

use crate::probe::keys::{PROBE, TAGS};
use crate::probe::kind::{KINDS, PROBES};
use crate::schema::shape::{Frame, Key, Object, Presence, Secrecy, Shape};
use crate::yaml::node::Node;

const REGIONS: Shape = Shape::List { of: &Shape::Region, min: 0 };

/// Every object, in the order of the reference.
pub(crate) static OBJECTS: LazyLock<Vec<&'static Object>> = LazyLock::new(|| {
    let own: [&'static Object; 4] = [&FILE, &SENTRY, &GROUP, &PROBE];
    own.into_iter().chain(KINDS.iter().flat_map(|kind| kind.objects.iter().copied())).collect()
});

/// The object that a document is: a whole file or its settings, or a group by itself.
pub(crate) fn object_of(root: &Node) -> &'static Object {
    if root.entry("probes").is_some() && root.entry("groups").is_none() { &GROUP } else { &FILE }
}

/// A whole file.
pub(crate) static FILE: Object = Object {
    name: "file",
    heading: "The file",
    about: "The top level of the file.",
    keys: &[SETTINGS_KEYS, &[GROUPS_KEY]],
    frame: Frame {
        within: None,
        at: "",
        beside: &[("groups", "groups: [{probes: [{probe: probes.http, url: \"https://www.example.com/\"}]}]")],
    },
    described_by: None,
    outer: None,
};

/// A file without its groups: what SSM holds beside them.
pub(crate) static SETTINGS: Object = Object {
    name: "settings",
    heading: "The settings",
    about: "Everything but groups.",
    keys: &[SETTINGS_KEYS],
    frame: Frame { within: None, at: "", beside: &[] },
    described_by: None,
    outer: None,
};

const SETTINGS_KEYS: &[Key] = &[
    Key {
        name: "sentry",
        shape: Shape::Object(&SENTRY),
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "Where results go.",
        example: "sentry:\n  environment: production",
        mistakes: &["sentry: production"],
    },
    Key {
        name: "tags",
        shape: TAGS,
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "Tags of every transaction and event: the same as `sentry.tags`, and they override those.",
        example: "tags:\n  team: web",
        mistakes: &["tags: [team, web]"],
    },
    Key {
        name: "regions",
        shape: REGIONS,
        presence: Presence::Otherwise("the current region"),
        secrecy: Secrecy::ByName,
        about: "The AWS regions that SentryNet is deployed to. `spread` counts them in this order.",
        example: "regions: [eu-west-1, us-east-1]",
        mistakes: &["regions: [Ireland]", "regions: eu-west-1", "regions: [eu-west-1, eu-west-1]"],
    },
];

const GROUPS_KEY: Key = Key {
    name: "groups",
    shape: Shape::List { of: &Shape::Object(&GROUP), min: 1 },
    presence: Presence::Required,
    secrecy: Secrecy::ByName,
    about: "The groups of probes. One invocation of the function runs one group.",
    example: "groups:\n  - name: demo\n    probes:\n      - probe: probes.http\n        url: https://www.example.com/",
    mistakes: &["groups: []"],
};

/// The `sentry` section.
static SENTRY: Object = Object {
    name: "sentry",
    heading: "`sentry`",
    about: "Where results go, and under which names.",
    keys: &[&[
        Key {
            name: "dsn",
            shape: Shape::Dsn,
            presence: Presence::Otherwise(
                "`SENTRY_DSN`, or the SSM parameter `/sentrynet/dsn`; both override this key",
            ),
            secrecy: Secrecy::Hidden,
            about: "The DSN of the Sentry project that receives the results.",
            example: "dsn: https://key@o0.ingest.sentry.io/0",
            mistakes: &["dsn: o0.ingest.sentry.io"],
        },
        Key {
            name: "environment",
            shape: Shape::Environment,
            presence: Presence::Otherwise("none; `SENTRY_ENVIRONMENT` overrides this key"),
            secrecy: Secrecy::ByName,
            about: "The environment that results are filed under.",
            example: "environment: production",
            mistakes: &["environment: web/production"],
        },
        Key {
            name: "tags",
            shape: TAGS,
            presence: Presence::Optional,
            secrecy: Secrecy::ByName,
            about: "Tags of every transaction and event. A group's and a probe's tags override them.",
            example: "tags:\n  location: mission-control\n  another.tag: value",
            mistakes: &["tags:\n  another tag: value"],
        },
    ]],
    frame: Frame { within: Some("file"), at: "sentry:", beside: &[] },
    described_by: None,
    outer: None,
};

/// A group.
pub(crate) static GROUP: Object = Object {
    name: "group",
    heading: "A group",
    about: "Probes that share tags.",
    keys: &[&[
        Key {
            name: "name",
            shape: Shape::Name,
            presence: Presence::Otherwise("`tags.target` in lower case, else `group-1`, `group-2`, …"),
            secrecy: Secrecy::ByName,
            about: "The group's name, unique in the configuration. It is also the name of the SSM parameter.",
            example: "name: demo",
            mistakes: &["name: my group"],
        },
        Key {
            name: "tags",
            shape: TAGS,
            presence: Presence::Optional,
            secrecy: Secrecy::ByName,
            about: "Tags of the group's transactions and events.",
            example: "tags:\n  target: demo",
            mistakes: &["tags:\n  target: [a, b]"],
        },
        Key {
            name: "regions",
            shape: REGIONS,
            presence: Presence::Otherwise("all"),
            secrecy: Secrecy::ByName,
            about: "The regions to run the group from. Each has to be among the configuration's `regions`, if there \
                    are any. In all other regions, the group's rules exist but are disabled.",
            example: "regions: [eu-west-1]",
            mistakes: &["regions: [eu-west-1a]"],
        },
        Key {
            name: "spread",
            shape: Shape::Words(&["stagger", "together", "round-robin"]),
            presence: Presence::Default("stagger"),
            secrecy: Secrecy::ByName,
            about: "How the regions share the clock. `stagger`: every region runs every tick, but region *i* of *n* \
                    (counted from 0, in the order of the group's `regions`, else the configuration's) runs it *i*/*n* \
                    of the period later, in whole minutes; if the period is shorter than *n* minutes, some regions \
                    run at the same time. `together`: every region runs every tick, at the same time. `round-robin`: \
                    the regions take turns, one tick each: with 3 regions and `every: 60`, each runs every 3 minutes, \
                    one minute after the previous one. A single region runs every tick. \
                    `sentrynet watch` also gives each probe its own slot within the period, except with `together`.",
            example: "spread: together",
            mistakes: &["spread: staggered"],
        },
        Key {
            name: "probes",
            shape: Shape::List { of: &Shape::Variants(&PROBES), min: 1 },
            presence: Presence::Required,
            secrecy: Secrecy::ByName,
            about: "What to check.",
            example: "probes:\n  - probe: probes.http\n    url: https://www.example.com/",
            mistakes: &["probes:\n  url: https://www.example.com/"],
        },
    ]],
    frame: Frame {
        within: Some("file"),
        at: "groups:\n-",
        beside: &[("probes", "probes: [{probe: probes.http, url: \"https://www.example.com/\"}]")],
    },
    described_by: None,
    outer: None,
};
