//! What of a document messages must not show: told by the tables of keys, and by names where these know nothing.

use super::secret_ref::SecretRef;
use super::shape::{Names, Object, Secrecy, Shape};
use crate::diagnostics::source::Span;
use crate::secrets::sensitive::{holds_credentials, is_file_name, is_sensitive};
use crate::yaml::node::{Entry, Kind, Node};

/// Hides every scalar below `node`, which is one of `object`, that may be secret, and returns where they stand.
pub(crate) fn hide(node: &mut Node, object: &'static Object) -> Vec<Span> {
    let mut spans = Vec::new();
    match &mut node.kind {
        Kind::Map(entries) => of_object(entries, object, false, &mut spans),
        _ => walk(node, None, false, &mut spans),
    }
    spans
}

/// `shape` is the value's, if it is known; `within` says that it is part of something secret.
fn walk(node: &mut Node, shape: Option<&'static Shape>, within: bool, spans: &mut Vec<Span>) {
    let hidden = within || node.text().is_some_and(holds_credentials);
    // `{env: TOKEN}` names a secret and does not hold it.
    let refers = SecretRef::of(node).is_some_and(|reference| match shape {
        Some(Shape::Json | Shape::Body) => reference.is_plain_in_json(),
        shape => shape.is_none_or(Shape::is_scalar),
    });
    match &mut node.kind {
        Kind::Scalar { .. } if hidden => {
            node.hidden = true;
            spans.push(node.span);
            // What an alias stands for may be shown beside it.
            spans.extend(node.other.filter(|other| other.start < node.span.start));
        }
        Kind::Scalar { .. } => {}
        Kind::List(items) => {
            let of = match shape {
                Some(Shape::List { of, .. }) => Some(*of),
                shape => shape,
            };
            items.iter_mut().for_each(|item| walk(item, of, within, spans));
        }
        Kind::Map(_) if refers => {}
        Kind::Map(entries) => match shape {
            Some(Shape::Object(object) | Shape::OneOf(object) | Shape::Assertion(object)) => {
                of_object(entries, object, within, spans);
            }
            Some(Shape::Variants(variants)) => {
                let tag = entries.iter().find(|entry| entry.name == variants.tag).and_then(|entry| entry.value.text());
                let object = tag.and_then(|tag| variants.named(tag));
                match object.or_else(|| variants.guess(entries.iter().map(|entry| entry.name.as_str()))) {
                    Some(object) => of_object(entries, object, within, spans),
                    None => by_name(entries, None, within, spans),
                }
            }
            Some(Shape::Map { names, of }) => {
                for entry in entries {
                    let is_key = *names == Names::Headers && entry.name.to_lowercase().contains("key");
                    walk(&mut entry.value, Some(of), within || is_key || is_sensitive(&entry.name), spans);
                }
            }
            shape => by_name(entries, shape, within, spans),
        },
    }
}

fn of_object(entries: &mut [Entry], object: &'static Object, within: bool, spans: &mut Vec<Span>) {
    for entry in entries {
        let Some(key) = object.key(&entry.name) else {
            by_name(std::slice::from_mut(entry), None, within, spans);
            continue;
        };
        let within = match key.secrecy {
            Secrecy::Open => false,
            // A file's name is no secret.
            Secrecy::Hidden | Secrecy::Secret if matches!(key.shape, Shape::Pem(_)) => {
                !entry.value.text().is_some_and(is_file_name)
            }
            Secrecy::Hidden | Secrecy::Secret => true,
            Secrecy::ByName => within || is_sensitive(key.name),
        };
        match (&key.shape, &mut entry.value.kind) {
            // The names of such a map are the user's own, and no secrets: what is under them is looked for.
            (Shape::Map { of, .. }, Kind::Map(entries)) if key.secrecy == Secrecy::Open => {
                entries.iter_mut().for_each(|entry| walk(&mut entry.value, Some(of), false, spans));
            }
            (shape, _) => walk(&mut entry.value, Some(shape), within, spans),
        }
    }
}

/// Entries whose names are all that is known.
fn by_name(entries: &mut [Entry], shape: Option<&'static Shape>, within: bool, spans: &mut Vec<Span>) {
    for entry in entries {
        walk(&mut entry.value, shape, within || is_sensitive(&entry.name), spans);
    }
}
