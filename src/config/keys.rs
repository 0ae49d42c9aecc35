//! The table of all keys: the one place that says what a configuration may hold.
//!
//! The checker, the JSON Schema and the reference in `docs/configuration.md` all follow from it. Examples and mistakes
//! are run by tests: the ones have to load, the others must not.

use std::time::Duration;

use crate::probe::http::keys::{ASSERTION, AUTH, BASIC, HTTP, TLS};
use crate::probe::keys::PROBE;
use crate::probe::script::keys::{SCRIPT, STEP};
use crate::schema::shape::{Key, Names, Object, Presence, ProbeKind, Shape};

/// The longest that a run, or a pause, may take: a Lambda function's longest life.
const MAX_RUN: Duration = Duration::from_secs(15 * 60);
/// The shortest period: to run a probe more often, there are bursts.
const MIN_PERIOD: Duration = Duration::from_secs(10);
/// The longest period: what runs less than monthly is no monitoring.
const MAX_PERIOD: Duration = Duration::from_secs(30 * 24 * 3600);
const MILLISECOND: Duration = Duration::from_millis(1);

const TITLE: Shape = Shape::Text { most: 200 };
const TAGS: Shape = Shape::Map { names: Names::Tags, of: &Shape::TagValue };
const REGIONS: Shape = Shape::List { of: &Shape::Region, least: 0 };
pub(crate) const SOME_TIME: Shape = Shape::Duration { least: MILLISECOND, most: MAX_RUN, whole: false };

/// Every kind of probe, those to come included.
pub(crate) const KINDS: &[ProbeKind] = &[
    ProbeKind { name: "probes.http", object: Some(&HTTP) },
    ProbeKind { name: "probes.script", object: Some(&SCRIPT) },
    ProbeKind { name: "probes.ssh", object: None },
];

/// Every object, in the order of the reference.
pub(crate) const OBJECTS: &[&Object] =
    &[&FILE, &SENTRY, &GROUP, &PROBE, &HTTP, &SCRIPT, &STEP, &AUTH, &BASIC, &TLS, &ASSERTION];

/// A whole file.
pub(crate) static FILE: Object =
    Object { name: "file", about: "The top level of the file.", keys: &[SETTINGS_KEYS, &[GROUPS_KEY]] };

/// A file without its groups: what SSM holds beside them.
pub(crate) static SETTINGS: Object =
    Object { name: "settings", about: "Everything but groups.", keys: &[SETTINGS_KEYS] };

const SETTINGS_KEYS: &[Key] = &[
    Key {
        name: "sentry",
        shape: Shape::Object(&SENTRY),
        presence: Presence::Optional,
        about: "Where results go.",
        example: "sentry:\n  environment: production",
        mistakes: &["sentry: production"],
    },
    Key {
        name: "tags",
        shape: TAGS,
        presence: Presence::Optional,
        about: "Tags of every transaction and event; the same as `sentry.tags`, and winning over them.",
        example: "tags:\n  team: web",
        mistakes: &["tags: [team, web]"],
    },
    Key {
        name: "regions",
        shape: REGIONS,
        presence: Presence::Otherwise("the region at hand"),
        about: "The AWS regions that SentryNet is deployed to. Their order is the one in which `spread` counts them.",
        example: "regions: [eu-west-1, us-east-1]",
        mistakes: &["regions: [Ireland]", "regions: eu-west-1", "regions: [eu-west-1, eu-west-1]"],
    },
];

const GROUPS_KEY: Key = Key {
    name: "groups",
    shape: Shape::List { of: &Shape::Object(&GROUP), least: 1 },
    presence: Presence::Required,
    about: "The groups of probes. One invocation of the function runs one group.",
    example: "groups:\n  - name: demo\n    probes:\n      - probe: probes.http\n        url: https://www.example.com/",
    mistakes: &["groups: []"],
};

/// The `sentry` section.
static SENTRY: Object = Object {
    name: "sentry",
    about: "Where results go, and under which names.",
    keys: &[&[
        Key {
            name: "dsn",
            shape: Shape::Dsn,
            presence: Presence::Otherwise(
                "`SENTRY_DSN`, or the SSM parameter `/sentrynet/dsn`; both also win over this key",
            ),
            about: "The DSN of the Sentry project that gets the results.",
            example: "dsn: https://key@o0.ingest.sentry.io/0",
            mistakes: &["dsn: o0.ingest.sentry.io"],
        },
        Key {
            name: "environment",
            shape: Shape::Environment,
            presence: Presence::Otherwise("none; `SENTRY_ENVIRONMENT` wins over this key"),
            about: "The environment that results are filed under.",
            example: "environment: production",
            mistakes: &["environment: web/production"],
        },
        Key {
            name: "tags",
            shape: TAGS,
            presence: Presence::Optional,
            about: "Tags of every transaction and event. A group's and a probe's tags win over them.",
            example: "tags:\n  location: mission-control\n  another.tag: value",
            mistakes: &["tags:\n  another tag: value"],
        },
    ]],
};

