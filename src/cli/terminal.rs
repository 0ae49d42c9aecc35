//! Results on the terminal: a table of runs, each run in full where that is asked for, why runs failed, and the totals.
//!
//! Everything is written with colours; `anstream`, around the caller's stream, takes them away where they do not belong.

mod bar;
pub(crate) mod diagnostics;
mod failures;
mod glyphs;
mod legend;
mod log_line;
pub(crate) mod progress;
mod report;
mod table;
mod text;
mod totals;
mod waterfall;

pub use bar::{Cell, bar};
pub use diagnostics::render;
pub use glyphs::{Glyphs, has_unicode};
pub use legend::legend;
pub use log_line::line;
pub use report::{BAD, PLAIN, QUIET, Terminal};
pub use table::{Part, Shown};
pub(crate) use text::length;
pub use text::{cut, width, wrap};
