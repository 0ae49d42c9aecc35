//! The order of the source tree: which room may import which, that files do not import each other in circles, that a probe
//! kind is named in its own folder only, and that the command line is one feature gate.
//!
//! Read from the source text alone: `use` declarations and paths with `::`, re-exports followed to the file that defines
//! the item. Unit tests are left out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

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

/// The source files by their paths from the project's root.
fn sources() -> BTreeMap<String, String> {
    fn read(directory: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("below the root").to_str().expect("a name in UTF-8");
                found.insert(name.to_owned(), std::fs::read_to_string(&path).expect("source text"));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    read(&root.join("src"), root, &mut found);
    found
}

/// A module's path: `["crate", "sentry", "event"]`. The root of a program is `["bin", "bootstrap"]`.
type ModulePath = Vec<String>;

/// All modules of the library and its programs.
struct Tree {
    modules: BTreeMap<ModulePath, Module>,
}

struct Module {
    file: String,
    /// Code without comments, the contents of strings and unit tests.
    tokens: Vec<String>,
    /// The same text, strings included.
    text: String,
    uses: Vec<Use>,
    /// The names of its own items, modules aside.
    defined: BTreeSet<String>,
}

/// One name of a `use` declaration.
struct Use {
    path: Vec<String>,
    /// The name in this module; `*` for all of a module's.
    name: String,
    is_public: bool,
}

/// What a file takes from another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Import {
    file: String,
    name: String,
}

impl Tree {
    fn of_the_project() -> &'static Self {
        static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::new(&sources()));
        &TREE
    }

    fn new(sources: &BTreeMap<String, String>) -> Self {
        let modules = sources.iter().filter(|(file, _)| !file.ends_with("/tests.rs"));
        Self { modules: modules.map(|(file, text)| (module_path(file), Module::new(file, text))).collect() }
    }

    /// What `file` imports.
    fn imports(&self, file: &str) -> impl Iterator<Item = Import> {
        let found = self.modules.iter().find(|(_, module)| module.file == file);
        found.map(|(path, module)| self.imports_of(path, module)).unwrap_or_default().into_iter()
    }

    /// What a module takes from others: what it uses, and what its paths name. A re-export alone takes nothing.
    fn imports_of(&self, path: &ModulePath, module: &Module) -> BTreeSet<Import> {
        // A name behind a dot is a method's or a field's.
        let is_item = |index: &usize| *index == 0 || module.tokens[index - 1] != ".";
        let items = (0..module.tokens.len()).filter(is_item);
        let mentioned: BTreeSet<&String> = items.map(|index| &module.tokens[index]).collect();
        let uses = module.uses.iter().filter(|used| !used.is_public || mentioned.contains(&used.name));
        let named = uses.map(|used| used.path.clone()).chain(paths(&module.tokens));
        named
            .filter_map(|named| {
                let (target, name) = self.resolve(&named, path, 0)?;
                let target = self.modules.get(&target)?;
                (target.file != module.file).then(|| Import { file: target.file.clone(), name })
            })
            .collect()
    }

    /// The module that defines what a path names, as far as it is one of this project's, and the item's name there.
    fn resolve(&self, named: &[String], from: &ModulePath, depth: usize) -> Option<(ModulePath, String)> {
        if depth > 16 {
            return None;
        }
        let mut rest = named;
        let mut at = from.clone();
        match rest.first()?.as_str() {
            "crate" => {
                at.truncate(if from[0] == "bin" { 2 } else { 1 });
                rest = &rest[1..];
            }
            "sentrynet" if from[0] == "bin" => {
                at = vec!["crate".to_owned()];
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                // Else another crate, or a type.
                let is_used = self.modules.get(&at)?.uses.iter().any(|used| used.name == first);
                if !is_used && !self.modules.contains_key(&child(&at, first)) {
                    return None;
                }
            }
        }
        while let Some((word, more)) = rest.split_first() {
            let below = child(&at, word);
            let module = self.modules.get(&at)?;
            // Others see what a module imports only where it is a re-export.
            let is_seen = |used: &&Use| used.is_public || from.starts_with(&at);
            let bound = module.uses.iter().filter(|used| used.name == *word && used.path != named).find(is_seen);
            let bound = bound.map(|used| &used.path).filter(|_| !module.defined.contains(word));
            match bound {
                Some(path) if more.is_empty() || !self.modules.contains_key(&below) => {
                    let whole: Vec<String> = path.iter().chain(more).cloned().collect();
                    return self.resolve(&whole, &at, depth + 1);
                }
                _ if self.modules.contains_key(&below) => {
                    at = below;
                    rest = more;
                }
                _ => break,
            }
        }
        let name = rest.first().or(at.last()).cloned()?;
        Some((at, name))
    }

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

/// `src/sentry/event.rs` is `crate::sentry::event`.
fn module_path(file: &str) -> ModulePath {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/main");
    let words = path.split('/').map(str::to_owned);
    match path {
        "lib" => vec!["crate".to_owned()],
        _ if path.starts_with("bin/") => words.collect(),
        _ => std::iter::once("crate".to_owned()).chain(words).collect(),
    }
}

/// The room that a module is in; none for the library's root.
fn room(path: &ModulePath) -> Option<&str> {
    if path[0] == "bin" { Some("bin") } else { path.get(1).map(String::as_str) }
}

