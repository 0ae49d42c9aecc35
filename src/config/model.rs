//! The typed, validated configuration: what the rest of the house knows of it.

use std::sync::Arc;

use crate::outcome::Tags;
use crate::probe::Probe;
use crate::secrets::{Redactor, Secret};

/// A whole configuration, or what one invocation needs of it.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where results go, and under which names.
    pub sentry: SentrySettings,
    /// Where the configuration is deployed; empty means the region at hand.
    pub regions: Vec<String>,
    /// The groups, with unique names.
    pub groups: Vec<Group>,
    /// Finds the values of all secrets of this configuration in a text.
    pub redactor: Redactor,
    /// Key paths of secrets that stand in the configuration itself, the DSN aside.
    pub literal_secrets: Vec<String>,
}

impl Config {
    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The regions that a group runs from: its own, else the configuration's. None: the region at hand.
    pub fn regions_of<'a>(&'a self, group: &'a Group) -> &'a [String] {
        if group.regions.is_empty() { &self.regions } else { &group.regions }
    }
}

/// The `sentry` section.
#[derive(Clone, Debug, Default)]
pub struct SentrySettings {
    /// The DSN as configured; the environment and SSM win over it.
    pub dsn: Option<Secret>,
    /// The environment to report under.
    pub environment: Option<String>,
}

/// Probes that share tags: what one invocation runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Unique name: given, or a slug of `tags.target`, or `group-N`.
    pub name: String,
    /// The group's own tags merged over the configuration's.
    pub tags: Tags,
    /// Regions to run from; empty means all.
    pub regions: Vec<String>,
    /// How regions share the clock.
    pub spread: Spread,
    /// The probes, at least one.
    pub probes: Vec<Arc<Probe>>,
}

/// How the regions of a group share the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Every region at its own phase.
    #[default]
    Stagger,
    /// All regions at the same time.
    Together,
    /// Each tick in one region, in turn.
    RoundRobin,
}
