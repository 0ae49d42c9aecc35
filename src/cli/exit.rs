//! Exit codes: what each way to end means to a shell.

use std::process::ExitCode;

use crate::runner::Finished;

/// How a command ended: the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: success.
    Success,
    /// 1: a probe failed.
    ProbeFailed,
    /// 1: a generated file is out of date.
    Stale,
    /// 2: the configuration or the arguments are invalid.
    InvalidInput,
    /// 3: results could not be delivered, or a configuration could not be written.
    NotDelivered,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::ProbeFailed | Exit::Stale => 1,
            Exit::InvalidInput => 2,
            Exit::NotDelivered => 3,
        })
    }
}

impl Exit {
    /// The worse of this and how `finished` ended.
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
