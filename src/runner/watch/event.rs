//! What happens while SentryNet watches: everything that a view needs to know.

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

/// Something that happened. Cheap to clone. Texts are fit to be shown, but titles, names and sentences of probes may hold
/// secrets: [`Config::redactor`] knows them.
#[derive(Clone, Debug)]
pub enum Event {
    /// Watching has begun.
    Started(Watching),
    /// Something to know about how it is watched; said once.
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
    /// A run is over, or was not made. It is not delivered yet.
    Ran {
        /// The configuration that it was made under.
        config: Arc<Config>,
        /// The probe.
        probe: Arc<Probe>,
        /// What came of it.
        outcome: Arc<Outcome>,
    },
    /// A pass is over, and delivered as far as that is possible now. Each of its runs was told before.
    Passed {
        /// The configuration that it was made under.
        config: Arc<Config>,
        /// What came of it.
        finished: Arc<Finished>,
    },
    /// A pass could not be made or delivered; the sentence says why.
    NotPassed(String),
    /// Something was delivered that had waited, or it was tried.
    Delivered(Delivered),
    /// Ticks went by: the machine slept, or its clock was set.
    Missed(Missed),
    /// The clock was set back by so much: probes begin anew on it.
    SetBack(Duration),
    /// Another configuration is followed from now on.
    Reloaded(Watching, Changes),
    /// The newest configuration cannot be used: the last good one stays.
    Refused(Diagnostics),
    /// No new ticks; what is out ends by itself within so long.
    Stopping {
        /// How many passes are out.
        passes: usize,
        /// How long they have.
        grace: Duration,
    },
    /// What is still out is cut short.
    Cut,
    /// All is over.
    Stopped {
        /// How many envelopes did not arrive. They stand in the log.
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
    /// Whether results go anywhere.
    pub is_delivered: bool,
}

/// A probe and when it is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The group's name.
    pub group: String,
    /// The probe.
    pub probe: Arc<Probe>,
    /// Its ticks here.
    pub beat: Cadence,
}

impl Watched {
    /// The first tick at `time` or after it.
    pub fn next(&self, time: OffsetDateTime) -> OffsetDateTime {
        // A window of a period holds one tick, but at the end of all time.
        self.beat.ticks(time, self.beat.period).next().unwrap_or(time + Duration::from_secs(1))
    }
}

/// Ticks that went by.
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
    /// Probes that are not what they were, or not when they were.
    pub changed: usize,
}
