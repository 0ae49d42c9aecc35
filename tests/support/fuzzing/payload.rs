//! Any bytes as the payload of an invocation.

use std::sync::OnceLock;
use std::time::Duration;

use sentrynet::config::{Config, Document, Group, read};
use sentrynet::runner::payload::{Firing, Payload};
use sentrynet::schedule::ticks;
use sentrynet::schema::Secrets;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

use super::words::sentence;

const CONFIGURATION: &str = "
groups:
  - name: demo
    probes:
      - {probe: probes.http, url: 'https://example.com/', every: 60, tags: {page: home}}
      - {probe: probes.http, url: 'https://example.com/', every: 60, tags: {page: '1'}}
      - {probe: probes.http, url: 'https://example.com/a', title: A, every: 300}
";

/// The longest that an error may be: it lists what there is.
const MAX_LENGTH: usize = 500;

/// Reads, writes what was read and reads it again; chooses probes and ticks.
pub fn check(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    match Payload::from_json(value) {
        Ok(payload) => judge(&payload),
        Err(error) => sentence(&error.to_string(), MAX_LENGTH),
    }
}

fn judge(payload: &Payload) {
    assert!(!payload.group.is_empty());
    let again = Payload::from_json(json(payload)).expect("a payload");
    assert_eq!((&again.group, &again.probe, &again.tags), (&payload.group, &payload.probe, &payload.tags));
    match (again.firing, payload.firing) {
        (Some(again), Some(firing)) => {
            assert_eq!(again.time, firing.time);
            assert!(near(again.every, firing.every) && near(again.window, firing.window), "{again:?} {firing:?}");
            judge_firing(&firing);
        }
        (again, firing) => assert_eq!(again, firing),
    }
    let group = group();
    sentence(&payload.unknown_group([group.name.as_str()]).to_string(), MAX_LENGTH);
    match payload.select(group) {
        Ok(probes) => {
            assert!(!probes.is_empty());
            for probe in probes {
                assert!(payload.firing.is_none_or(|firing| firing.every == probe.every));
                assert!(payload.tags.iter().all(|(name, value)| probe.tags.get(name) == Some(value)));
                assert!(payload.probe.as_ref().is_none_or(|title| [&probe.title, &probe.identity].contains(&title)));
            }
        }
        Err(error) => sentence(&error.to_string(), usize::MAX),
    }
}

/// The window is where it was asked for, or around now; its ticks are in it, and one period apart.
fn judge_firing(firing: &Firing) {
    for now in [datetime!(2026-11-20 10:00:30.5 UTC), datetime!(1969-12-31 23:59:59 UTC)] {
        let start = firing.start(now);
        match firing.time {
            Some(time) => assert_eq!(start, time),
            None => assert!(start <= now && now - start < firing.window, "{start} {now}"),
        }
        let due: Vec<OffsetDateTime> = ticks(firing.every, Duration::ZERO, start, firing.window).take(1000).collect();
        assert!(due.iter().all(|tick| *tick >= start && *tick - start < firing.window), "{firing:?} {due:?}");
        assert!(due.windows(2).all(|pair| pair[1] - pair[0] == firing.every), "{firing:?} {due:?}");
    }
}

/// The payload as somebody would write it.
fn json(payload: &Payload) -> Value {
    let mut value = json!({"group": payload.group, "tags": payload.tags});
    if let Some(probe) = &payload.probe {
        value["probe"] = probe.as_str().into();
    }
    if let Some(Firing { every, time, window }) = payload.firing {
        value["every"] = seconds(every);
        value["window"] = seconds(window);
        if let Some(time) = time {
            value["time"] = time.format(&Rfc3339).expect("what was read can be written").into();
        }
    }
    value
}

fn seconds(duration: Duration) -> Value {
    if duration.subsec_nanos() == 0 { duration.as_secs().into() } else { duration.as_secs_f64().into() }
}

/// The same but for what floating point loses.
fn near(a: Duration, b: Duration) -> bool {
    a.abs_diff(b) <= Duration::from_nanos(1) || a.abs_diff(b).as_secs_f64() <= 1e-12 * a.as_secs_f64()
}

fn group() -> &'static Group {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let document = Document::parse("fuzz.yaml", CONFIGURATION.as_bytes()).expect("a document");
        read(&document, &Secrets::default()).expect("a configuration")
    });
    &config.groups[0]
}
