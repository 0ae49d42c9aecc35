//! What is probably not meant of a script.

use crate::diagnostics::Code;
use crate::diagnostics::source::Span;
use crate::probe::http::lints::{request, variables};
use crate::schema::linter::{Linter, Warning, items};
use crate::schema::path::join;
use crate::yaml::node::{Kind, Node};

/// The warnings that only a script can give.
pub(crate) const WARNINGS: &[Warning] = &[
    Warning {
        code: Code::UnusedKey,
        about: "Neither an assertion nor a string of a step uses the key.",
        object: "probes.script",
        example: "init_keys: {user: alice}",
    },
    Warning {
        code: Code::UnquotedKey,
        about: "In a script's body, `{name}` without quotes is YAML for a map.",
        object: "probes.script",
        example: "init_keys: {name: alice}\nsteps:\n  - url: https://www.example.com/\n    body: {user: {name}}",
    },
];

/// Warns of what is probably not meant of `probes.script`.
pub(crate) fn probe(linter: &mut Linter<'_>, probe: &Node, path: &str) {
    // A script without initial variables is a script all the same.
    let none = Node { kind: Kind::Map(Vec::new()), ..Node::of_text("", Span::default()) };
    let initial = probe.get("init_keys").unwrap_or(&none);
    let at = join(path, "steps");
    let steps: Vec<(&Node, String)> =
        items(probe, "steps").iter().enumerate().map(|(index, step)| (step, format!("{at}[{index}]"))).collect();
    for (step, path) in &steps {
        request(linter, probe, step, path, Some(initial));
    }
    variables::unused(linter, &steps, Some(initial), path);
}
