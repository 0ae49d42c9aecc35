//! Answers that are JSON: parsing, queries, assertions.

pub mod assertion;
mod compare;
pub mod extract;
pub mod json_path;
mod syntax_error;

pub use assertion::{Assertion, JsonType};
