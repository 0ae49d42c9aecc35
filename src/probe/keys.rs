//! The keys that every kind of probe has.

use std::time::Duration;

use crate::schema::shape::{Frame, Key, Names, Object, Presence, Secrecy, Shape};

/// The longest that a run, or a pause, may take: a Lambda function's longest life.
const MAX_RUN: Duration = Duration::from_secs(15 * 60);
/// The shortest period: to run a probe more often, there are bursts.
const MIN_PERIOD: Duration = Duration::from_secs(10);
/// The longest period: what runs less than monthly is no monitoring.
const MAX_PERIOD: Duration = Duration::from_secs(30 * 24 * 3600);

/// Tags of a file, a group or a probe.
pub(crate) const TAGS: Shape = Shape::Map { names: Names::Tags, of: &Shape::TagValue };
/// How long a run, or a part of one, may take.
pub(crate) const LIMIT: Shape = Shape::Duration { min: Duration::from_millis(1), max: MAX_RUN, whole: false };

/// The keys of every probe. Only the reference shows them by themselves.
pub(crate) static PROBE: Object = Object {
    name: "probe",
    heading: "Every probe",
    about: "The keys that every kind of probe has.",
    keys: &[GENERIC_KEYS],
    frame: Frame {
        within: Some("group"),
        at: "probes:\n-",
        beside: &[("probe", "probe: probes.http"), ("url", "url: https://www.example.com/")],
    },
    described_by: None,
    outer: None,
};

/// The same, for the objects of the kinds.
pub(crate) const GENERIC_KEYS: &[Key] = &[
    Key {
        name: "probe",
        shape: Shape::Tag,
        presence: Presence::Required,
        secrecy: Secrecy::ByName,
        about: "The kind of probe. `probes.ssh` is not supported yet.",
        example: "probe: probes.http",
        mistakes: &["probe: http", "probe: probes.ssh"],
    },
    Key {
        name: "title",
        shape: Shape::Text { max: 200 },
        presence: Presence::Otherwise(
            "`GET https://www.example.com`: method, scheme and host. `probes.script` has no default: there, it is \
                    required",
        ),
        secrecy: Secrecy::ByName,
        about: "The name of the probe's transactions.",
        example: "title: Front page",
        mistakes: &["title: 404"],
    },
    Key {
        name: "every",
        shape: Shape::Duration { min: MIN_PERIOD, max: MAX_PERIOD, whole: true },
        presence: Presence::Default("300"),
        secrecy: Secrecy::ByName,
        about: "The period. Ticks are due at multiples of it since 1970-01-01T00:00Z, shifted by the group's \
                `spread`. Any period from 10 seconds to 30 days, in whole seconds, is exact, whether it divides the \
                hour or not: EventBridge invokes the function on whole minutes, and the function waits for the ticks \
                within the minute. Periods of a minute, and those that divide the hour or the day, cost least (see \
                `sentrynet plan`). A tick is late if the rule fired late, or if the probe's previous runs took too \
                long. It is run while it is less than one period late; later it is skipped, and the log says so. \
                Within an invocation, a probe never overlaps with itself.",
        example: "every: 5m",
        mistakes: &["every: 0", "every: 9s", "every: 12.5s", "every: 31 days", "every: 721h"],
    },
    Key {
        name: "burst",
        shape: Shape::Integer { min: 1, max: 100 },
        presence: Presence::Default("1"),
        secrecy: Secrecy::ByName,
        about: "How many runs each tick makes, one after the other.",
        example: "burst: 4",
        mistakes: &["burst: 0", "burst: many"],
    },
    Key {
        name: "timeout",
        shape: LIMIT,
        presence: Presence::Default("10s"),
        secrecy: Secrecy::ByName,
        about: "How long one run may take.",
        example: "timeout: 30s",
        mistakes: &["timeout: 0", "timeout: 1h"],
    },
    Key {
        name: "retries",
        shape: Shape::Integer { min: 0, max: 100 },
        presence: Presence::Default("0"),
        secrecy: Secrecy::ByName,
        about: "How many times a failed attempt is repeated within the same run, to confirm the failure.",
        example: "retries: 2",
        mistakes: &["retries: -1"],
    },
    Key {
        name: "retry_pause",
        shape: Shape::Duration { min: Duration::ZERO, max: MAX_RUN, whole: false },
        presence: Presence::Default("1s"),
        secrecy: Secrecy::ByName,
        about: "The pause before each retry.",
        example: "retry_pause: 500ms",
        mistakes: &["retry_pause: 20m"],
    },
    Key {
        name: "tags",
        shape: TAGS,
        presence: Presence::Optional,
        secrecy: Secrecy::ByName,
        about: "Tags of the probe's transactions and events.",
        example: "tags:\n  page: home",
        mistakes: &["tags:\n  page: ''"],
    },
];
