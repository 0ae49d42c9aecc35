//! The order of the source tree: which room may import which, that files do not import each other in circles, that a probe
//! kind is named in its own folder only, and that the command line is one feature gate.
//!
//! `tests/support/imports.rs` reads what imports what.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use regex::Regex;

use crate::support::imports::{Import, ModulePath, Tree, module_path, sources};

/// Top to bottom: a room may import those that stand after it. A room that does not exist yet may have its place already.
const ROOMS: &[&str] = &[
    "bin",
    "cli",
    "runner",
    "telemetry",
    "parameters",
    "schedule",
    "sentry",
    "state",
    "config",
    "probe",
    "schema",
    "yaml",
    "template",
    "net",
    "outcome",
    "diagnostics",
    "secrets",
    "event_loop",
    "shutdown",
    "clock",
    "wording",
];

/// Imports that are not followed in the search for circles: importer, imported, reason.
const ALLOWED_IN_CIRCLES: &[(&str, &str, &str)] = &[];

/// Where the table of kinds stands.
const TABLE_OF_KINDS: &str = "src/probe/kind.rs";

/// Documents in code, whose examples need some kind's name.
const DOCUMENTS: &[&str] = &["src/config/keys.rs", "src/probe/json/keys.rs", "src/probe/keys.rs", "src/probe/lints.rs"];

#[test]
fn rooms_import_only_rooms_below_them() {
    let problems = Tree::of_the_project().imports_upwards();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let tree = Tree::of_the_project();
    let problems = tree.circles(ALLOWED_IN_CIRCLES);
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    for (importer, imported, _) in ALLOWED_IN_CIRCLES {
        assert!(
            tree.imports(importer).any(|import| import.file == *imported),
            "{importer} no longer imports {imported}: take the exception off the list"
        );
    }
}

#[test]
fn a_probe_kind_is_named_in_its_own_folder_only() {
    let tree = Tree::of_the_project();
    let problems = tree.names_of_kinds();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    for file in DOCUMENTS {
        let module = tree.modules.values().find(|module| module.file == *file);
        assert!(
            module.is_some_and(|module| module.text.contains("probes.")),
            "{file} no longer names a probe kind: take it off the list of documents"
        );
    }
}

