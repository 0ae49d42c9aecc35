//! TODO

use crate::config::keys::GENERIC_KEYS;
use crate::schema::shape::Object;

/// The keys of every probe. Only the reference shows them by themselves.
pub(crate) static PROBE: Object =
    Object { name: "probe", about: "The keys that every kind of probe has.", keys: &[GENERIC_KEYS] };
