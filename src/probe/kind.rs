//! TODO

use std::time::Duration;

use super::http::Request;
use super::script::Script;
use crate::outcome::Tags;

/// One thing to check, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// For people, and the transaction's name.
    pub title: String,
    /// Unique within the group: the title, with ` #2`, ` #3`, … where titles repeat.
    pub identity: String,
    /// The period.
    pub every: Duration,
    /// How many runs a tick makes.
    pub burst: u32,
    /// How long one run may take.
    pub timeout: Duration,
    /// How often a failure is tried again within the same run.
    pub retries: u32,
    /// Pause before each retry.
    pub retry_pause: Duration,
    /// The probe's tags merged over the group's (without the built-in `probe` and `location`).
    pub tags: Tags,
    /// What to check.
    pub check: Check,
}

impl Probe {
    /// The probe's kind, e.g. `probes.http`.
    pub const fn kind(&self) -> &'static str {
        match self.check {
            Check::Http(_) => "probes.http",
            Check::Script(_) => "probes.script",
        }
    }
}

/// What a probe checks: one variant a probe kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// `probes.http`: one request.
    Http(Box<Request>),
    /// `probes.script`: requests one after the other that share keys.
    Script(Script),
}
