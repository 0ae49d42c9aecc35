//! Answers that are JSON: parsing, queries, assertions.

pub mod assertion;
mod compare;
pub mod extract;
pub mod json_path;
pub(crate) mod keys;
pub(crate) mod read;
mod syntax_error;

pub use assertion::{Assertion, JsonType};
