//! Everything but groups: where results go, the tags and the regions of all.

use super::model::SentrySettings;
use crate::outcome::Tags;
use crate::probe::read::tags;
use crate::schema::parsed::{Content, Fields, Parsed};
use crate::secrets::Secret;

/// Everything but groups.
#[derive(Default)]
pub(super) struct Settings {
    pub sentry: SentrySettings,
    pub tags: Tags,
    pub regions: Vec<String>,
}

impl Settings {
    /// Takes the values of the keys.
    pub fn read(fields: &Fields) -> Self {
        let sentry = fields.fields("sentry");
        let mut all = sentry.map(|sentry| tags(sentry.map("tags"))).unwrap_or_default();
        all.extend(tags(fields.map("tags")));
        let text = |name: &str| sentry.and_then(|sentry| sentry.text(name));
        Self {
            sentry: SentrySettings {
                dsn: text("dsn").map(Secret::new),
                environment: text("environment").map(str::to_owned),
            },
            tags: all,
            regions: texts(fields.list("regions")),
        }
    }
}

/// The strings of a list.
pub(super) fn texts(items: &[Parsed]) -> Vec<String> {
    let text = |item: &Parsed| match &item.content {
        Content::Node(node) => node.text().map(str::to_owned),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}
