//! What an invocation is asked to do.
//!
//! A rule sends `{"group": "demo", "every": 60, "time": "2026-11-20T10:00:00Z", "window": 60}`: run the ticks of the
//! group's probes with that `every` that fall in `[time, time + window)`. By hand, `{"group": "demo"}` runs every probe
//! once, now. `"probe": "<title>"` and `"tags": {"page": "home"}` choose among the probes.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::Group;
use crate::diagnostics::nearest;
use crate::outcome::Tags;
use crate::probe::Probe;
use crate::secrets::Redactor;

const KEYS: [&str; 6] = ["group", "every", "time", "window", "probe", "tags"];

/// How long the window of a firing is: rules fire on whole minutes, and each firing covers its own.
pub const WINDOW: Duration = Duration::from_secs(60);

/// No rule fires less often than daily, and the ticks of a window have to be counted.
const MAX_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// What an invocation is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// The name of the group to run.
    pub group: String,
    /// The ticks to run; `None`: once, now.
    pub firing: Option<Firing>,
    /// Only the probe with this title.
    pub probe: Option<String>,
    /// Only the probes with all of these tags.
    pub tags: Tags,
}

/// One firing of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Only the probes with this period.
    pub every: Duration,
    /// The nominal time of the rule. `None`: the current window, see [`Firing::start`].
    pub time: Option<OffsetDateTime>,
    /// How long the window is that starts at `time`.
    pub window: Duration,
}

impl Firing {
    /// Where the window starts: at `time`; without one, windows are laid side by side from the Unix epoch, and it is the
    /// one that `now` lies in (with 60 s: the minute that has begun, as a rule would say).
    pub fn start(&self, now: OffsetDateTime) -> OffsetDateTime {
        let into = now.unix_timestamp_nanos().rem_euclid(self.window.as_nanos().max(1).cast_signed());
        self.time.unwrap_or_else(|| now - Duration::from_nanos(u64::try_from(into).unwrap_or(0)))
    }
}

/// Why a payload cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not a JSON object.
    #[error("the payload must be a JSON object such as {{\"group\": \"demo\"}}, not {0}")]
    NotAnObject(String),
    /// An unknown key.
    #[error("unknown key {key:?} in the payload{}; expected one of {}", did_you_mean(.key, &KEYS), quoted(KEYS))]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// No `group`.
    #[error("the payload has no \"group\": {{\"group\": \"demo\"}}")]
    NoGroup,
    /// A value of the wrong type or range.
    #[error("{key:?} in the payload must be {expected}, not {found}")]
    Wrong {
        /// The key.
        key: &'static str,
        /// What is expected.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// `time` or `window` by themselves.
    #[error("{0:?} in the payload requires \"every\"")]
    WithoutEvery(&'static str),
    /// A group that is not configured.
    #[error("unknown group {group:?}{}; available: {}", did_you_mean(.group, .known), quoted(.known))]
    UnknownGroup {
        /// The group asked for.
        group: String,
        /// The groups that there are.
        known: Vec<String>,
    },
    /// No probe of the group matches.
    #[error("no probe of group {group:?} {wanted}; available: {there}")]
    NoProbe {
        /// The group.
        group: String,
        /// What was asked for.
        wanted: String,
        /// What the group has.
        there: String,
    },
}

impl PayloadError {
    /// The same without secrets: titles and tags of probes may contain some.
    pub fn without_secrets(self, redactor: &Redactor) -> Self {
        match self {
            Self::UnknownGroup { group, known } => {
                Self::UnknownGroup { group, known: known.iter().map(|name| redactor.text(name)).collect() }
            }
            Self::NoProbe { group, wanted, there } => Self::NoProbe {
                group: redactor.text(&group),
                wanted: redactor.text(&wanted),
                there: redactor.text(&there),
            },
            other => other,
        }
    }
}

impl Payload {
    /// Reads a payload.
    pub fn from_json(payload: Value) -> Result<Self, PayloadError> {
        let Value::Object(mut map) = payload else {
            return Err(PayloadError::NotAnObject(shown(&payload)));
        };
        if let Some(key) = map.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(PayloadError::UnknownKey { key: cut(key) });
        }
        let group = text(&mut map, "group", "the name of a group")?.ok_or(PayloadError::NoGroup)?;
        Ok(Self {
            group,
            firing: firing(&mut map)?,
            probe: text(&mut map, "probe", "the title of a probe")?,
            tags: tags(&mut map)?,
        })
    }

    /// The error of a group that is not configured.
    pub fn unknown_group<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> PayloadError {
        PayloadError::UnknownGroup {
            group: cut(&self.group),
            known: known.into_iter().map(ToOwned::to_owned).collect(),
        }
    }

    /// The probes that are asked for, in the group's order, at least one.
    ///
    /// # Errors
    ///
    /// No probe matches; the error lists what is available.
    pub fn select(&self, group: &Group) -> Result<Vec<Arc<Probe>>, PayloadError> {
        let none = |wanted, there| PayloadError::NoProbe { group: group.name.clone(), wanted, there };
        let mut probes = group.probes.clone();
        if let Some(title) = &self.probe {
            let titles: Vec<String> = probes.iter().map(|probe| probe.title.clone()).collect();
            probes.retain(|probe| probe.title == *title || probe.identity == *title);
            if probes.is_empty() {
                return Err(none(
                    format!("is titled {:?}{}", cut(title), did_you_mean(title, &titles)),
                    quoted(&titles),
                ));
            }
        }
        if !self.tags.is_empty() {
            let there = distinct(probes.iter().map(|probe| tag_list(&probe.tags)), " / ");
            probes.retain(|probe| self.tags.iter().all(|(name, value)| probe.tags.get(name) == Some(value)));
            if probes.is_empty() {
                return Err(none(format!("has the tags {}", cut(&tag_list(&self.tags))), there));
            }
        }
        if let Some(Firing { every, .. }) = self.firing {
            let there = distinct(probes.iter().map(|probe| format!("{:?}", probe.every)), ", ");
            probes.retain(|probe| probe.every == every);
            if probes.is_empty() {
                return Err(none(format!("runs every {every:?}"), there));
            }
        }
        Ok(probes)
    }
}

