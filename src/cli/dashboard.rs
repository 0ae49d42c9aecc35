//! The dashboard of `watch`: a table of all probes that is always up to date, for a person at a terminal.

mod columns;
mod draw;
mod session;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use self::draw::Look;
use self::session::Session;
use self::state::State;
use super::output::is_ci;
use crate::runner::watch::{Event, Order};
use crate::telemetry::StderrSink;

/// A dashboard, which takes the terminal with the first event and gives it back with the last.
pub(crate) struct Dashboard {
    state: Arc<Mutex<State>>,
    session: Option<Session>,
    /// Whether the terminal has stopped taking output.
    is_stuck: bool,
    orders: UnboundedSender<Order>,
    stderr: StderrSink,
}

impl Dashboard {
    /// Whether standard output is a terminal that can show one, and somebody sits at it.
    pub(crate) fn is_possible() -> bool {
        let is_smart = std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb");
        io::stdout().is_terminal() && is_smart && !is_ci()
    }

    /// A dashboard that is not shown yet.
    pub(crate) fn new(file: String, orders: UnboundedSender<Order>, stderr: StderrSink) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(file))), session: None, is_stuck: false, orders, stderr }
    }

    /// Shows an event, and its text. Returns false where the dashboard is not on the screen: the event is then to be shown
    /// as lines.
    pub(crate) fn show(&mut self, event: &Event, text: Option<String>) -> bool {
        if matches!(event, Event::Started(_)) {
            // Without a session there are lines.
            self.session = self.open().ok();
        }
        self.state.lock().unwrap_or_else(PoisonError::into_inner).update(event, text);
        // The last event is a line, below what was on the terminal before.
        let is_over = matches!(event, Event::Stopped { .. }) || self.session.as_ref().is_some_and(Session::is_over);
        if is_over && let Some(mut session) = self.session.take() {
            self.is_stuck = !session.close();
        }
        self.session.is_some() || self.is_stuck
    }

    /// Whether the terminal has stopped taking output: whoever writes to it waits forever.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    fn open(&self) -> io::Result<Session> {
        let look = Look::of(&io::stdout());
        Session::open(Arc::clone(&self.state), look, self.orders.clone(), self.stderr.clone())
    }
}
