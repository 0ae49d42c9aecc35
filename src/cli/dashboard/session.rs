//! The terminal, for as long as a screen is drawn on it.

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
use super::state::Board;
use crate::runner::watch::Order;
use crate::telemetry::StderrSink;

/// It is drawn so often, and when a key is pressed.
const PERIOD: Duration = Duration::from_millis(250);
/// A terminal that takes nothing is waited for so long at the end.
const PATIENCE: Duration = Duration::from_secs(1);

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// A screen that is drawn by a thread of its own: a terminal that takes nothing must not stop the watch. Dropped, the
/// terminal is as it was.
pub(crate) struct Session {
    shared: Arc<Shared>,
    aside: StderrSink,
    is_closed: bool,
}

struct Shared {
    board: Arc<Mutex<Board>>,
    /// Gone when the session is over.
    screen: Mutex<Option<Screen>>,
    is_over: AtomicBool,
    offset: AtomicUsize,
    look: Look,
    orders: UnboundedSender<Order>,
}

impl Session {
    /// Takes the terminal that standard output is. What is meant for standard error waits.
    ///
    /// # Errors
    ///
    /// It is no terminal after all, or does not do what it is told.
    pub(crate) fn open(
        board: Arc<Mutex<Board>>,
        look: Look,
        orders: UnboundedSender<Order>,
        aside: StderrSink,
    ) -> io::Result<Self> {
        enable_raw_mode()?;
        aside.hold();
        let mut out = BufWriter::new(io::stdout());
        let shared = Shared { board, screen: Mutex::default(), is_over: false.into(), offset: 0.into(), look, orders };
        // From here on, whatever happens, it is given back.
        let session = Self { shared: Arc::new(shared), aside, is_closed: false };
        execute!(out, EnterAlternateScreen, cursor::Hide)?;
        *session.shared.screen() = Some(Terminal::new(CrosstermBackend::new(out))?);
        let shared = Arc::clone(&session.shared);
        thread::Builder::new().name("screen".to_owned()).spawn(move || shared.follow())?;
        Ok(session)
    }

    /// Whether it still draws.
    pub(crate) fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::Relaxed)
    }
}

impl Session {
    /// Gives the terminal back. Tells whether it takes anything: if it does not, whoever writes to it waits forever.
    pub(crate) fn close(&mut self) -> bool {
        self.is_closed = true;
        self.shared.is_over.store(true, Ordering::Relaxed);
        let start = Instant::now();
        // Whoever draws is waited for, but not forever.
        let is_free = loop {
            match self.shared.screen.try_lock() {
                Ok(mut screen) => {
                    let_go(screen.take());
                    break true;
                }
                // It fell over while it was drawn.
                Err(TryLockError::Poisoned(screen)) => {
                    let_go(screen.into_inner().take());
                    break true;
                }
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(5)),
                Err(TryLockError::WouldBlock) => break false,
            }
        };
        // A terminal that is gone needs nothing more.
        if is_free {
            let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
        }
        let _ = disable_raw_mode();
        if is_free {
            self.aside.release();
        }
        is_free
    }
}

fn let_go(screen: Option<Screen>) {
    if let Some(mut screen) = screen
        && screen.show_cursor().is_err()
    {
        // Dropped, it would say so on standard error, and panic where that is the terminal that is gone.
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

    /// Draws and listens to keys until the session is over. Whose terminal is gone wants no more.
    fn follow(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let went_well = self.draw().and_then(|()| {
                let mut wait = PERIOD;
                while event::poll(wait)? {
                    self.hear(&event::read()?);
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
            let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
            reached = draw(frame, &board, OffsetDateTime::now_utc(), self.look, offset);
        })?;
        self.offset.store(reached, Ordering::Relaxed);
        Ok(())
    }

    fn hear(&self, event: &Event) {
        let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press | KeyEventKind::Repeat, .. }) = event
        else {
            // Another size is noticed when it is drawn.
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
        // Nobody takes orders any more where all is over.
        let _ = self.orders.send(Order::Stop);
    }
}
