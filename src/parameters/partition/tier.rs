//! Size limits of parameters, and how to split a group that is too large.

use crate::config::{Config, Document, Group};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::finding::Finding;
use crate::yaml::node::{Kind, Node};
use crate::yaml::write;

/// Bytes that a parameter of SSM's standard tier holds, which costs nothing.
pub const STANDARD_TIER: usize = 4096;
/// Bytes that a parameter of the advanced tier holds.
pub const ADVANCED_TIER: usize = 8192;

/// What helps whatever is too large.
const ELSEWHERE: &str = "a long value, such as a body or a certificate, can be a parameter of its own: `{ssm: /path}`";

/// An error if the settings do not fit.
pub(crate) fn check_settings(document: &Document, root: &Node, text: &str) -> Option<Diagnostic> {
    is_too_large(text.len()).then(|| {
        let message = format!("the settings (everything but groups) take {}, {MAX}", kib(text.len()));
        document.source.diagnostic(root.location(), "", Finding::new(message).with_help("use fewer or shorter tags"))
    })
}

/// An error if a group does not fit, with how to split it.
pub(crate) fn check_group(
    document: &Document,
    desired: &Node,
    text: &str,
    path: &str,
    config: &Config,
    group: &Group,
) -> Option<Diagnostic> {
    is_too_large(text.len()).then(|| {
        let message = format!("the group `{}` takes {}, {MAX}", group.name, kib(text.len()));
        let help = match split(desired) {
            Split::At(numbers) => how_to_split(&numbers, config, group),
            Split::Probe(index) => {
                let title = group.probes.get(index).map(|probe| config.redactor.text(&probe.title)).unwrap_or_default();
                format!("its probe `{title}` alone is too large; {ELSEWHERE}")
            }
        };
        document.source.diagnostic(desired.location(), path, Finding::new(message).with_help(help))
    })
}

const MAX: &str = "but a parameter holds 8 KiB at most";

fn is_too_large(bytes: usize) -> bool {
    bytes > ADVANCED_TIER
}

/// `8.3 KiB`; never one that would have fitted.
fn kib(bytes: usize) -> String {
    format!("{:.1} KiB", (bytes as f64 / 102.4).ceil() / 10.0)
}

/// How a group can be split.
enum Split {
    /// Into groups of so many probes, one after the other.
    At(Vec<usize>),
    /// Not at all: this probe is too large by itself.
    Probe(usize),
}

fn split(group: &Node) -> Split {
    let size = |probes: &[Node]| {
        let mut group = group.clone();
        if let Kind::Map(entries) = &mut group.kind {
            for entry in entries.iter_mut().filter(|entry| entry.name == "probes") {
                entry.value.kind = Kind::List(probes.to_vec());
            }
        }
        write::write(&group).len()
    };
    let base = size(&[]);
    let mut numbers = vec![0];
    let mut sum = base;
    for (index, probe) in group.get("probes").map_or(&[][..], Node::items).iter().enumerate() {
        let own = size(std::slice::from_ref(probe)).saturating_sub(base);
        if is_too_large(base + own) {
            return Split::Probe(index);
        }
        if is_too_large(sum + own) {
            numbers.push(0);
            sum = base;
        }
        sum += own;
        if let Some(number) = numbers.last_mut() {
            *number += 1;
        }
    }
    Split::At(numbers)
}

fn how_to_split(numbers: &[usize], config: &Config, group: &Group) -> String {
    let (first, more) = (numbers.first().copied().unwrap_or_default(), numbers.len().saturating_sub(1).max(1));
    let free = |name: &String| !config.groups.iter().any(|group| group.name == *name);
    let names = (2..).map(|number| format!("{}-{number}", group.name)).filter(free).take(more.min(3));
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let others = group.probes.len().saturating_sub(first);
    let groups = if more == 1 { "a second group".to_owned() } else { format!("{more} more groups") };
    let dots = if more > names.len() { ", …" } else { "" };
    format!(
        "leave the first {first} of its {} probes in it, and move the other {others} to {groups} with the same tags: {}{dots}",
        group.probes.len(),
        names.join(", "),
    )
}
