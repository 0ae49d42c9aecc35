//! Of a probe: its period, its title, its limits.

use std::collections::HashMap;
use std::time::Duration;

use super::read::{EVERY, TIMEOUT};
use crate::config::lints::{Linter, requests};
use crate::diagnostics::Code;
use crate::diagnostics::finding::Finding;
use crate::schema::scalar;
use crate::schema::validator::join;
use crate::schema::value::{address, duration, show_duration};
use crate::yaml::node::Node;

impl Linter<'_> {
    pub(crate) fn probe(&mut self, probe: &Node, path: &str) {
        self.period(probe, path);
        self.pause(probe, path);
        for (request, path) in requests(probe, path) {
            self.limits(probe, request, &path);
            self.request(probe, request, &path);
        }
        self.keys(probe, path);
    }

    /// Several probes of one title. What they are told apart by in Sentry's issues is their order in the file.
    pub(crate) fn titles(&mut self, probes: &[Node], path: &str) {
        let mut first: HashMap<String, &Node> = HashMap::new();
        for (index, probe) in probes.iter().enumerate() {
            let Some((title, node)) = title(probe) else { continue };
            let Some(before) = first.get(&title) else {
                first.insert(title, node);
                continue;
            };
            let shown = if node.hidden { String::new() } else { format!(" `{title}`") };
            let finding = Finding::new(format!("another probe of this group has the same title{shown}"))
                .with_help("give each a `title` of its own: Sentry shows probes of one title as one");
            // An alias of the whole probe has its title where the first is.
            let mut location = node.location();
            if node.span == before.span
                && let Some(alias) = node.other
            {
                location = alias.into();
            }
            let finding = finding.with_related(self.related(before, "the first is here"));
            let key = if probe.get("title").is_some() { "title" } else { "url" };
            self.report(Code::RepeatedTitle, location, &join(&format!("{path}.probes[{index}]"), key), finding);
        }
    }

    /// A tick that can take longer than the time to the next one.
    fn period(&mut self, probe: &Node, path: &str) {
        let (Some(every), Some(timeout)) = (time(probe, "every", EVERY), time(probe, "timeout", TIMEOUT)) else {
            return;
        };
        let Some(burst) = count(probe, "burst", 1) else { return };
        let Some(most) = timeout.checked_mul(burst.max(1)).filter(|most| *most > every) else { return };
        let (key, node) = match ["every", "burst", "timeout"].map(|key| (key, probe.get(key))) {
            [(key, Some(node)), ..] | [_, (key, Some(node)), _] | [.., (key, Some(node))] => (key, node),
            _ => return,
        };
        let long = match burst {
            1 => format!("a run can take {} (`timeout`)", show_duration(most)),
            _ => format!("a burst of {burst} runs can take {} (`burst` × `timeout`)", show_duration(most)),
        };
        // In tenths of a second, downwards; a burst of a hundred in ten seconds is the shortest.
        let tenths = (every / burst.max(1)).as_millis() / 100;
        let short = show_duration(Duration::from_millis(u64::try_from(tenths).unwrap_or_default() * 100));
        let mut finding = Finding::new(format!(
            "{long}, and the next is due after {}",
            show_duration(every)
        ))
        .with_help(format!(
            "when the target hangs, ticks come late or are skipped: at most `timeout: {short}`, or at least `every: {}`",
            show_duration(Duration::from_secs(most.as_secs_f64().ceil() as u64))
        ));
        let other = ["burst", "timeout"].into_iter().filter(|other| *other != key).find_map(|other| probe.get(other));
        if let Some(other) = other {
            finding = finding.with_related(self.related(other, "together with this"));
        }
        self.report(Code::ShortPeriod, node.location(), &join(path, key), finding);
    }

    fn pause(&mut self, probe: &Node, path: &str) {
        if let (Some(pause), Some(0)) = (probe.get("retry_pause"), count(probe, "retries", 0)) {
            let finding = Finding::new("there are no retries that this pause could come before")
                .with_help("add `retries: 1`, or remove it");
            self.report(Code::NoEffect, pause.location(), &join(path, "retry_pause"), finding);
        }
    }

    /// A limit that another one comes before.
    fn limits(&mut self, probe: &Node, request: &Node, path: &str) {
        let Some(timeout) = time(probe, "timeout", TIMEOUT) else { return };
        for key in ["degraded", "max_duration"] {
            let Some(node) = request.get(key) else { continue };
            let Ok(limit) = duration::parse(node) else { continue };
            let most = request.get("max_duration").filter(|_| key == "degraded");
            let (finding, other) = match most.and_then(|most| Some((duration::parse(most).ok()?, most))) {
                Some((most, other)) if most == limit => {
                    let finding =
                        Finding::new("this is never reached: `max_duration` is the same, and makes it a failure");
                    (finding.with_help("make it shorter"), Some(other))
                }
                _ if limit >= timeout => {
                    let end = show_duration(timeout);
                    let finding = Finding::new(format!("this is never reached: a run ends at its `timeout` of {end}"));
                    (finding.with_help("make it shorter, or `timeout` longer"), probe.get("timeout"))
                }
                _ => continue,
            };
            let finding = match other {
                Some(other) => finding.with_related(self.related(other, "this comes first")),
                None => finding,
            };
            self.report(Code::UnreachableLimit, node.location(), &join(path, key), finding);
        }
    }
}

/// The title that a probe goes by, and what it follows from; `None` where a secret is in it.
fn title(probe: &Node) -> Option<(String, &Node)> {
    if let Some(title) = probe.get("title") {
        return Some((title.text()?.to_owned(), title));
    }
    let url = probe.get("url")?;
    let method = match probe.get("method") {
        Some(method) => scalar::method(method).ok()?,
        None if probe.get("body").is_some() => http::Method::POST,
        None => http::Method::GET,
    };
    Some((address::default_title(&method, &address::parse(url).ok()?), url))
}

/// A span of time, if it is known.
fn time(node: &Node, name: &str, default: Duration) -> Option<Duration> {
    node.get(name).map_or(Some(default), |node| duration::parse(node).ok())
}

/// A number, if it is known.
fn count(node: &Node, name: &str, default: u32) -> Option<u32> {
    node.get(name).map_or(Some(default), |node| scalar::integer(node)?.try_into().ok())
}
