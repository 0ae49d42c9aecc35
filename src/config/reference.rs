//! The reference of all keys, `docs/configuration.md`: rendered from the table of keys.
//!
//! The errors in it are no copies: every key has snippets with mistakes, which are held against the table here.

pub(crate) mod anchor;

use std::fmt::Write as _;

use self::anchor::anchor;
use super::document::Document;
use super::keys::OBJECTS;
use super::lints::warnings;
use super::load::read;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::probe::keys::PROBE;
use crate::probe::kind::{KINDS, PROBES};
use crate::schema::linter::Warning;
use crate::schema::shape::{Key, Object, Presence, Shape};
use crate::schema::value::duration;
use crate::schema::{Secrets, scalar};

const INTRODUCTION: &str = include_str!("reference.md");

/// The reference as Markdown.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    for object in OBJECTS.iter().copied() {
        let _ = write!(text, "\n## {}\n\n{}\n", object.heading, object.about);
        let kind = KINDS.iter().find(|kind| kind.object.is(object));
        if let Some(kind) = kind {
            let ops: Vec<String> = kind.ops.iter().map(|op| format!("`{}`", op.as_str())).collect();
            let _ = write!(text, "\n{}\nIts spans: {}.\n", kind.docs, ops.join(", "));
            let _ = write!(text, "\nIt has [the keys of every probe](#{}), and these:\n", anchor::heading(&PROBE));
        }
        if let Some(other) = object.described_by {
            let heading = anchor::heading(other);
            let _ = write!(text, "\nThe keys are described under [`{}`](#{heading}).\n", other.name);
            continue;
        }
        // The keys of every probe have a section of their own.
        let is_shared = |key: &&Key| kind.is_some() && PROBE.key(key.name).is_some();
        let keys: Vec<&Key> = object.keys().filter(|key| !is_shared(key)).collect();
        text.push_str("\n| key | value | default |\n|---|---|---|\n");
        for key in &keys {
            let _ = writeln!(
                text,
                "| [`{0}`](#{2}) | {1} | {3} |",
                key.name,
                form(&key.shape),
                anchor(object, key),
                absence(key)
            );
        }
        for key in keys {
            entry(&mut text, object, key);
        }
    }
    text.push_str(WARNINGS);
    for kind in warnings() {
        let slug = kind.code.as_str();
        let _ = write!(text, "\n<a id=\"{}\"></a>\n\n### {slug}\n\n{}\n", anchor::warning(kind.code), kind.about);
        let _ = write!(text, "\n```yaml\n{}\n```\n\n", kind.example);
        for warning in &warned(kind) {
            let _ = writeln!(text, "- {}{}", warning.message, help(warning));
        }
    }
    text
}

const WARNINGS: &str = "
## Warnings

`sentrynet check` and every command that uses a configuration warn of what is valid but probably not intended. A
warning does not change what runs; with `sentrynet check --strict`, it is an error.
";

/// What is said of the example of a kind of warning.
fn warned(kind: &Warning) -> Diagnostics {
    let object = OBJECTS.iter().find(|object| object.name == kind.object);
    let text = object.map_or_else(String::new, |object| surrounded(object, kind.example));
    let document = Document::parse("sentrynet.yaml", text.as_bytes());
    let warnings = document.map(|document| document.warnings()).unwrap_or_default();
    // The surroundings have no tags.
    let is_meant = |diagnostic: &&Diagnostic| diagnostic.code != Code::NoTags || kind.code == Code::NoTags;
    Diagnostics::new(warnings.iter().filter(is_meant).cloned().collect())
}

/// ` (what to do about it)`.
fn help(diagnostic: &Diagnostic) -> String {
    diagnostic.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default()
}

