//! Variables that nothing sets, and those that nothing uses.

use std::collections::BTreeSet;

use crate::diagnostics::finding::Finding;
use crate::diagnostics::suggest::listed;
use crate::diagnostics::{Code, nearest};
use crate::schema::linter::Linter;
use crate::schema::path::join;
use crate::schema::scalar;
use crate::template::Template;
use crate::yaml::node::{Entry, Kind, Node};

/// How many keys are listed.
const LISTED: usize = 10;

/// Warns of assertions about variables that nothing sets, and of variables that nothing uses. `requests` come with their
/// paths; in a script there are `initial` variables, as a map.
pub(crate) fn unused(linter: &mut Linter<'_>, requests: &[(&Node, String)], initial: Option<&Node>, path: &str) {
    let is_script = initial.is_some();
    let initial = initial.map_or(&[][..], Node::entries);
    let set = |request: &'_ Node| -> Vec<String> {
        entries(request, "set_keys").iter().map(|entry| entry.name.clone()).collect()
    };
    let every: BTreeSet<String> = initial
        .iter()
        .map(|entry| entry.name.clone())
        .chain(requests.iter().flat_map(|(request, _)| set(request)))
        .collect();
    let mut known: BTreeSet<String> = initial.iter().map(|entry| entry.name.clone()).collect();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (request, path) in requests {
        known.extend(set(request));
        for entry in entries(request, "assertions") {
            used.insert(entry.name.clone());
            if !known.contains(&entry.name) {
                never_set(linter, entry, &known, &every, &join(path, "assertions"));
            }
        }
        if is_script {
            for name in ["url", "query", "headers", "body"] {
                if let Some(node) = request.get(name) {
                    uses(linter, node, &every, &mut used, &join(path, name));
                }
            }
        }
    }
    let path_of = |name: &str| join(path, name);
    let setters = std::iter::once((initial, path_of("init_keys")))
        .chain(requests.iter().map(|(request, path)| (entries(request, "set_keys"), join(path, "set_keys"))));
    for (entries, path) in setters {
        for entry in entries.iter().filter(|entry| !used.contains(&entry.name)) {
            let finding = Finding::new(format!("nothing uses the key `{}`", entry.name));
            let help = if is_script {
                "use it in a later step as `{…}`, assert something of it, or remove it"
            } else {
                "assert something of it, or remove it"
            };
            linter.report(Code::UnusedKey, entry.location, &join(&path, &entry.name), finding.with_help(help));
        }
    }
}

/// An assertion whose result is known before anything runs.
fn never_set(linter: &mut Linter<'_>, entry: &Entry, known: &BTreeSet<String>, every: &BTreeSet<String>, path: &str) {
    let name = &entry.name;
    let exists = entry.value.get("exists").map_or(Ok(true), scalar::boolean);
    let end = if exists.unwrap_or(true) { "cannot hold" } else { "always holds" };
    let when = if every.contains(name) { "only a later step sets" } else { "nothing sets" };
    let names = || known.iter().map(String::as_str).take(LISTED);
    let help = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("set it: `set_keys: {{{name}: $.…}}`"),
        None => format!("keys set at this point: {}", listed(names())),
    };
    let finding = Finding::new(format!("{when} the key `{name}`, so this assertion {end}")).with_help(help);
    linter.report(Code::UnsetAssertion, entry.location, &join(path, name), finding);
}

/// The keys that texts use.
fn uses(linter: &mut Linter<'_>, node: &Node, every: &BTreeSet<String>, used: &mut BTreeSet<String>, path: &str) {
    match &node.kind {
        Kind::Scalar { .. } => {
            let Some(text) = node.text() else { return };
            used.extend(every.get(text).cloned());
            if let Ok(template) = Template::parse(text) {
                used.extend(template.keys().map(str::to_owned));
            }
        }
        Kind::List(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| uses(linter, item, every, used, &format!("{path}[{index}]")));
        }
        Kind::Map(entries) => {
            if let [Entry { name, value, .. }] = &entries[..]
                && value.is_null()
                && every.contains(name)
            {
                used.insert(name.clone());
                let finding = Finding::new(format!("`{{{name}}}` without quotes is a map, not the key's value"));
                linter.report(
                    Code::UnquotedKey,
                    node.location(),
                    path,
                    finding.with_help(format!("write `\"{{{name}}}\"`")),
                );
            }
            entries.iter().for_each(|entry| uses(linter, &entry.value, every, used, &join(path, &entry.name)));
        }
    }
}
fn entries<'a>(node: &'a Node, name: &str) -> &'a [Entry] {
    node.get(name).map_or(&[], Node::entries)
}
