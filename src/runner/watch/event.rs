//! What happens while SentryNet watches, as a view needs to know it.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::config::Config;
use crate::diagnostics::Diagnostics;
use crate::outcome::Outcome;
use crate::probe::Probe;
use crate::runner::Finished;
use crate::schedule::Cadence;
use crate::sentry::Delivered;

/// Something that happened. Cheap to clone. Titles, names and sentences of probes may contain secrets:
/// [`Config::redactor`] knows them.
#[derive(Clone, Debug)]
pub enum Event {
    /// Watching has begun.
    Started(Watching),
    /// A notice about the configuration; sent once.
    Notice(String),
    /// A pass has begun: probes of one group that are due at one tick.
    Begun {
        /// The group's name.
        group: String,
        /// The tick.
        tick: OffsetDateTime,
        /// Its probes.
        probes: Vec<Arc<Probe>>,
    },
    /// A run is over, or was skipped. It is not delivered yet.
    Ran {
        /// Its configuration.
        config: Arc<Config>,
        /// The probe.
        probe: Arc<Probe>,
        /// The result.
        outcome: Arc<Outcome>,
    },
    /// A pass is over, and delivered as far as that is possible now. Each of its runs was an event before.
    Passed {
        /// Its configuration.
        config: Arc<Config>,
        /// The result.
        finished: Arc<Finished>,
    },
    /// A pass could not be made or delivered, and why.
    NotPassed(String),
    /// Envelopes that waited were delivered, or an attempt was made.
    Delivered(Delivered),
    /// Ticks were missed: the machine slept, or its clock was set.
    Missed(Missed),
    /// The clock was set back by this much: ticks are computed anew.
    SetBack(Duration),
    /// Another configuration is used from now on.
    Reloaded(Watching, Changes),
    /// The newest configuration cannot be used: the last valid one stays.
    Refused(Diagnostics),
    /// No new ticks; what is in flight may end within the grace period.
    Stopping {
        /// How many passes are in flight.
        passes: usize,
        /// How long they may take.
        grace: Duration,
    },
    /// What is still in flight is cut short.
    Cut,
    /// Watching has ended.
    Stopped {
        /// How many envelopes did not arrive. They are in the log.
        undelivered: usize,
    },
}

/// What is watched.
#[derive(Clone, Debug)]
pub struct Watching {
    /// The configuration.
    pub config: Arc<Config>,
    /// Its probes, in its order.
    pub probes: Arc<[Watched]>,
    /// Whether results are delivered.
    pub is_delivered: bool,
}

/// A probe and when it is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The group's name.
    pub group: String,
    /// The probe.
    pub probe: Arc<Probe>,
    /// When it is due here.
    pub cadence: Cadence,
}

impl Watched {
    /// The first tick at `time` or after it.
    pub fn next(&self, time: OffsetDateTime) -> OffsetDateTime {
        // A window of one period holds one tick, except at the end of time.
        self.cadence.ticks(time, self.cadence.period).next().unwrap_or(time + Duration::from_secs(1))
    }
}

/// Ticks that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// How many, of all probes together.
    pub ticks: u64,
    /// The first of them.
    pub since: OffsetDateTime,
}

/// What another configuration changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Probes that are new.
    pub added: usize,
    /// Probes that are gone.
    pub removed: usize,
    /// Probes whose settings or cadence have changed.
    pub changed: usize,
}
