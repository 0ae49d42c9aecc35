//! What the runs of an invocation share.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderName, HeaderValue};

use crate::net::Network;
use crate::outcome::{SpanId, Tags, TraceId};
use crate::shutdown::Shutdown;

/// Makes the headers that continue a trace: of the trace and span given, sampled or not.
pub type Propagate = dyn Fn(TraceId, SpanId, bool) -> Vec<(HeaderName, HeaderValue)> + Send + Sync;

/// What the runs of an invocation share.
#[derive(Clone)]
pub struct Context {
    /// How to reach targets.
    pub network: Network,
    /// Where the probes run from; `None` where neither a region nor `--location` is known.
    pub location: Option<String>,
    /// When everything has to be over; `None`: only the probes' own timeouts count.
    pub deadline: Option<Instant>,
    /// What may cut everything short before that.
    pub shutdown: Shutdown,
    /// Makes the headers that carry a run's trace to the target.
    pub propagate: Arc<Propagate>,
}

impl Context {
    /// Where a probe with these tags runs from: the known location, else the one in its tags, else an empty string.
    pub(crate) fn location_of(&self, tags: &Tags) -> String {
        self.location.as_ref().or_else(|| tags.get("location")).cloned().unwrap_or_default()
    }
}
