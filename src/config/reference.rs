//! The reference of all keys, `docs/configuration.md`: rendered from the table of keys.
//!
//! The errors in it are no copies: every key has snippets with mistakes, which are held against the table here.

pub(crate) mod anchor;

use std::fmt::Write as _;

use super::document::Document;
use super::keys::OBJECTS;
use super::lints;
use super::lints::catalogue::WarningKind;
use super::load::read;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::schema::shape::{Key, Object, Presence, Shape};
use crate::schema::value::duration;
use crate::schema::{Secrets, scalar};

const INTRODUCTION: &str = include_str!("reference.md");

/// The reference as Markdown.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    for object in OBJECTS {
        let _ = write!(text, "\n## {}\n\n{}\n", heading(object), object.about);
        // The keys of every probe have a section of their own.
        let shared = if matches!(object.name, "probes.http" | "probes.script") { 1 } else { 0 };
        if shared > 0 {
            text.push_str("\nIt has [the keys of every probe](#every-probe), and these:\n");
        }
        if object.name == "step" {
            text.push_str("\nThe keys are described under [`probes.http`](#probeshttp).\n");
            continue;
        }
        let keys: Vec<&Key> = object.keys.iter().skip(shared).copied().flatten().collect();
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
    for kind in lints::KINDS {
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

`sentrynet check` and every command that uses a configuration say what in it is probably not meant. A warning changes nothing
about what runs; with `sentrynet check --strict` it is an error.
";

/// What is said of the example of a kind of warning.
fn warned(kind: &WarningKind) -> Diagnostics {
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
        text.push_str("\nThis is planned; using it is an error that says so.\n");
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
        let diagnostics = judge(object, mistake).err();
        let diagnostics =
            diagnostics.iter().flatten().map(|diagnostic| format!("{}{}", diagnostic.message, help(diagnostic)));
        let _ = writeln!(text, "- `{shown}`: {}", diagnostics.collect::<Vec<_>>().join("; "));
    }
}

/// What reading says of a snippet that stands in an object, the rest being fine.
pub(crate) fn judge(object: &Object, snippet: &str) -> Result<(), Diagnostics> {
    let text = surrounded(object, snippet);
    let document = Document::parse("sentrynet.yaml", text.as_bytes())?;
    read(&document, &Secrets::stand_ins()).map(drop)
}

/// A configuration with the snippet in its place.
fn surrounded(object: &Object, snippet: &str) -> String {
    let has = |key: &str| snippet.starts_with(&format!("{key}:")) || snippet.contains(&format!("\n{key}:"));
    let with = |key: &str, line: &str| if has(key) { snippet.to_owned() } else { format!("{line}\n{snippet}") };
    let (parent, place, inner) = match object.name {
        "file" | "settings" => {
            let groups = "groups: [{probes: [{probe: probes.http, url: \"https://www.example.com/\"}]}]";
            return with("groups", groups);
        }
        "sentry" => ("file", "sentry:", snippet.to_owned()),
        "group" => {
            let probes = "probes: [{probe: probes.http, url: \"https://www.example.com/\"}]";
            ("file", "groups:\n-", with("probes", probes))
        }
        "probe" => {
            let probe = if has("probe") { "" } else { "probe: probes.http\n" };
            ("group", "probes:\n-", format!("url: https://www.example.com/\n{probe}{snippet}"))
        }
        "probes.http" => {
            let inner = with("url", "url: https://www.example.com/");
            let probe = if has("probe") { "" } else { "probe: probes.http\n" };
            ("group", "probes:\n-", format!("{probe}{inner}"))
        }
        "probes.script" => {
            let steps = with("steps", "steps: [{url: \"https://www.example.com/\"}]");
            let title = if has("title") { "" } else { "title: Script\n" };
            ("group", "probes:\n-", format!("probe: probes.script\n{title}{steps}"))
        }
        "step" => ("probes.script", "steps:\n-", with("url", "url: https://www.example.com/")),
        "auth" => ("probes.http", "auth:", snippet.to_owned()),
        "basic" => {
            let other = if has("username") { "password: {env: PASSWORD}" } else { "username: alice" };
            ("auth", "basic:", format!("{other}\n{snippet}"))
        }
        "tls" => ("probes.http", "tls:", snippet.to_owned()),
        "assertion" => (
            "probes.http",
            "set_keys: {status: $.status}\nassertions:\n  status:",
            format!("  {}", snippet.replace('\n', "\n  ")),
        ),
        _ => return snippet.to_owned(),
    };
    let inner = inner.replace('\n', "\n  ");
    let parent = OBJECTS.iter().find(|object| object.name == parent);
    let nested = format!("{place}\n  {inner}");
    parent.map_or(nested.clone(), |parent| surrounded(parent, &nested))
}

