//! Why a text cannot be rendered.

use super::format_spec::SpecError;
use super::variables::Variables;

/// How many near names an error lists at most.
const MAX_NEAR: usize = 3;

/// Longer names are cut in errors: a name may turn out to be half a JSON document.
const MAX_NAME_LENGTH: usize = 60;

/// Why a text cannot be rendered with the current keys. Names keys and items, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterpolationError {
    /// The text asks for a key that is not set.
    #[error("key {} is not set{}", quoted(key), advice(key, near))]
    Unset {
        /// The key's name, as the text has it.
        key: String,
        /// Names of set keys that are spelt nearly so, nearest first.
        near: Vec<String>,
    },
    /// The key's value does not have what the text asks of it.
    #[error("key {}: {error}", quoted(key))]
    Item {
        /// The key's name.
        key: String,
        /// What is missing.
        error: ItemError,
    },
    /// The key's value cannot be formatted as the text asks.
    #[error("key {}: {error}", quoted(key))]
    Format {
        /// The key's name.
        key: String,
        /// Why not.
        error: SpecError,
    },
}

/// Why a subscript finds nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// No item of that number. Maps have none: their entries have names, and `[0]` is not the name `0`.
    #[error("{kind} has no item {index}")]
    Index {
        /// The number; the first item is 0.
        index: usize,
        /// What the value is.
        kind: &'static str,
    },
    /// No entry of that name.
    #[error("the map has no entry {}", quoted(name))]
    Entry {
        /// The name.
        name: String,
    },
    /// Items of lists and texts are asked for by number, and by one that is not negative.
    #[error("the items of {kind} are numbered (from 0), not named")]
    NotANumber {
        /// What the value is.
        kind: &'static str,
    },
    /// The value has no items at all.
    #[error("{kind} has no items")]
    NoItems {
        /// What the value is.
        kind: &'static str,
    },
    /// JSON values have no attributes.
    #[error("values have no attributes such as {}; write the entry of a map in brackets", quoted(name))]
    Attribute {
        /// The name.
        name: String,
    },
}

impl InterpolationError {
    /// The error for a key that is not among `keys`.
    pub(crate) fn unset(key: &str, keys: &Variables) -> Self {
        // Comparing costs the product of the lengths: names that long are no misspelling.
        let comparable = |name: &str| name.len() <= MAX_NAME_LENGTH;
        let mut near: Vec<(usize, &str)> = keys
            .names()
            .filter(|name| comparable(name) && comparable(key))
            .map(|name| (strsim::osa_distance(&name.to_lowercase(), &key.trim().to_lowercase()), name))
            .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(1))
            .collect();
        near.sort_by_key(|(distance, _)| *distance);
        near.truncate(MAX_NEAR);
        Self::Unset { key: key.to_owned(), near: near.into_iter().map(|(_, name)| name.to_owned()).collect() }
    }
}

/// A name on one line, in quotes, cut if it is long.
fn quoted(name: &str) -> String {
    let mut shown: String = name.chars().take(MAX_NAME_LENGTH).flat_map(char::escape_debug).collect();
    if name.chars().nth(MAX_NAME_LENGTH).is_some() {
        shown.push('…');
    }
    format!("'{}'", shown.replace("\\'", "'").replace("\\\"", "\""))
}

fn advice(key: &str, near: &[String]) -> String {
    if !near.is_empty() {
        let names: Vec<String> = near.iter().map(|name| quoted(name)).collect();
        return format!("; did you mean {}?", names.join(" or "));
    }
    // What JSON with single braces amounts to.
    if key.contains('"') || key.contains('\n') { "; write '{{' and '}}' for literal braces" } else { "" }.to_owned()
}