fn entry(text: &mut String, object: &Object, key: &Key) {
    let _ = write!(text, "\n<a id=\"{}\"></a>\n\n### `{}`\n\n{}\n", anchor(object, key), key.name, key.about);
    if key.presence == Presence::NotYet {
        text.push_str("\nThis is planned: until then, using it is an error.\n");
        return;
    }
    let _ = write!(text, "\n- Value: {}\n- Default: {}\n", form(&key.shape), absence(key));
    let _ = write!(text, "\n```yaml\n{}\n```\n\nErrors it can give:\n\n", key.example);
    if key.presence == Presence::Required {
        let _ = writeln!(text, "- without it: `{}` is missing", key.name);
    }
    for mistake in key.mistakes {
        let shown = mistake.replace('\n', "⏎");
        // Only what the snippet is to blame for.
        let diagnostics = validate(object, mistake).err();
        let diagnostics =
            diagnostics.iter().flatten().map(|diagnostic| format!("{}{}", diagnostic.message, help(diagnostic)));
        let _ = writeln!(text, "- `{shown}`: {}", diagnostics.collect::<Vec<_>>().join("; "));
    }
}

/// What reading says of a snippet that stands in an object, the rest being fine.
fn validate(object: &Object, snippet: &str) -> Result<(), Diagnostics> {
    let text = surrounded(object, snippet);
    let document = Document::parse("sentrynet.yaml", text.as_bytes())?;
    read(&document, &Secrets::placeholders()).map(drop)
}

/// A configuration with the snippet in its place.
fn surrounded(object: &Object, snippet: &str) -> String {
    let has = |key: &str| snippet.starts_with(&format!("{key}:")) || snippet.contains(&format!("\n{key}:"));
    let mut inner: String =
        object.frame.beside.iter().filter(|(key, _)| !has(key)).map(|(_, line)| format!("{line}\n")).collect();
    inner.push_str(snippet);
    let Some(within) = object.frame.within else { return inner };
    let at = object.frame.at;
    // As far as the last key of what it stands below.
    let last = at.lines().last().unwrap_or_default();
    let indent = " ".repeat(last.len() - last.trim_start().len() + 2);
    let nested = format!("{at}\n{indent}{}", inner.replace('\n', &format!("\n{indent}")));
    match OBJECTS.iter().find(|object| object.name == within) {
        Some(parent) => surrounded(parent, &nested),
        None => nested,
    }
}

/// The address of an object's section.
fn link(object: &Object) -> String {
    format!("#{}", anchor::heading(object))
}

fn absence(key: &Key) -> String {
    match key.presence {
        Presence::Required => "**required**".to_owned(),
        Presence::Default(value) => format!("`{value}`"),
        Presence::Otherwise(text) => text.to_owned(),
        Presence::Optional => "none".to_owned(),
        Presence::NotYet => "not supported yet".to_owned(),
    }
}

/// The form of a value in words.
fn form(shape: &Shape) -> String {
    match shape {
        Shape::Text { max } => format!("a string of at most {max} characters"),
        Shape::Duration { min, max, whole } => {
            let seconds = if *whole { ", in whole seconds" } else { "" };
            format!("a duration, {} to {}{seconds}", duration::show_duration(*min), duration::show_duration(*max))
        }
        Shape::Size { max } => format!("a number of bytes, at most {} MiB", max >> 20),
        Shape::Integer { min, max: u64::MAX } => format!("a whole number from {min}"),
        Shape::Integer { min, max } => format!("a whole number, {min} to {max}"),
        Shape::Words(words) => quoted(words),
        Shape::Tag => quoted(&PROBES.names().collect::<Vec<_>>()),
        Shape::Expected => "a code (`200`), a class (`2xx`), a range (`200-204`), or a list of these".to_owned(),
        Shape::List { of, min } => {
            format!("a list of {}{}", forms(of), if *min > 0 { ", at least one" } else { "" })
        }
        Shape::Map { of, .. } => format!("a map; each value: {}", form(of)),
        Shape::Object(object) => format!("a map: [{}]({})", object.name, link(object)),
        Shape::OneOf(object) => format!("a map of one key: [{}]({})", object.name, link(object)),
        Shape::Assertion(object) => format!("a value, or a map: [{}]({})", object.name, link(object)),
        Shape::Variants(variants) => variants.what.to_owned(),
        shape => scalar::name(shape).to_owned(),
    }
}

