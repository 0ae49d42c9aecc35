//! What is to be watched: text → typed, validated configuration, and where the text comes from.
//!
//! A text becomes a [`Document`] (YAML with the place of every key), the document is checked against the tables of
//! [`keys`] (names, shapes, defaults: also the source of the JSON Schema), and what passes is read into the types of
//! [`model`]. Every problem found on the way is kept, with its place.

mod model;
mod secret;
pub mod ssm;
pub mod template;

pub use model::*;
pub use secret::{FILTERED, Redactor, Secret};
pub use template::{Template, TemplateError};
