//! TODO

use crate::runner::Finished;

/// How a command ended: the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: all is well.
    Success,
    /// 1: a probe failed.
    ProbeFailed,
    /// 1: what was made earlier is not what would be made now.
    Stale,
    /// 2: the configuration or the arguments are not usable.
    InvalidInput,
    /// 3: results could not be delivered, or a configuration not be written.
    NotDelivered,
}

impl Exit {
    /// This, or what `finished` makes worse.
    pub(crate) fn or(self, finished: &Finished) -> Self {
        let summary = &finished.summary;
        let other = match (summary.delivery.lost + summary.delivery.spooled, summary.failed) {
            (0, 0) => Self::Success,
            (0, _) => Self::ProbeFailed,
            _ => Self::NotDelivered,
        };
        self.max(other)
    }
}