fn child(path: &ModulePath, name: &str) -> ModulePath {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

impl Module {
    fn new(file: &str, source: &str) -> Self {
        let (code, text) = without_tests(without_comments(source));
        let all = tokens(&code);
        let (mut uses, mut tokens) = (Vec::new(), Vec::new());
        let mut index = 0;
        while let Some(token) = all.get(index) {
            // `use<'a>` is none.
            let is_use = token == "use" && all.get(index + 1).is_some_and(|next| next != "<");
            if !is_use {
                tokens.push(token.clone());
                index += 1;
                continue;
            }
            let is_public = tokens.last().is_some_and(|last| last == "pub")
                || tokens.len() > 3 && tokens[tokens.len() - 4..tokens.len() - 2] == ["pub", "("];
            let end = all[index..].iter().position(|token| token == ";").map_or(all.len(), |length| index + length);
            flatten(&all[index + 1..end], &[], is_public, &mut uses);
            index = end + 1;
        }
        let items = ["fn", "struct", "enum", "union", "trait", "type", "const", "static"];
        let defined = tokens.windows(2).filter(|pair| items.contains(&pair[0].as_str())).map(|pair| pair[1].clone());
        Self { file: file.to_owned(), defined: defined.collect(), tokens, text, uses }
    }
}

/// The names of a `use` declaration's tree.
fn flatten(tree: &[String], before: &[String], is_public: bool, found: &mut Vec<Use>) {
    let mut path = before.to_vec();
    for (index, token) in tree.iter().enumerate() {
        match token.as_str() {
            "::" => {}
            "as" => {
                let name = tree.get(index + 1).cloned().unwrap_or_default();
                return found.push(Use { path, name, is_public });
            }
            "{" => {
                let (mut depth, mut start) = (0, index + 1);
                for (end, token) in tree.iter().enumerate().skip(index) {
                    match token.as_str() {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if (depth == 0 || depth == 1 && token == ",") && start <= end {
                        flatten(&tree[start..end], &path, is_public, found);
                        start = end + 1;
                    }
                }
                return;
            }
            "self" if !path.is_empty() => {}
            _ => path.push(token.clone()),
        }
    }
    if path.last().is_some_and(|last| last == "*") {
        path.pop();
    }
    if path.len() > before.len() || tree.first().is_some_and(|first| first == "self" || first == "*") {
        let name = path.last().cloned().unwrap_or_default();
        found.push(Use { path, name, is_public });
    }
}

/// The paths with `::` that code names.
fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let is_word = |token: &String| token.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut found = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let mut path = Vec::new();
        let begins = index == 0 || !["::", "."].contains(&tokens[index - 1].as_str());
        while begins && tokens.get(index).is_some_and(is_word) {
            path.push(tokens[index].clone());
            if tokens.get(index + 1).is_none_or(|next| next != "::") {
                break;
            }
            index += 2;
        }
        if path.len() > 1 {
            found.push(path);
        }
        index += 1;
    }
    found
}

/// The source in pieces that are blank in `code`, in `text` or in neither: comments, the contents of strings, all else.
fn without_comments(source: &str) -> (Vec<char>, Vec<char>) {
    let source: Vec<char> = source.chars().collect();
    let (mut code, mut text) = (source.clone(), source.clone());
    let find = |from: usize, end: &str| {
        let end: Vec<char> = end.chars().collect();
        (from..source.len()).find(|at| source[*at..].starts_with(&end)).map_or(source.len(), |at| at + end.len())
    };
    let is_word = |at: usize| source.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let mut index = 0;
    while index < source.len() {
        let start = index;
        let hashes = || source[start + 1..].iter().take_while(|c| **c == '#').count();
        let (end, is_comment) = match (source[index], source.get(index + 1)) {
            ('/', Some('/')) => (find(index, "\n"), true),
            ('/', Some('*')) => (find(index, "*/"), true),
            ('"', _) => {
                let mut end = index + 1;
                while source.get(end).is_some_and(|c| *c != '"') {
                    end += if source[end] == '\\' { 2 } else { 1 };
                }
                (end + 1, false)
            }
            ('r', Some('"' | '#'))
                if (index == 0 || !is_word(index - 1)) && source.get(index + 1 + hashes()) == Some(&'"') =>
            {
                let end = format!("\"{}", "#".repeat(hashes()));
                (find(index + 2 + hashes(), &end), false)
            }
            // Not a lifetime.
            ('\'', Some('\\')) => (find(index + 3, "'"), false),
            ('\'', Some(_)) if source.get(index + 2) == Some(&'\'') => (index + 3, false),
            _ => {
                index += 1;
                continue;
            }
        };
        index = end.min(source.len());
        for at in (start..index).filter(|at| source[*at] != '\n') {
            code[at] = ' ';
            if is_comment {
                text[at] = ' ';
            }
        }
    }
    (code, text)
}

/// Both texts without what stands behind `#[cfg(test)]`. They have the same characters in the same places.
fn without_tests((code, text): (Vec<char>, Vec<char>)) -> (String, String) {
    let attribute: Vec<char> = "#[cfg(test)]".chars().collect();
    let (mut kept_code, mut kept_text) = (String::new(), String::new());
    let mut index = 0;
    while index < code.len() {
        if code[index] != '#' || !code[index..].starts_with(&attribute) {
            kept_code.push(code[index]);
            kept_text.push(text[index]);
            index += 1;
            continue;
        }
        index += attribute.len();
        let mut depth = 0;
        while index < code.len() {
            let c = code[index];
            index += 1;
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 && (c == ';' || c == '}') {
                break;
            }
        }
    }
    (kept_code, kept_text)
}

/// Words, `::`, and other characters by themselves.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut continues = false;
    for c in code.chars() {
        let is_word = c.is_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if continues && (is_word || c == ':' && last == ":") => last.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        continues = is_word || c == ':' && tokens.last().is_some_and(|last| last == ":");
        if !is_word && tokens.last().is_some_and(|last| last == "::") {
            continues = false;
        }
    }
    tokens
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
