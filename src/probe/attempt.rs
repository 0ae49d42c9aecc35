//! One attempt at a probe: what every kind is given to make it.

use super::context::Context;
use super::limits::Limits;
use super::recorder::Recorder;
use crate::outcome::TraceId;

/// What an attempt is made with.
pub(crate) struct Attempt<'a> {
    pub context: &'a Context,
    pub limits: Limits,
    /// The run's trace.
    pub trace: TraceId,
    /// Where phases and facts go.
    pub recorder: &'a mut Recorder,
    /// The span around the attempt, where there may be several.
    pub parent: Option<usize>,
}