fn heading(object: &Object) -> String {
    match object.name {
        "file" => "The file".to_owned(),
        "group" => "A group".to_owned(),
        "probe" => "Every probe".to_owned(),
        "step" => "A step".to_owned(),
        "basic" => "`auth.basic`".to_owned(),
        "assertion" => "An assertion".to_owned(),
        name => format!("`{name}`"),
    }
}

fn anchor(object: &Object, key: &Key) -> String {
    format!("{}-{}", object.name.replace('.', "-"), key.name)
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
        Shape::Text { most } => format!("a text of at most {most} characters"),
        Shape::Duration { least, most, whole } => {
            let seconds = if *whole { ", in whole seconds" } else { "" };
            format!(
                "a span of time, {} to {}{seconds}",
                duration::show_duration(*least),
                duration::show_duration(*most)
            )
        }
        Shape::Size { most } => format!("a number of bytes, at most {} MiB", most >> 20),
        Shape::Integer { least, most: u64::MAX } => format!("a whole number from {least}"),
        Shape::Integer { least, most } => format!("a whole number, {least} to {most}"),
        Shape::Words(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::Expected => "a code (`200`), a class (`2xx`), a range (`200-204`), or a list of these".to_owned(),
        Shape::List { of, least } => {
            format!("a list of {}{}", forms(of), if *least > 0 { ", at least one" } else { "" })
        }
        Shape::Map { of, .. } => format!("a map; each value: {}", form(of)),
        Shape::Object(object) => format!("a map: [{}]({})", object.name, link(object)),
        Shape::OneOf(object) => format!("a map of one key: [{}]({})", object.name, link(object)),
        Shape::Assertion(object) => format!("a value, or a map: [{}]({})", object.name, link(object)),
        Shape::Probe => "a probe".to_owned(),
        shape => scalar::name(shape).to_owned(),
    }
}

fn forms(shape: &Shape) -> String {
    match shape {
        Shape::Probe => "[probes](#every-probe)".to_owned(),
        Shape::Region => "AWS regions".to_owned(),
        Shape::Object(object) => format!("maps: [{}]({})", object.name, link(object)),
        shape => form(shape),
    }
}

/// The anchor that Markdown renderers give an object's heading.
fn link(object: &Object) -> String {
    let heading = heading(object).to_lowercase().replace(' ', "-");
    format!("#{}", heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Partition;
    use crate::probe::keys::PROBE;

    fn keys() -> impl Iterator<Item = (&'static Object, &'static Key)> {
        // The kinds of probes repeat the keys of every probe.
        let own = |(object, key): &(&'static Object, &'static Key)| {
            !object.name.starts_with("probes.") || PROBE.key(key.name).is_none()
        };
        OBJECTS.iter().flat_map(|object| object.keys().map(move |key| (*object, key))).filter(own)
    }

    #[test]
    fn every_example_loads() {
        for (object, key) in keys().filter(|(_, key)| key.presence != Presence::NotYet) {
            let text = surrounded(object, key.example);
            judge(object, key.example)
                .unwrap_or_else(|diagnostics| panic!("{}.{}:\n{text}\n{diagnostics}", object.name, key.name));
            assert!(
                key.example.contains(&format!("{}:", key.name)),
                "{}.{} is not in its example",
                object.name,
                key.name
            );
            if let Presence::Default(value) = key.presence {
                let snippet = format!("{}: {value}", key.name);
                judge(object, &snippet)
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
                let diagnostics = judge(object, mistake).err();
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
        for kind in lints::KINDS {
            let slug = kind.code.as_str();
            let found = warned(kind);
            let codes: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
            assert_eq!(codes, [kind.code], "{slug}: {found}");
            let object = OBJECTS.iter().find(|object| object.name == kind.object).expect("an object");
            judge(object, kind.example).unwrap_or_else(|diagnostics| panic!("{slug}: {diagnostics}"));
        }
        let kinds = lints::KINDS.iter().map(|kind| kind.code.as_str());
        let distinct: std::collections::BTreeSet<_> = kinds.clone().collect();
        assert_eq!(distinct.len(), kinds.count());
    }

    #[test]
    fn every_planned_key_says_that_it_is_planned() {
        for (object, key) in keys().filter(|(_, key)| key.presence == Presence::NotYet) {
            let diagnostics = judge(object, &format!("{}: 1", key.name)).expect_err("a problem").to_string();
            assert!(diagnostics.contains(&format!("`{}` is not supported yet", key.name)), "{diagnostics}");
        }
    }
}
