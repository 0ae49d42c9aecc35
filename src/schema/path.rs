//! Key paths, as messages name them: `groups[0].probes[1].url`.

use std::borrow::Cow;

/// A longer name is cut: thousands of paths may go through one.
const MAX_NAME_LENGTH: usize = 100;

/// The path of an entry: `a.b`, or `a["b c"]` where the name needs it.
pub(crate) fn join(path: &str, name: &str) -> String {
    let end = name.char_indices().nth(MAX_NAME_LENGTH).map(|(end, _)| end);
    let name = end.map_or(Cow::Borrowed(name), |end| format!("{}…", &name[..end]).into());
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    match (path.is_empty(), plain) {
        (true, true) => name.into_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{name:?}]"),
    }
}
