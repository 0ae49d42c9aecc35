//! The characters that bars are made of: letters, or blocks where the terminal has colours and Unicode.

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};

use crate::outcome::phase::Op;

/// The letter of a phase that failed.
pub(crate) const FAILED: char = 'x';

/// A phase that failed, in blocks: hatched, so that it is told apart without its colour, too.
pub(crate) const HATCHED: char = '▒';
/// A phase, in blocks.
pub(crate) const BLOCK: char = '█';

/// Which characters bars are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// ASCII, which every font and log can show: a letter for each phase.
    #[default]
    Ascii,
    /// Blocks, which are told apart by colour.
    Blocks,
}

impl Glyphs {
    /// Blocks if this stream has colours and the locale is UTF-8.
    pub fn of(stream: &impl RawStream) -> Self {
        let has_colours = AutoStream::choice(stream) != ColorChoice::Never;
        if has_unicode() && has_colours { Self::Blocks } else { Self::Ascii }
    }
}

/// Whether the locale is UTF-8.
pub fn has_unicode() -> bool {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    locale.to_ascii_lowercase().replace('-', "").contains("utf8")
}

/// The letter of a phase: the first of its name.
pub(crate) fn letter(op: Op) -> char {
    op.word().chars().next().unwrap_or(FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_tell_phases_apart() {
        let letters: Vec<char> = Op::ALL.iter().filter(|op| op.is_phase()).map(|op| letter(*op)).collect();
        assert_eq!(letters, ['d', 'c', 't', 's', 'w', 'r', 'p', 'a']);
    }
}
