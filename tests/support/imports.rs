//! Which source file imports which item from which other one, read from the source text alone: `use` declarations and paths
//! with `::`, re-exports followed to the file that defines the item. Comments and unit tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// The source files by their paths from the project's root.
pub fn sources() -> BTreeMap<String, String> {
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
pub type ModulePath = Vec<String>;

/// All modules of the library and its programs.
pub struct Tree {
    pub modules: BTreeMap<ModulePath, Module>,
}

/// A module, as its source text has it.
pub struct Module {
    pub file: String,
    /// Code without comments, the contents of strings and unit tests.
    tokens: Vec<String>,
    /// The same text, strings included.
    pub text: String,
    pub uses: Vec<Use>,
    /// The names of its own items, modules aside.
    defined: BTreeSet<String>,
}

/// One name of a `use` declaration.
pub struct Use {
    pub path: Vec<String>,
    /// The name in this module; `*` for all of a module's.
    name: String,
    is_public: bool,
}

/// What a file takes from another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub file: String,
    pub name: String,
}

impl Tree {
    pub fn of_the_project() -> &'static Self {
        static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::new(&sources()));
        &TREE
    }

    pub fn new(sources: &BTreeMap<String, String>) -> Self {
        let modules = sources.iter().filter(|(file, _)| !file.ends_with("/tests.rs"));
        Self { modules: modules.map(|(file, text)| (module_path(file), Module::new(file, text))).collect() }
    }

    /// What `file` imports.
    pub fn imports(&self, file: &str) -> impl Iterator<Item = Import> {
        let found = self.modules.iter().find(|(_, module)| module.file == file);
        found.map(|(path, module)| self.imports_of(path, module)).unwrap_or_default().into_iter()
    }

    /// What a module takes from others: what it uses, and what its paths name. A re-export alone takes nothing.
    pub fn imports_of(&self, path: &ModulePath, module: &Module) -> BTreeSet<Import> {
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
    pub fn resolve(&self, named: &[String], from: &ModulePath, depth: usize) -> Option<(ModulePath, String)> {
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
}

/// `src/sentry/event.rs` is `crate::sentry::event`.
pub fn module_path(file: &str) -> ModulePath {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/main");
    let words = path.split('/').map(str::to_owned);
    match path {
        "lib" => vec!["crate".to_owned()],
        _ if path.starts_with("bin/") => words.collect(),
        _ => std::iter::once("crate".to_owned()).chain(words).collect(),
    }
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
