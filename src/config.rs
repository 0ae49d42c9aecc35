//! What is to be watched: text → typed, validated configuration, and where the text comes from.
//!
//! A text becomes a [`Document`] (YAML with the place of every key), the document is checked against the tables of
//! `keys` (names, shapes, defaults: also the source of the JSON Schema), and what passes is read into the types of
//! `model`. Every problem found on the way is kept, with its place.
//!
//! ```no_run
//! use sentrynet::config::{Document, Secrets, read};
//!
//! # fn main() -> Result<(), sentrynet::diagnostics::Problems> {
//! let document = Document::load("config/sentrynet.yaml".as_ref())?;
//! let secrets = Secrets::from_env(&document.secret_refs());
//! let config = read(&document, &secrets)?;
//! # Ok(())
//! # }
//! ```

mod document;
mod groups;
mod json_schema;
pub(crate) mod keys;
mod lints;
mod literal_schedule;
mod load;
mod model;
mod redacted_lines;
pub(crate) mod reference;
mod settings;

pub use document::Document;
pub use json_schema::schema;
pub use load::{read, read_parts};
pub use model::{Config, Group, SentrySettings, Spread};
pub use redacted_lines::RedactedLine;
pub use reference::anchor::reference_of;
pub use reference::reference;
