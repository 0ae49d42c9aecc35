//! The recipes of docs/recipes.md, run as they stand there.

use std::path::Path;
use std::process::Command;

use regex::{Captures, Regex};
use serde_json::Value;

use super::cli::{Ran, Workspace};
use super::site::Site;

/// What stands below a heading.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    /// The heading.
    pub heading: String,
    blocks: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    files: Vec<(&'static str, String)>,
}

/// What stands below each heading of the document, in order.
pub fn all() -> Vec<Recipe> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md");
    let document = std::fs::read_to_string(document).expect("docs/recipes.md");
    let mut recipes: Vec<Recipe> = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: String =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            recipes.last_mut().expect("a heading first").blocks.push((language.to_owned(), block));
        } else if line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim().to_owned();
            recipes.push(Recipe { heading, ..Recipe::default() });
        }
    }
    recipes
}

impl Recipe {
    /// The recipe below this heading.
    pub fn named(heading: &str) -> Self {
        all().into_iter().find(|recipe| recipe.heading == heading).unwrap_or_else(|| panic!("no recipe {heading}"))
    }

    /// Its blocks in this language, in order.
    pub fn blocks(&self, language: &str) -> Vec<&str> {
        self.blocks.iter().filter(|(known, _)| known == language).map(|(_, block)| block.as_str()).collect()
    }

    /// The languages of its blocks, in order.
    pub fn languages(&self) -> Vec<&str> {
        self.blocks.iter().map(|(language, _)| language.as_str()).collect()
    }

    /// Gives it a secret.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts a file beside its configuration.
    pub fn file(mut self, name: &'static str, content: &str) -> Self {
        self.files.push((name, content.to_owned()));
        self
    }

    /// What its shell commands leave in a variable.
    pub fn exported(&self, name: &str) -> String {
        let script = format!("{}\nprintf %s \"${name}\"", self.blocks("sh").concat());
        let output =
            Command::new("bash").args(["-euo", "pipefail", "-c", &script]).envs(self.variables.clone()).output();
        let output = output.expect("bash runs");
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs its one shell command, a `sentrynet …`, on its configuration as it stands.
    pub fn shell(&self) -> Ran {
        let [line] = self.blocks("sh")[..] else { panic!("{}: one command", self.heading) };
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], "sentrynet", "{line}");
        self.workspace(&self.yaml()).run(&words[1..])
    }

    /// It is well formed as it stands, and every run against this site is fine.
    pub fn passes(&self, site: &Site) {
        let checked = self.workspace(&self.yaml()).run(&["check"]);
        assert_eq!((checked.code, checked.err.as_str()), (0, ""), "{}: {checked:?}", self.heading);
        let (code, told) = self.run(site);
        assert_eq!((code, told), (0, Vec::new()), "{}", self.heading);
    }

    /// Each of these sites breaks it in its turn, and what is told of them is what the recipe says.
    pub fn tells(&self, broken: &[Site]) {
        let mut told = Vec::new();
        for (index, site) in broken.iter().enumerate() {
            let (_, lines) = self.run(site);
            assert!(!lines.is_empty(), "{}: site {index} breaks nothing", self.heading);
            told.extend(lines);
        }
        let documented: Vec<String> = self.blocks("text").concat().lines().map(generalised).collect();
        let found: Vec<String> = told.iter().map(|line| generalised(line)).collect();
        assert_eq!(documented, found, "{}:\n{}", self.heading, told.join("\n"));
    }

    /// The exit code of a run against this site, and `kind: sentence` of all that was not fine.
    pub fn run(&self, site: &Site) -> (i32, Vec<String>) {
        let ran = self.workspace(&at(site, &self.yaml())).run(&["run", "--json"]);
        let summaries = ran.json();
        let results = summaries.iter().filter_map(|summary| summary["results"].as_array()).flatten();
        let told: Vec<String> = results.filter_map(told).collect();
        let has_failed = told.iter().any(|line| !line.starts_with("degraded: "));
        assert_eq!(ran.code, i32::from(has_failed), "{}: {ran:?}", self.heading);
        for (name, value) in &self.variables {
            assert!(!format!("{ran:?}").contains(value), "{}: {name} is told: {ran:?}", self.heading);
        }
        (ran.code, told)
    }

    fn yaml(&self) -> String {
        let [yaml] = self.blocks("yaml")[..] else { panic!("{}: one configuration", self.heading) };
        yaml.to_owned()
    }

    fn workspace(&self, configuration: &str) -> Workspace {
        let mut workspace = Workspace::with(configuration);
        for (name, content) in &self.files {
            workspace.write(&format!("config/{name}"), content);
        }
        for (name, value) in &self.variables {
            workspace = workspace.variable(name, value);
        }
        workspace
    }
}

fn told(result: &Value) -> Option<String> {
    let status = result["status"].as_str().expect("a status");
    let kind = result["kind"].as_str().unwrap_or(status);
    result["error"].as_str().map(|sentence| format!("{kind}: {sentence}"))
}

/// The configuration with the site in the place of all hosts, and its authority trusted where none is named.
fn at(site: &Site, yaml: &str) -> String {
    let host = Regex::new(r"\b(https?)://[a-z]+\.example\.com").expect("a pattern");
    let yaml = host.replace_all(yaml, |found: &Captures<'_>| match &found[1] {
        "https" => site.url(),
        _ => site.plain_url().expect("a site over plain HTTP"),
    });
    assert!(!yaml.contains("example"), "{yaml}");
    let mut yaml: serde_yaml::Value = serde_yaml::from_str(&yaml).expect("YAML");
    trust(&mut yaml, &site.authority);
    serde_yaml::to_string(&yaml).expect("YAML")
}

/// Adds `tls.ca` to every request.
fn trust(node: &mut serde_yaml::Value, authority: &str) {
    use serde_yaml::Value;
    match node {
        Value::Mapping(map) if map.contains_key("url") => {
            let tls = map.entry("tls".into()).or_insert_with(|| Value::Mapping(serde_yaml::Mapping::new()));
            tls.as_mapping_mut().expect("a map").entry("ca".into()).or_insert_with(|| authority.into());
        }
        Value::Mapping(map) => map.iter_mut().for_each(|(_, value)| trust(value, authority)),
        Value::Sequence(items) => items.iter_mut().for_each(|item| trust(item, authority)),
        _ => {}
    }
}

/// A line without what is another in each run: hosts, dates and times.
fn generalised(line: &str) -> String {
    let replace = |line: &str, pattern, by| Regex::new(pattern).expect("a pattern").replace_all(line, by).into_owned();
    let line = replace(line, r"(localhost|[a-z]+\.example\.com)(:\d+)?", "HOST");
    let line = replace(&line, r"\d{4}-\d\d-\d\d", "DATE");
    replace(&line, r"took [\d.]+ s", "took TIME")
}
