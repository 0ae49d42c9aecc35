//! A progress line on the terminal; nothing in a pipe.

use std::io::{IsTerminal as _, Write as _};
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;

use super::text::cut;

/// Work that takes less needs no progress line.
const DELAY: Duration = Duration::from_millis(300);
/// How often the line is updated.
const PERIOD: Duration = Duration::from_millis(100);
/// Moves to the beginning of the line, and clears it.
const CLEAR: &str = "\r\x1b[2K";

/// Waits for `future`. Meanwhile, if standard error is a terminal, shows there what is going on and how long it has taken.
pub(crate) async fn during<F: Future>(what: impl Fn() -> String, width: Option<usize>, future: F) -> F::Output {
    let mut future = pin!(future);
    let is_smart = std::env::var_os("TERM").is_some_and(|name| name != "dumb");
    let Some(width) = width.filter(|_| std::io::stderr().is_terminal() && is_smart) else {
        return future.await;
    };
    let started = Instant::now();
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + DELAY, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut is_shown = false;
    let output = loop {
        tokio::select! {
            output = &mut future => break output,
            _ = ticks.tick() => {
                let line = format!("{}, {:.1} s", what(), started.elapsed().as_secs_f64());
                // A line that wraps could not be cleared. Log messages overwrite it.
                let line = cut(&line, width.saturating_sub(1));
                is_shown |= write!(std::io::stderr(), "{CLEAR}{line}\r").is_ok();
            }
        }
    };
    if is_shown {
        // A terminal that is gone needs no clearing.
        let _ = write!(std::io::stderr(), "{CLEAR}");
    }
    output
}
