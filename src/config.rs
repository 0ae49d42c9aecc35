//! What is to be watched: documents → a typed, validated configuration.
//!
//! A text becomes a [`Document`]: YAML with the position of everything in it. It is read once, by the tables of keys: `keys` has
//! those of file and group, each kind of probe its own. The JSON Schema and the reference are rendered from the same tables.
//! Everything that is wrong is reported at once, with its location.
//!
//! ```no_run
//! use sentrynet::config::{Document, read};
//! use sentrynet::schema::Secrets;
//!
//! # fn main() -> Result<(), sentrynet::diagnostics::Diagnostics> {
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
