//! Where the reference says more about a problem.

use crate::config::keys::FILE;
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::probe::keys::PROBE;
use crate::probe::kind::KINDS;
use crate::schema::path::join;
use crate::schema::shape::{Key, Object, Shape};

/// Where the reference is, as people who have the sources see it.
const REFERENCE: &str = "docs/configuration.md";

/// What the reference says of the key that a problem is about; of the map it is in, if there is no such key.
pub fn reference_of(diagnostic: &Diagnostic) -> Option<String> {
    let anchor = match diagnostic.code {
        code if code.severity() == Severity::Warning => warning(code),
        Code::MissingKey(name) => anchor_of(&join(&diagnostic.path, name), None)?,
        Code::UnknownKey(near) => anchor_of(&diagnostic.path, near)?,
        _ => anchor_of(&diagnostic.path, None)?,
    };
    Some(format!("{REFERENCE}#{anchor}"))
}

/// The anchor of a kind of warning.
pub(crate) fn warning(code: Code) -> String {
    format!("warning-{}", code.as_str())
}

/// Follows a key path through the table of keys; `near` is what an unknown key in it was probably meant to be.
fn anchor_of(path: &str, near: Option<&str>) -> Option<String> {
    static ROOT: Shape = Shape::Object(&FILE);
    let mut shape = &ROOT;
    let mut found = None;
    for segment in path.split(['.', '[']).filter(|segment| !segment.is_empty()) {
        shape = match shape {
            Shape::List { of, .. } | Shape::Map { of, .. } => {
                found = object_of(of).map(heading).or(found);
                of
            }
            shape => {
                let Some(object) = object_of(shape) else { break };
                let meant = || near.and_then(|near| key(object, near));
                let Some((owner, key)) = key(object, segment).or_else(meant) else { return Some(heading(object)) };
                found = Some(anchor(owner, key));
                &key.shape
            }
        };
    }
    found
}

/// The keys that a map of this shape may have.
fn object_of(shape: &Shape) -> Option<&'static Object> {
    match shape {
        Shape::Object(object) | Shape::OneOf(object) | Shape::Assertion(object) => Some(object),
        Shape::Variants(_) => Some(&PROBE),
        _ => None,
    }
}

/// A key, and the object that it is described with.
fn key(object: &'static Object, name: &str) -> Option<(&'static Object, &'static Key)> {
    let kinds = || KINDS.iter().map(|kind| kind.object);
    let owners: Vec<&Object> = match object.described_by {
        Some(other) => {
            object.key(name)?;
            vec![other]
        }
        // Of a path through a probe the kind is not known.
        None if object.is(&PROBE) || kinds().any(|kind| kind.is(object)) => {
            std::iter::once(&PROBE).chain(kinds()).collect()
        }
        None => vec![object],
    };
    owners.into_iter().find_map(|owner| Some((owner, owner.key(name)?)))
}

/// The anchor of a key.
pub(crate) fn anchor(object: &Object, key: &Key) -> String {
    format!("{}-{}", object.name.replace('.', "-"), key.name)
}

/// The anchor that Markdown renderers give an object's heading.
pub(crate) fn heading(object: &Object) -> String {
    let heading = object.heading.to_lowercase().replace(' ', "-");
    heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::OBJECTS;
    use crate::config::reference::reference;

    #[test]
    fn a_path_leads_to_what_is_said_of_its_key() {
        for (path, anchor) in [
            ("sentry.dsn", "sentry-dsn"),
            ("groups", "file-groups"),
            ("groups[0]", "a-group"),
            ("groups[0].nmae", "a-group"),
            ("groups[12].tags[\"a b\"]", "group-tags"),
            ("groups[0].probes[1]", "every-probe"),
            ("groups[0].probes[1].every", "probe-every"),
            ("groups[0].probes[1].url", "probes-http-url"),
            ("groups[0].probes[1].expected[1]", "probes-http-expected"),
            ("groups[0].probes[1].steps", "probes-script-steps"),
            ("groups[0].probes[1].steps[0]", "a-step"),
            ("groups[0].probes[1].steps[0].every", "a-step"),
            ("groups[0].probes[1].steps[0].headers[\"x.y\"]", "probes-http-headers"),
            ("groups[0].probes[1].steps[0].body.a.b", "probes-http-body"),
            ("groups[0].probes[1].auth.basic.password", "basic-password"),
            ("groups[0].probes[1].assertions.status", "an-assertion"),
            ("groups[0].probes[1].assertions.status.matches", "assertion-matches"),
            ("nothing", "the-file"),
        ] {
            assert_eq!(anchor_of(path, None).as_deref(), Some(anchor), "{path}");
        }
        assert_eq!(anchor_of("groups[0].nmae", Some("name")).as_deref(), Some("group-name"));
        assert_eq!(anchor_of("", None), None);
    }

    #[test]
    fn every_anchor_is_there() {
        let text = reference();
        // As Markdown renderers make them of headings.
        let headings: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .map(|line| {
                let slug = line.to_lowercase().replace(' ', "-");
                slug.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
            })
            .collect();
        for object in OBJECTS.iter().copied() {
            assert!(headings.contains(&heading(object)), "{}", object.name);
            for name in object.keys().map(|key| key.name) {
                let Some((owner, key)) = key(object, name) else { panic!("{} has no {name}", object.name) };
                let anchor = anchor(owner, key);
                assert!(text.contains(&format!("<a id=\"{anchor}\"></a>")), "{anchor}");
            }
        }
        for kind in crate::config::lints::warnings() {
            assert!(text.contains(&format!("<a id=\"{}\"></a>", warning(kind.code))), "{}", kind.code.as_str());
        }
    }
}
