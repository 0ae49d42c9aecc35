//! What is probably not meant of a probe of any kind: its period, its title, its pauses.

use std::collections::HashMap;
use std::time::Duration;

use super::contract::Kind;
use super::keys::PROBE;
use super::kind::{KINDS, PROBES};
use crate::diagnostics::Code;
use crate::diagnostics::finding::Finding;
use crate::schema::linter::{Linter, Warning, count, duration};
use crate::schema::path::join;
use crate::schema::value::show_duration;
use crate::yaml::node::Node;

/// The warnings that a probe of any kind can give.
pub(crate) const WARNINGS: &[Warning] = &[
    Warning {
        code: Code::ShortPeriod,
        about: "`burst` × `timeout` is longer than `every`. While the target answers, nothing happens; when it hangs, \
                ticks are late, and they are skipped once they are a whole period late. Retries do not count: \
                `timeout` covers a run with all its retries.",
        object: "probes.http",
        example: "every: 30\nburst: 4",
    },
    Warning {
        code: Code::RepeatedTitle,
        about: "Several probes of a group have the same title, perhaps because none is given and they request the \
                same host. Sentry shows them as one transaction, and their issues are distinguished only by the order \
                of the probes in the file: a new probe between them mixes them up.",
        object: "group",
        example: "tags: {target: website}\nprobes:\n  - {probe: probes.http, url: https://www.example.com/}\n  \
                  - {probe: probes.http, url: https://www.example.com/about}",
    },
    Warning {
        code: Code::NoEffect,
        about: "`retry_pause` without `retries`, or `set_keys` of an answer to `HEAD`, which has no body.",
        object: "probes.http",
        example: "retry_pause: 5s",
    },
];

/// Warns of what is probably not meant of a probe.
pub(crate) fn probe(linter: &mut Linter<'_>, probe: &Node, path: &str) {
    period(linter, probe, path);
    pause(linter, probe, path);
    if let Some(kind) = kind_of(probe) {
        (kind.lint)(linter, probe, path);
    }
}

/// The kind of a probe, if there is such a kind.
fn kind_of(probe: &Node) -> Option<&'static Kind> {
    let name = probe.get(PROBES.tag)?.text()?;
    KINDS.iter().find(|kind| kind.object.name == name)
}

/// Several probes of one title. What they are told apart by in Sentry's issues is their order in the file.
pub(crate) fn titles(linter: &mut Linter<'_>, probes: &[Node], path: &str) {
    let mut first: HashMap<String, &Node> = HashMap::new();
    for (index, probe) in probes.iter().enumerate() {
        let Some((title, node)) = title(probe) else { continue };
        let Some(before) = first.get(&title) else {
            first.insert(title, node);
            continue;
        };
        let shown = if node.hidden { String::new() } else { format!(" `{title}`") };
        let finding = Finding::new(format!("another probe of this group has the same title{shown}"))
            .with_help("give each probe its own `title`: Sentry shows probes with the same title as one");
        // An alias of the whole probe has its title where the first is.
        let mut location = node.location();
        if node.span == before.span
            && let Some(alias) = node.other
        {
            location = alias.into();
        }
        let finding = finding.with_related(linter.related(before, "first used here"));
        let key = if probe.get("title").is_some() { "title" } else { "url" };
        linter.report(Code::RepeatedTitle, location, &join(&format!("{path}.probes[{index}]"), key), finding);
    }
}

/// A tick that can take longer than the time to the next one.
fn period(linter: &mut Linter<'_>, probe: &Node, path: &str) {
    let (Some(every), Some(timeout)) = (duration(probe, &PROBE, "every"), duration(probe, &PROBE, "timeout")) else {
        return;
    };
    let Some(burst) = count(probe, &PROBE, "burst") else { return };
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
    let mut finding =
        Finding::new(format!("{long}, and the next is due after {}", show_duration(every))).with_help(format!(
            "when the target hangs, ticks are late or skipped; set at most `timeout: {short}`, or at least `every: {}`",
            show_duration(Duration::from_secs(most.as_secs_f64().ceil() as u64))
        ));
    let other = ["burst", "timeout"].into_iter().filter(|other| *other != key).find_map(|other| probe.get(other));
    if let Some(other) = other {
        finding = finding.with_related(linter.related(other, "together with this"));
    }
    linter.report(Code::ShortPeriod, node.location(), &join(path, key), finding);
}

fn pause(linter: &mut Linter<'_>, probe: &Node, path: &str) {
    if let (Some(pause), Some(0)) = (probe.get("retry_pause"), count(probe, &PROBE, "retries")) {
        let finding = Finding::new("this has no effect without `retries`").with_help("add `retries: 1`, or remove it");
        linter.report(Code::NoEffect, pause.location(), &join(path, "retry_pause"), finding);
    }
}

/// The title that a probe goes by, and what it follows from; `None` where a secret is in it.
fn title(probe: &Node) -> Option<(String, &Node)> {
    match probe.get("title") {
        Some(title) => Some((title.text()?.to_owned(), title)),
        None => (kind_of(probe)?.title)(probe),
    }
}
