//! A script as it is run.

use serde_json::Value;

use crate::probe::http::Request;

/// The steps of `probes.script`.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The keys' initial values, in the order written.
    pub init_keys: Vec<(String, Value)>,
    /// The requests, at least one.
    pub steps: Vec<Request>,
}