/// `a`, `b`.
fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn forms(shape: &Shape) -> String {
    match shape {
        Shape::Variants(_) => format!("[probes]({})", link(&PROBE)),
        Shape::Region => "AWS regions".to_owned(),
        Shape::Object(object) => format!("maps: [{}]({})", object.name, link(object)),
        shape => form(shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Partition;

    fn keys() -> impl Iterator<Item = (&'static Object, &'static Key)> {
        // The kinds of probes repeat the keys of every probe.
        let own = |(object, key): &(&'static Object, &'static Key)| {
            !KINDS.iter().any(|kind| kind.object.is(object)) || PROBE.key(key.name).is_none()
        };
        OBJECTS.iter().flat_map(|object| object.keys().map(move |key| (*object, key))).filter(own)
    }

    #[test]
    fn every_example_loads() {
        for (object, key) in keys().filter(|(_, key)| key.presence != Presence::NotYet) {
            let text = surrounded(object, key.example);
            validate(object, key.example)
                .unwrap_or_else(|diagnostics| panic!("{}.{}:\n{text}\n{diagnostics}", object.name, key.name));
            assert!(
                key.example.contains(&format!("{}:", key.name)),
                "{}.{} is not in its example",
                object.name,
                key.name
            );
            if let Presence::Default(value) = key.presence {
                let snippet = format!("{}: {value}", key.name);
                validate(object, &snippet)
                    .unwrap_or_else(|diagnostics| panic!("the default of {}: {diagnostics}", key.name));
            }
        }
    }

    #[test]
    fn every_example_can_be_pushed() {
        for (object, key) in keys().filter(|(_, key)| key.presence != Presence::NotYet) {
            let text = surrounded(object, key.example);
            let document =
                Document::parse("a.yaml", text.as_bytes()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
            Partition::of(&document).unwrap_or_else(|diagnostics| panic!("{text}\n{diagnostics}"));
        }
    }

    #[test]
    fn every_mistake_is_found_and_is_the_only_one() {
        for (object, key) in keys().filter(|(_, key)| key.presence != Presence::NotYet) {
            assert!(!key.mistakes.is_empty(), "{}.{} shows no mistake", object.name, key.name);
            for mistake in key.mistakes {
                let diagnostics = validate(object, mistake).err();
                let count = diagnostics.as_ref().map_or(0, Diagnostics::len);
                assert_eq!(
                    count,
                    1,
                    "{}.{}: {mistake}\n{diagnostics:#?}\n{}",
                    object.name,
                    key.name,
                    surrounded(object, mistake)
                );
            }
        }
    }

    #[test]
    fn every_kind_of_warning_has_an_example_that_gives_it_and_nothing_else() {
        for kind in warnings() {
            let slug = kind.code.as_str();
            let found = warned(kind);
            let codes: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
            assert_eq!(codes, [kind.code], "{slug}: {found}");
            let object = OBJECTS.iter().find(|object| object.name == kind.object).expect("an object");
            validate(object, kind.example).unwrap_or_else(|diagnostics| panic!("{slug}: {diagnostics}"));
        }
        let kinds = warnings().map(|kind| kind.code.as_str());
        let distinct: std::collections::BTreeSet<_> = kinds.clone().collect();
        assert_eq!(distinct.len(), kinds.count());
    }

    #[test]
    fn every_planned_key_says_that_it_is_planned() {
        for (object, key) in keys().filter(|(_, key)| key.presence == Presence::NotYet) {
            let diagnostics = validate(object, &format!("{}: 1", key.name)).expect_err("a problem").to_string();
            assert!(diagnostics.contains(&format!("`{}` is not supported yet", key.name)), "{diagnostics}");
        }
    }
}
