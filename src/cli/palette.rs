//! The colours of phases and statuses, the same on the terminal and in the HTML report.

use anstyle::{Ansi256Color, Style};

use crate::outcome::phase::Op;

/// One of the 256 colours of terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(u8);

/// Failures.
pub const BAD: Colour = Colour(160);

impl Colour {
    /// The colour of a phase that succeeded, or of a span that contains phases.
    pub const fn of(op: Op) -> Self {
        Self(op.colour())
    }

    /// The colour of a run's status, named as by [`Status::as_str`](crate::outcome::Status::as_str).
    pub fn of_status(word: &str) -> Self {
        match word {
            "ok" => Self(34),
            "degraded" => Self(172),
            "failed" => BAD,
            _ => Self(244),
        }
    }

    /// Its number, of 256.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// As a style for text on a terminal.
    pub const fn style(self) -> Style {
        Style::new().fg_color(Some(anstyle::Color::Ansi256(Ansi256Color(self.0))))
    }

    /// As `#rrggbb`: numbers from 16 are xterm's colour cube of 6 × 6 × 6, numbers from 232 its greys.
    pub fn hex(self) -> String {
        const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let [red, green, blue] = match self.0.checked_sub(232) {
            Some(grey) => [8 + 10 * grey; 3],
            None => {
                let place = usize::from(self.0.saturating_sub(16));
                [place / 36, place / 6 % 6, place % 6].map(|level| LEVELS[level])
            }
        };
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_the_same_on_a_page() {
        let hexes = [16, 99, 160, 214, 231, 232, 255].map(|number| Colour(number).hex());
        assert_eq!(hexes, ["#000000", "#875fff", "#d70000", "#ffaf00", "#ffffff", "#080808", "#eeeeee"]);
    }

    #[test]
    fn phases_are_told_apart() {
        let phases: Vec<Op> = Op::ALL.iter().copied().filter(|op| op.is_phase()).collect();
        let colours: std::collections::HashSet<String> = phases.iter().map(|op| Colour::of(*op).hex()).collect();
        assert_eq!(colours.len(), phases.len());
        assert!(!colours.contains(&BAD.hex()));
    }
}
