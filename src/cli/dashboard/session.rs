//! The terminal, while the dashboard is drawn on it.

use std::io::{BufWriter, Stdout};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use std::{io, thread};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, event, execute};
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedSender;

use super::draw::{Look, draw};
use super::state::State;
use crate::runner::watch::Order;
use crate::telemetry::StderrSink;

/// How often it is drawn; also when a key is pressed.
const PERIOD: Duration = Duration::from_millis(250);
/// How long to wait at the end for a terminal that takes no output.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// The dashboard on the terminal, drawn by a thread of its own: a terminal that takes no output must not stop the watch.
/// Dropping it restores the terminal.
pub(crate) struct Session {
    shared: Arc<Shared>,
    stderr: StderrSink,
    is_closed: bool,
}

struct Shared {
    state: Arc<Mutex<State>>,
    /// `None` when the session is over.
    screen: Mutex<Option<Screen>>,
    is_over: AtomicBool,
    offset: AtomicUsize,
    look: Look,
    orders: UnboundedSender<Order>,
}

impl Session {
    /// Takes over the terminal. What is written to standard error is held back meanwhile.
    ///
    /// # Errors
    ///
    /// Standard output is no terminal, or the terminal cannot be controlled.
    pub(crate) fn open(
        state: Arc<Mutex<State>>,
        look: Look,
        orders: UnboundedSender<Order>,
        stderr: StderrSink,
    ) -> io::Result<Self> {
        enable_raw_mode()?;
        stderr.hold();
        let mut out = BufWriter::new(io::stdout());
        let shared = Shared { state, screen: Mutex::default(), is_over: false.into(), offset: 0.into(), look, orders };
        // From here on, dropping the session restores the terminal.
        let session = Self { shared: Arc::new(shared), stderr, is_closed: false };
        execute!(out, EnterAlternateScreen, cursor::Hide)?;
        *session.shared.screen() = Some(Terminal::new(CrosstermBackend::new(out))?);
        let shared = Arc::clone(&session.shared);
        thread::Builder::new().name("screen".to_owned()).spawn(move || shared.follow())?;
        Ok(session)
    }

    /// Whether drawing has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::Relaxed)
    }

    /// Restores the terminal. Returns whether it takes output: if it does not, whoever writes to it waits forever.
    pub(crate) fn close(&mut self) -> bool {
        self.is_closed = true;
        self.shared.is_over.store(true, Ordering::Relaxed);
        let start = Instant::now();
        // Wait for the thread to finish drawing, but not forever.
        let is_free = loop {
            match self.shared.screen.try_lock() {
                Ok(mut screen) => {
                    release(screen.take());
                    break true;
                }
                // The thread panicked while drawing.
                Err(TryLockError::Poisoned(screen)) => {
                    release(screen.into_inner().take());
                    break true;
                }
                Err(TryLockError::WouldBlock) if start.elapsed() < CLOSE_TIMEOUT => {
                    thread::sleep(Duration::from_millis(5))
                }
                Err(TryLockError::WouldBlock) => break false,
            }
        };
        // A terminal that is gone needs nothing more.
        if is_free {
            let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
        }
        let _ = disable_raw_mode();
        if is_free {
            self.stderr.release();
        }
        is_free
    }
}

fn release(screen: Option<Screen>) {
    if let Some(mut screen) = screen
        && screen.show_cursor().is_err()
    {
        // Dropping it would write to standard error, and panic where that is the terminal that is gone.
        std::mem::forget(screen);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close();
        }
    }
}

impl Shared {
    fn screen(&self) -> MutexGuard<'_, Option<Screen>> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws and handles keys until the session is over. A terminal that is gone stops the watch.
    fn follow(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let went_well = self.draw().and_then(|()| {
                let mut wait = PERIOD;
                while event::poll(wait)? {
                    self.handle(&event::read()?);
                    wait = Duration::ZERO;
                }
                Ok(())
            });
            if went_well.is_err() {
                self.is_over.store(true, Ordering::Relaxed);
                self.order_stop();
            }
        }
    }

    fn draw(&self) -> io::Result<()> {
        let mut screen = self.screen();
        let Some(screen) = &mut *screen else { return Ok(()) };
        let offset = self.offset.load(Ordering::Relaxed);
        let mut reached = offset;
        screen.draw(|frame| {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            reached = draw(frame, &state, OffsetDateTime::now_utc(), self.look, offset);
        })?;
        self.offset.store(reached, Ordering::Relaxed);
        Ok(())
    }

    fn handle(&self, event: &Event) {
        let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press | KeyEventKind::Repeat, .. }) = event
        else {
            // A change of size takes effect with the next drawing.
            return;
        };
        let page = self.screen().as_ref().and_then(|screen| screen.size().ok()).map_or(10, |size| size.height / 2);
        let page = usize::from(page.max(1));
        let by = |change: &dyn Fn(usize) -> usize| {
            self.offset.store(change(self.offset.load(Ordering::Relaxed)), Ordering::Relaxed);
        };
        match code {
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => self.order_stop(),
            KeyCode::Char('q' | 'Q') => self.order_stop(),
            KeyCode::Up | KeyCode::Char('k') => by(&|offset| offset.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => by(&|offset| offset.saturating_add(1)),
            KeyCode::PageUp => by(&|offset| offset.saturating_sub(page)),
            KeyCode::PageDown | KeyCode::Char(' ') => by(&|offset| offset.saturating_add(page)),
            KeyCode::Home => by(&|_| 0),
            KeyCode::End => by(&|_| usize::MAX),
            _ => {}
        }
    }

    fn order_stop(&self) {
        // Nobody receives orders any more once the watch has ended.
        let _ = self.orders.send(Order::Stop);
    }
}
