//! A walk over the values of a document that the tables of keys know.

use super::path::join;
use super::shape::{Object, Shape};
use crate::yaml::node::{Kind, Node};

/// Calls `visit` with every value of a known key below `node`, which is one of `object`: the value, its shape and its path.
pub(crate) fn values(
    node: &mut Node,
    object: &'static Object,
    path: &str,
    visit: &mut dyn FnMut(&mut Node, &'static Shape, &str),
) {
    let Kind::Map(entries) = &mut node.kind else { return };
    for entry in entries {
        if let Some(key) = object.key(&entry.name) {
            value(&mut entry.value, &key.shape, &join(path, &entry.name), visit);
        }
    }
}

fn value(node: &mut Node, shape: &'static Shape, path: &str, visit: &mut dyn FnMut(&mut Node, &'static Shape, &str)) {
    visit(node, shape, path);
    match (shape, &mut node.kind) {
        (Shape::List { of, .. }, Kind::List(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                value(item, of, &format!("{path}[{index}]"), visit);
            }
        }
        (Shape::Map { of, .. }, Kind::Map(entries)) => {
            for entry in entries {
                value(&mut entry.value, of, &join(path, &entry.name), visit);
            }
        }
        (Shape::Object(object) | Shape::OneOf(object), Kind::Map(_)) => values(node, object, path, visit),
        (Shape::Variants(variants), Kind::Map(_)) => {
            if let Some(object) = node.get(variants.tag).and_then(Node::text).and_then(|name| variants.named(name)) {
                values(node, object, path, visit);
            }
        }
        _ => {}
    }
}
