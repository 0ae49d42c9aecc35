//! What people see of a `watch`: the dashboard where somebody sits at a terminal, else lines.

use std::io;
use std::io::Write;

use super::log_view::LogView;
use crate::cli::dashboard::Dashboard;
use crate::runner::watch::Event;

/// Shows events as they happen.
pub(crate) struct View {
    log: LogView,
    dashboard: Option<Dashboard>,
}

impl View {
    /// Shows events on the dashboard, if there is one, else as lines.
    pub(crate) fn new(log: LogView, dashboard: Option<Dashboard>) -> Self {
        Self { log, dashboard }
    }

    /// Shows one event: text for people, and what programs read.
    pub(crate) fn show(&mut self, event: &Event, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
        if let Some(dashboard) = &mut self.dashboard
            && dashboard.show(event, self.log.text(event))
        {
            return Ok(());
        }
        self.log.show(event, out, err)
    }

    /// Whether the terminal still takes output. Nobody should wait for one that is stuck.
    pub(crate) fn is_read(&self) -> bool {
        self.dashboard.as_ref().is_none_or(|dashboard| !dashboard.is_stuck())
    }
}
