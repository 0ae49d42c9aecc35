//! The inputs that fuzzing has left in fuzz/corpus/: each still does what its target asks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::support::fuzzing::TARGETS;

#[test]
fn every_input_that_was_kept_passes() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut failed = Vec::new();
    for (target, check) in TARGETS {
        let inputs = std::fs::read_dir(corpora.join(target)).unwrap_or_else(|error| panic!("{target}: {error}"));
        let mut paths: Vec<_> = inputs.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        assert!(paths.len() >= 10, "{target} has {} inputs only", paths.len());
        for path in paths {
            let bytes = std::fs::read(&path).expect("a file");
            if catch_unwind(AssertUnwindSafe(|| check(&bytes))).is_err() {
                failed.push(path);
            }
        }
    }
    assert!(failed.is_empty(), "these fail: {failed:#?}");
}

#[test]
fn every_corpus_has_a_target_and_every_target_is_built() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |directory: &str| {
        let entries = std::fs::read_dir(fuzz.join(directory)).expect("a directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").path().with_extension(""))
            .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names("corpus"), targets);
    assert_eq!(names("targets"), targets);
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).expect("a manifest");
    for target in targets {
        assert!(manifest.contains(&format!("path = \"targets/{target}.rs\"")), "{target} is not built");
    }
}
