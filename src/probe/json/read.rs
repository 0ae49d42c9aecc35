//! Assertions as they are written.

use serde_json::Value;

use super::assertion::{Assertion, JsonType};
use crate::schema::parsed::{Content, Parsed};
use crate::yaml::node::Node;

/// What has to hold of a key; `None` where it cannot be read.
pub(crate) fn assertion(value: &Parsed) -> Option<Assertion> {
    let fields = match &value.content {
        // A plain value stands for `value`.
        Content::Node(node) => return Some(Assertion { value: Some(node.json()), ..Assertion::default() }),
        Content::Fields(fields) => fields,
        _ => return None,
    };
    let json = |name: &str| -> Option<Value> { fields.node(name).map(Node::json) };
    Some(Assertion {
        // Unset is not the same as the default to whoever compares assertions.
        exists: fields.boolean("exists").filter(|_| fields.has("exists")),
        value: json("value"),
        not: json("not"),
        lt: json("lt"),
        lte: json("lte"),
        gt: json("gt"),
        gte: json("gte"),
        contains: json("contains"),
        matches: fields.pattern("matches"),
        type_: fields.word("type").and_then(JsonType::named),
        length: fields.integer("length"),
    })
}