/// A group.
pub(crate) static GROUP: Object = Object {
    name: "group",
    about: "Probes that share tags.",
    keys: &[&[
        Key {
            name: "name",
            shape: Shape::Name,
            presence: Presence::Otherwise("`tags.target` in lower case, else `group-1`, `group-2`, …"),
            about: "The group's name, unique in the configuration. It names the SSM parameter too.",
            example: "name: demo",
            mistakes: &["name: my group"],
        },
        Key {
            name: "tags",
            shape: TAGS,
            presence: Presence::Optional,
            about: "Tags of the group's transactions and events.",
            example: "tags:\n  target: demo",
            mistakes: &["tags:\n  target: [a, b]"],
        },
        Key {
            name: "regions",
            shape: REGIONS,
            presence: Presence::Otherwise("all"),
            about: "The regions to run the group from. Each has to be among the configuration's `regions`, if those are given. In the \
                    others the group's rules are there, but disabled.",
            example: "regions: [eu-west-1]",
            mistakes: &["regions: [eu-west-1a]"],
        },
        Key {
            name: "spread",
            shape: Shape::Words(&["stagger", "together", "round-robin"]),
            presence: Presence::Default("stagger"),
            about: "How the regions share the clock. `stagger`: each runs every tick, region *i* of *n* (from 0, in the order of \
                    the group's `regions`, else the configuration's) *i*/*n* of the period later, in whole minutes; periods of \
                    less than *n* minutes leave some regions together. `together`: each runs every tick, at the same time. \
                    `round-robin`: each tick is run by one region, in turn: with 3 regions and `every: 60`, each runs every 3 \
                    minutes, one minute after the other. One region by itself runs every tick.",
            example: "spread: together",
            mistakes: &["spread: staggered"],
        },
        Key {
            name: "probes",
            shape: Shape::List { of: &Shape::Probe, least: 1 },
            presence: Presence::Required,
            about: "What to check.",
            example: "probes:\n  - probe: probes.http\n    url: https://www.example.com/",
            mistakes: &["probes:\n  url: https://www.example.com/"],
        },
    ]],
};

pub(crate) const GENERIC_KEYS: &[Key] = &[
    Key {
        name: "probe",
        shape: Shape::Words(&["probes.http", "probes.script"]),
        presence: Presence::Required,
        about: "The kind of probe. `probes.ssh` is to come.",
        example: "probe: probes.http",
        mistakes: &["probe: http", "probe: probes.ssh"],
    },
    Key {
        name: "title",
        shape: TITLE,
        presence: Presence::Otherwise(
            "`GET https://www.example.com`: method, scheme and host. `probes.script` has none: there it is required",
        ),
        about: "The name of the probe's transactions.",
        example: "title: Front page",
        mistakes: &["title: 404"],
    },
    Key {
        name: "every",
        shape: Shape::Duration { least: MIN_PERIOD, most: MAX_PERIOD, whole: true },
        presence: Presence::Default("300"),
        about: "The period: ticks are due at the multiples of it since 1970-01-01T00:00Z, moved by the group's `spread`. \
                Any number of seconds from 10 to 30 days is exact, whether it divides the hour or not. EventBridge invokes the \
                function on whole minutes, and it waits for the ticks within the minute; periods that are a minute or divide \
                the hour or the day cost least (`sentrynet plan` tells). A tick that comes late, because the rule fired late \
                or the probe's own runs before it took so long, is run while it is less than one period late, else skipped; \
                the log says so. Within an invocation no probe overlaps with itself.",
        example: "every: 5m",
        mistakes: &["every: 0", "every: 9s", "every: 12.5s", "every: 31 days", "every: 721h"],
    },
    Key {
        name: "burst",
        shape: Shape::Integer { least: 1, most: 100 },
        presence: Presence::Default("1"),
        about: "How many runs each tick makes, one after the other.",
        example: "burst: 4",
        mistakes: &["burst: 0", "burst: many"],
    },
    Key {
        name: "timeout",
        shape: SOME_TIME,
        presence: Presence::Default("10s"),
        about: "How long one run may take.",
        example: "timeout: 30s",
        mistakes: &["timeout: 0", "timeout: 1h"],
    },
    Key {
        name: "retries",
        shape: Shape::Integer { least: 0, most: 100 },
        presence: Presence::Default("0"),
        about: "How often a failure is tried again within the same run, to be sure of it.",
        example: "retries: 2",
        mistakes: &["retries: -1"],
    },
    Key {
        name: "retry_pause",
        shape: Shape::Duration { least: Duration::ZERO, most: MAX_RUN, whole: false },
        presence: Presence::Default("1s"),
        about: "The pause before each retry.",
        example: "retry_pause: 500ms",
        mistakes: &["retry_pause: 20m"],
    },
    Key {
        name: "tags",
        shape: TAGS,
        presence: Presence::Optional,
        about: "Tags of the probe's transactions and events.",
        example: "tags:\n  page: home",
        mistakes: &["tags:\n  page: ''"],
    },
];
