//! TODO

use crate::cli::palette::Colour;

/// One column of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What stands there.
    pub glyph: char,
    /// Its colour; `None` where nothing stands.
    pub colour: Option<Colour>,
    /// The colour behind it, where the glyph fills a part of the column and something else the rest.
    pub behind: Option<Colour>,
}
