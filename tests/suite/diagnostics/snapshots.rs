//! Configurations broken as new users break them, and what they are told: every text stands in full in
//! `tests/diagnostics/<name>.txt`, for 80 columns and for 50. `UPDATE=1 cargo test --test suite diagnostics::` writes them
//! anew: look at each before you commit it.

use std::path::{Path, PathBuf};

use crate::support::cli::Workspace;
use sentrynet::config::{Document, read};
use sentrynet::diagnostics::Diagnostics;
use sentrynet::schema::Secrets;
use serde_json::Value;

const BROKEN: &str = "tests/diagnostics";

/// The configurations beside this test, by name.
fn broken() -> Vec<(String, PathBuf)> {
    let files = std::fs::read_dir(BROKEN).expect("a directory").map(|entry| entry.expect("a file").path());
    let yaml = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut named: Vec<_> =
        yaml.map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path)).collect();
    named.sort();
    assert!(named.len() > 30);
    named
}

/// What is said of a file, as the commands say it.
fn judge(path: &Path) -> Diagnostics {
    let bytes = std::fs::read(path).expect("a file");
    let document = match Document::parse("config.yaml", &bytes) {
        Ok(document) => document,
        Err(problems) => return problems,
    };
    match read(&document, &Secrets::placeholders()) {
        Ok(_) => document.warnings(),
        Err(errors) => document.errors_and_warnings(errors),
    }
}

fn plain(problems: &Diagnostics, width: usize) -> String {
    anstream::adapter::strip_str(&sentrynet::cli::terminal::render(problems, Some(width))).to_string()
}

#[test]
fn each_broken_configuration_is_told_what_to_mend() {
    for (name, path) in broken() {
        let problems = judge(&path);
        assert!(!problems.is_empty(), "{name} is fine");
        let told = format!("{}\n\n{}\n\n{}\n", plain(&problems, 80), "-".repeat(50), plain(&problems, 50));
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &told).expect("a file");
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(
            told, expected,
            "{name}: run `UPDATE=1 cargo test --test suite diagnostics::` and look at what changes"
        );
    }
}

#[test]
fn lines_keep_to_the_width_but_for_what_is_to_be_copied() {
    for (name, path) in broken() {
        for width in [50, 80] {
            for line in plain(&judge(&path), width).lines() {
                // The renderer cuts what is quoted; words, and what is in backticks, stay whole.
                let is_whole = ["`", "--> ", "::: ", "= at: ", "= see: ", " |"].iter().any(|mark| line.contains(mark));
                assert!(line.chars().count() <= width || is_whole, "{name} at {width}: {line}");
            }
        }
    }
}

#[test]
fn every_link_leads_to_a_part_of_the_reference() {
    let reference = std::fs::read_to_string("docs/configuration.md").expect("a file");
    let headings: Vec<String> = reference
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|line| line.to_lowercase().replace(' ', "-").replace(['`', '.'], ""))
        .collect();
    let mut links = 0;
    for (name, path) in broken() {
        for problem in &judge(&path) {
            let Some(link) = sentrynet::config::reference_of(problem) else { continue };
            let anchor = link.strip_prefix("docs/configuration.md#").expect("the reference");
            let is_there = reference.contains(&format!("<a id=\"{anchor}\"></a>"))
                || headings.iter().any(|heading| heading == anchor);
            assert!(is_there, "{name}: {link}");
            links += 1;
        }
    }
    assert!(links > 40, "{links}");
}