#[test]
fn the_command_line_is_one_feature_gate() {
    let gate = Regex::new(r#"feature\s*=\s*""#).expect("a pattern");
    let gates: Vec<String> = sources()
        .iter()
        .flat_map(|(file, text)| {
            let lines: Vec<&str> = text.lines().collect();
            let at = |index: usize| (lines[index], lines.get(index + 1).copied().unwrap_or_default());
            (0..lines.len())
                .filter(|index| gate.is_match(lines[*index]))
                .filter(|index| file != "src/lib.rs" || at(*index) != (r#"#[cfg(feature = "cli")]"#, "pub mod cli;"))
                .map(|index| format!("{file}:{} has a feature gate: {}", index + 1, lines[index].trim()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(gates.is_empty(), "only `mod cli` in src/lib.rs is gated:\n{}\n", gates.join("\n"));
}

impl Tree {
    fn imports_upwards(&self) -> Vec<String> {
        let place = |room: &str| ROOMS.iter().position(|name| *name == room);
        let mut problems = Vec::new();
        for (path, module) in &self.modules {
            // The library's root declares the rooms.
            let Some(room) = room(path) else { continue };
            let Some(own) = place(room) else {
                problems.push(format!("{} is in the room `{room}`, which is not in the table of rooms", module.file));
                continue;
            };
            for Import { file, name } in self.imports_of(path, module) {
                let imported = module_path(&file);
                let above = self::room(&imported).filter(|other| *other != room && place(other) <= Some(own));
                if above.is_some() {
                    problems.push(format!("{} imports {file} (`{name}`), which is above it", module.file));
                }
            }
        }
        problems
    }

    /// One sentence for each file that is on a circle no other sentence tells of: the shortest way back to it.
    fn circles(&self, allowed: &[(&str, &str, &str)]) -> Vec<String> {
        let is_allowed = |from: &str, to: &str| allowed.iter().any(|(a, b, _)| (*a, *b) == (from, to));
        let graph: BTreeMap<&str, Vec<Import>> = self
            .modules
            .iter()
            .map(|(path, module)| {
                let file = module.file.as_str();
                let imports = self.imports_of(path, module).into_iter();
                (file, imports.filter(|import| !is_allowed(file, &import.file)).collect())
            })
            .collect();
        let (mut told, mut problems) = (BTreeSet::new(), Vec::new());
        for start in graph.keys() {
            if told.contains(*start) {
                continue;
            }
            let Some(circle) = circle(&graph, start) else { continue };
            let steps = circle.iter().map(|import| format!(" imports {} (`{}`)", import.file, import.name));
            problems.push(format!("a circle: {start}{}", steps.collect::<Vec<_>>().join(", which")));
            told.extend(circle.into_iter().map(|import| import.file));
        }
        problems
    }

    /// The probe kinds: the folders that the table of kinds imports.
    fn kinds(&self) -> BTreeSet<String> {
        let table = module_path(TABLE_OF_KINDS);
        let uses = self.modules.get(&table).into_iter().flat_map(|module| &module.uses);
        let is_folder = |path: &ModulePath| path.len() == 3 && self.modules.contains_key(path);
        let folders = uses.filter_map(|used| {
            let (module, name) = self.resolve(&used.path, &table, 0)?;
            (is_folder(&module) && module.last() == Some(&name)).then_some(name)
        });
        folders.collect()
    }

    /// What names a probe kind outside of its folder and of the table: by its module, by a variant of an enum, or, documents
    /// aside, by its name in a configuration.
    fn names_of_kinds(&self) -> Vec<String> {
        let kinds = self.kinds();
        assert!(kinds.contains("http"), "{TABLE_OF_KINDS} does not import the folders of the kinds: {kinds:?}");
        let variants = kinds.iter().map(|kind| format!("{}{}", kind[..1].to_uppercase(), &kind[1..]));
        let variant = Regex::new(&format!(r"\bCheck::({})\b", variants.collect::<Vec<_>>().join("|")));
        let names = kinds.iter().map(String::as_str).collect::<Vec<_>>().join("|");
        let name = Regex::new(&format!(r"\bprobes\.({names})\b"));
        let (variant, name) = (variant.expect("a pattern"), name.expect("a pattern"));

        let is_home = |file: &str| {
            let holds = |kind: &String| {
                file.strip_prefix(&format!("src/probe/{kind}")).is_some_and(|rest| rest.starts_with(['/', '.']))
            };
            file == TABLE_OF_KINDS || kinds.iter().any(holds)
        };
        let mut problems = Vec::new();
        for (path, module) in self.modules.iter().filter(|(_, module)| !is_home(&module.file)) {
            let imports = self.imports_of(path, module).into_iter().map(|import| import.file);
            let modules = imports.filter(|file| is_home(file) && file != TABLE_OF_KINDS);
            let in_text = if DOCUMENTS.contains(&module.file.as_str()) { None } else { name.find(&module.text) };
            let in_text = in_text.into_iter().chain(variant.find(&module.text)).map(|found| found.as_str().to_owned());
            problems.extend(modules.chain(in_text).map(|name| format!("{} names a probe kind: {name}", module.file)));
        }
        problems
    }
}

/// The shortest circle through `start`: one import after the other.
fn circle(graph: &BTreeMap<&str, Vec<Import>>, start: &str) -> Option<Vec<Import>> {
    let mut seen = BTreeSet::new();
    let mut ways: VecDeque<Vec<Import>> = graph.get(start)?.iter().map(|import| vec![import.clone()]).collect();
    while let Some(way) = ways.pop_front() {
        let end = way.last()?.file.clone();
        if end == start {
            return Some(way);
        }
        if seen.insert(end.clone()) {
            let next = graph.get(end.as_str()).into_iter().flatten();
            ways.extend(next.map(|import| way.iter().chain([import]).cloned().collect()));
        }
    }
    None
}

/// The room that a module is in; none for the library's root.
fn room(path: &ModulePath) -> Option<&str> {
    if path[0] == "bin" { Some("bin") } else { path.get(1).map(String::as_str) }
}

/// A made-up tree.
fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::new(&files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect())
}

#[test]
fn imports_are_found_however_they_are_written() {
    let tree = tree(&[
        ("src/lib.rs", "pub mod config; pub mod net; pub mod sentry;"),
        ("src/config.rs", "mod load;\npub use load::{Config, Reader as R};\npub(crate) use self::load::other;"),
        ("src/config/load.rs", "pub struct Config; pub struct Reader; pub fn other() {}"),
        ("src/sentry.rs", "mod event;\nfn f<'a>(x: &'a str) { event::build(); }\nuse std::fmt::Debug;"),
        (
            "src/sentry/event.rs",
            "use crate::config::{self, R};\npub fn build() { config::other(\"crate::net\"); } // crate::net",
        ),
        (
            "src/net.rs",
            "#[cfg(test)]\nmod tests { use crate::sentry; }\nfn f() -> crate::config::Config { '{' }\nfn g() {}",
        ),
    ]);
    let imports = |file: &str| tree.imports(file).map(|import| (import.file, import.name)).collect::<Vec<_>>();
    let import = |file: &str, name: &str| (file.to_owned(), name.to_owned());
    assert_eq!(imports("src/config.rs"), []);
    assert_eq!(imports("src/sentry.rs"), [import("src/sentry/event.rs", "build")]);
    let load = "src/config/load.rs";
    assert_eq!(
        imports("src/sentry/event.rs"),
        [import("src/config.rs", "config"), import(load, "Reader"), import(load, "other")]
    );
    assert_eq!(imports("src/net.rs"), [import(load, "Config")]);
    assert_eq!(tree.imports_upwards(), ["src/net.rs imports src/config/load.rs (`Config`), which is above it"]);
    assert_eq!(tree.circles(&[]), [""; 0]);
}

#[test]
fn circles_are_told_from_re_exports() {
    let files = [
        ("src/net.rs", "mod dial;\npub use dial::Dial;\npub struct Timeout;"),
        ("src/net/dial.rs", "pub struct Dial;\nuse super::Timeout;"),
    ];
    assert_eq!(tree(&files).circles(&[]), [""; 0]);
    let files = [(files[0].0, "mod dial;\npub use dial::Dial;\npub struct Timeout(Dial);"), files[1]];
    let expected = "a circle: src/net.rs imports src/net/dial.rs (`Dial`), which imports src/net.rs (`Timeout`)";
    assert_eq!(tree(&files).circles(&[]), [expected]);
    assert_eq!(tree(&files).circles(&[("src/net/dial.rs", "src/net.rs", "for the test")]), [""; 0]);
}

#[test]
fn a_kind_is_named_by_text_module_or_variant() {
    let named = |text: &str| {
        let kind =
            [("src/probe/http.rs", "pub struct Request;"), (TABLE_OF_KINDS, "use super::http;\npub struct Probe;")];
        let around = [("src/lib.rs", ""), ("src/probe.rs", "pub use kind::Probe;"), ("src/config.rs", text)];
        tree(&[kind, [around[0], around[1]], [around[2], around[0]]].concat()).names_of_kinds()
    };
    for (text, name) in [
        ("const A: &str = \"probes.http\";", "probes.http"),
        ("use crate::probe::http::Request;", "src/probe/http.rs"),
        ("fn f() { crate::probe::http::Request }", "src/probe/http.rs"),
        ("fn f() { Check::Http }", "Check::Http"),
    ] {
        assert_eq!(named(text), [format!("src/config.rs names a probe kind: {name}")], "{text}");
    }
    for text in [
        "/// As in `probes.http`.\nfn f() {}",
        "use http::Request;",
        "const A: &str = \"probes.httpd\";",
        "use crate::probe::Probe;",
    ] {
        assert_eq!(named(text), [""; 0], "{text}");
    }
}
