//! YAML with the position of everything in it.

pub(crate) mod node;
pub(crate) mod parse;
pub(crate) mod parts;
mod syntax_error;
pub(crate) mod write;
