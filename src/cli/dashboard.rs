//! What happens, as a table that is always up to date: for a person at a terminal.

mod columns;
mod draw;
mod session;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::io::{IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use tokio::sync::mpsc::UnboundedSender;

use self::draw::Look;
use self::session::Session;
use self::state::Board;
use super::commands::watch::log_view::Plain;
use super::commands::watch::view::View;
use super::output::is_ci;
use super::terminal::{Glyphs, has_unicode};
use crate::runner::watch::{Event, Order};
use crate::telemetry::StderrSink;

/// A screen, or lines where there can be none.
pub(crate) struct Screen {
    board: Arc<Mutex<Board>>,
    plain: Plain,
    session: Option<Session>,
    /// Whether the terminal takes nothing any more.
    is_stuck: bool,
    orders: UnboundedSender<Order>,
    aside: StderrSink,
}

impl Screen {
    /// Whether somebody sits there and can see one.
    pub(crate) fn is_possible() -> bool {
        let is_smart = std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb");
        io::stdout().is_terminal() && is_smart && !is_ci()
    }

    /// One that is not shown yet.
    pub(crate) fn new(plain: Plain, file: String, orders: UnboundedSender<Order>, aside: StderrSink) -> Self {
        Self { board: Arc::new(Mutex::new(Board::new(file))), plain, session: None, is_stuck: false, orders, aside }
    }

    fn open(&self) -> io::Result<Session> {
        let stdout = io::stdout();
        let look = Look {
            glyphs: Glyphs::of(&stdout),
            has_colours: AutoStream::choice(&stdout) != ColorChoice::Never,
            has_unicode: has_unicode(),
        };
        Session::open(Arc::clone(&self.board), look, self.orders.clone(), self.aside.clone())
    }
}

impl View for Screen {
    fn show(&mut self, event: &Event, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
        if matches!(event, Event::Started(_)) {
            // Where it cannot be opened there are lines.
            self.session = self.open().ok();
        }
        let text = self.plain.text(event);
        self.board.lock().unwrap_or_else(PoisonError::into_inner).see(event, text);
        // The last word stands below what was there before.
        let is_over = matches!(event, Event::Stopped { .. }) || self.session.as_ref().is_some_and(Session::is_over);
        if is_over && let Some(mut session) = self.session.take() {
            self.is_stuck = !session.close();
        }
        if self.session.is_none() && !self.is_stuck { self.plain.show(event, out, err) } else { Ok(()) }
    }

    fn is_read(&self) -> bool {
        !self.is_stuck
    }
}