fn firing(map: &mut Map<String, Value>) -> Result<Option<Firing>, PayloadError> {
    let every = seconds(map, "every", "a number of seconds greater than 0", Duration::MAX)?;
    let time = time(map)?;
    let window = seconds(map, "window", "a number of seconds greater than 0, 86400 at most", MAX_WINDOW)?;
    match (every, time, window) {
        (Some(every), time, window) => Ok(Some(Firing { every, time, window: window.unwrap_or(WINDOW) })),
        (None, Some(_), _) => Err(PayloadError::WithoutEvery("time")),
        (None, None, Some(_)) => Err(PayloadError::WithoutEvery("window")),
        (None, None, None) => Ok(None),
    }
}

fn text(
    map: &mut Map<String, Value>,
    key: &'static str,
    expected: &'static str,
) -> Result<Option<String>, PayloadError> {
    match map.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(other) => Err(PayloadError::Wrong { key, expected, found: shown(&other) }),
    }
}

fn seconds(
    map: &mut Map<String, Value>,
    key: &'static str,
    expected: &'static str,
    most: Duration,
) -> Result<Option<Duration>, PayloadError> {
    let Some(value) = map.remove(key) else { return Ok(None) };
    // Whole seconds apart: as floating point, large ones would not be what the configuration says.
    let duration = match (value.as_u64(), value.as_f64()) {
        (Some(whole), _) => Some(Duration::from_secs(whole)),
        (None, Some(fraction)) => Duration::try_from_secs_f64(fraction).ok(),
        (None, None) => None,
    };
    match duration {
        Some(duration) if !duration.is_zero() && duration <= most => Ok(Some(duration)),
        _ => Err(PayloadError::Wrong { key, expected, found: shown(&value) }),
    }
}

fn time(map: &mut Map<String, Value>) -> Result<Option<OffsetDateTime>, PayloadError> {
    let Some(value) = map.remove("time") else { return Ok(None) };
    match value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok()) {
        Some(time) => Ok(Some(time)),
        None => Err(PayloadError::Wrong {
            key: "time",
            expected: "a time such as \"2026-11-20T10:00:00Z\" (RFC 3339)",
            found: shown(&value),
        }),
    }
}

fn tags(map: &mut Map<String, Value>) -> Result<Tags, PayloadError> {
    let wrong = |value: &Value| PayloadError::Wrong {
        key: "tags",
        expected: "an object of tag names and values such as {\"page\": \"home\"}",
        found: shown(value),
    };
    match map.remove("tags") {
        None => Ok(Tags::new()),
        Some(Value::Object(tags)) => tags
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name, text)),
                // As in YAML, a number is accepted as a tag.
                Value::Number(_) | Value::Bool(_) => Ok((name, value.to_string())),
                other => Err(wrong(&other)),
            })
            .collect(),
        Some(other) => Err(wrong(&other)),
    }
}

/// A value for an error message: short.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        scalar => cut(&scalar.to_string()),
    }
}

/// A payload may be 256 KiB long, and hold anything; an error should not.
fn cut(text: &str) -> String {
    const MAX_LENGTH: usize = 60;
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// ` (did you mean "x"?)`, or nothing when nothing is near.
fn did_you_mean<'a>(word: &str, words: impl IntoIterator<Item = &'a (impl AsRef<str> + 'a)>) -> String {
    let near = nearest(word, words.into_iter().map(AsRef::as_ref));
    near.map_or_else(String::new, |near| format!(" (did you mean {near:?}?)"))
}

fn quoted(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("{:?}", word.as_ref())).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Each once, in the order of first appearance.
fn distinct(items: impl Iterator<Item = String>, separator: &str) -> String {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen.join(separator)
}

fn tag_list(tags: &Tags) -> String {
    if tags.is_empty() {
        return "no tags".to_owned();
    }
    tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}