#[test]
fn editors_get_a_line_of_json_for_each_problem_and_nothing_else() {
    for (name, path) in broken() {
        let workspace = Workspace::empty();
        workspace.write("config.yaml", std::fs::read(&path).expect("a file"));
        let ran = workspace.run(&["check", "--json", "config.yaml"]);
        let told: Vec<Value> = ran.json();
        let problems = judge(&path);
        assert_eq!((ran.err.as_str(), told.len()), ("", problems.len()), "{name}");
        let is_error = told.iter().any(|line| line["severity"] == "error");
        assert_eq!(ran.code, if is_error { 2 } else { 0 }, "{name}");
        for (line, problem) in told.iter().zip(&problems) {
            assert_eq!(line["file"], "config.yaml");
            assert_eq!(line["message"], problem.message.as_str());
            assert_eq!(line["code"], problem.code.as_str());
            assert_eq!(line["line"].as_u64(), (problem.line > 0).then_some(problem.line as u64));
            assert_eq!(line["end_column"].as_u64(), (problem.line > 0).then_some(problem.end_column as u64));
            assert!(problem.end_line == problem.line && problem.end_column >= problem.column, "{problem:?}");
        }
    }
    let ran = Workspace::empty().run(&["check", "--json", "missing.yaml"]);
    assert_eq!(ran.json()[0]["message"], "there is no such file");
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
}

#[test]
fn the_place_of_a_problem_is_that_of_its_token() {
    let workspace = Workspace::empty();
    workspace.write(
        "config.yaml",
        "groups:\n  - name: ä\n    probes: [{probe: probes.http, url: 'https://a.example/', burts: 2}]\n",
    );
    let ran = workspace.run(&["check", "--json", "config.yaml"]);
    let places: Vec<_> = ran
        .json()
        .iter()
        .map(|line| ["line", "column", "end_line", "end_column"].map(|key| line[key].as_u64().expect("a number")))
        .collect();
    // Columns count characters, and the end is behind the last one.
    assert_eq!(places, [[2, 11, 2, 12], [3, 62, 3, 67]]);
}

const WARNED: &str = "groups: [{name: a, probes: [{probe: probes.http, url: 'http://127.0.0.1:1/'}]}]\n";

#[test]
fn warnings_change_nothing_unless_they_are_asked_to() {
    let workspace = Workspace::with(WARNED);
    let ran = workspace.run(&["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "config/sentrynet.yaml: 1 group, 1 probe: valid, with warnings\n"));
    assert!(ran.err.starts_with("warning: this group has no tags"), "{}", ran.err);
    let strict = workspace.run(&["check", "--strict"]);
    assert_eq!((strict.code, strict.out.as_str(), &strict.err), (2, "", &ran.err));
    let json = workspace.run(&["check", "--strict", "--json"]);
    assert_eq!((json.code, json.err.as_str(), &json.json()[0]["code"]), (2, "", &Value::from("no-tags")));
    for (arguments, code) in
        [(&["run"][..], 1), (&["run", "--json"], 1), (&["plan"], 0), (&["plan", "--json"], 0), (&["compile"], 0)]
    {
        let ran = workspace.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.err.starts_with("warning: this group has no tags") && !ran.out.contains("warning"), "{ran:?}");
    }
}

#[test]
fn of_many_warnings_only_check_shows_all() {
    let probes = "probes: [{probe: probes.http, url: 'http://127.0.0.1:1/'}]";
    let groups: String = (0..25).map(|number| format!("- {{name: g{number}, {probes}}}\n")).collect();
    let workspace = Workspace::with(&format!("groups:\n{groups}"));
    assert_eq!(workspace.run(&["check"]).err.matches("warning: ").count(), 25);
    let ran = workspace.run(&["plan"]);
    assert_eq!((ran.code, ran.err.matches("warning: ").count()), (0, 10));
    assert!(
        ran.err.ends_with("\n15 more: run `sentrynet check config/sentrynet.yaml` to see them all\n\n"),
        "{}",
        ran.err
    );
}

#[test]
fn without_a_terminal_there_are_no_colours_and_no_broken_sentences() {
    let workspace = Workspace::with("groups: [{name: a, probes: [{probe: probes.http, url: a.example}]}]\n");
    for command in ["check", "run", "plan", "compile", "push"] {
        let ran = workspace.run(&[command]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}");
        assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
        let sentence = "error: this is not a URL that can be probed: it does not begin with `https://` or `http://`\n";
        assert!(ran.err.starts_with(sentence), "{command}: {}", ran.err);
    }
}
