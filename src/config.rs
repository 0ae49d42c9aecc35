//! What is to be watched: text → typed, validated configuration, and where the text comes from.
//!
//! A text becomes a [`Document`] (YAML with the place of every key), the document is checked against the tables of
//! `keys` (names, shapes, defaults: also the source of the JSON Schema), and what passes is read into the types of
//! `model`. Every problem found on the way is kept, with its place.
//!
//! ```no_run
//! use sentrynet::config::{Document, Secrets, read};
//!
//! # fn main() -> Result<(), sentrynet::config::Problems> {
//! let document = Document::load("config/sentrynet.yaml".as_ref())?;
//! let secrets = Secrets::from_env(&document.secret_refs());
//! let config = read(&document, &secrets)?;
//! # Ok(())
//! # }
//! ```

mod address;
mod checker;
mod credential;
mod document;
mod duration;
mod expected;
mod header;
mod json_path;
mod keys;
mod leaf;
mod model;
mod node;
mod origin;
mod parts;
mod pem;
mod places;
mod problem;
mod read;
mod redactor;
mod reference;
mod schema;
mod secret;
mod secrets;
mod sensitive;
mod shape;
mod shown;
mod size;
mod source;
pub mod ssm;
mod syntax;
pub mod template;
mod timetable;
mod warnings;
mod yaml;

#[cfg(feature = "cli")]
pub(crate) use address::is_region;
pub use credential::{Credentials, is_credential};
pub use document::Document;
#[cfg(feature = "cli")]
pub(crate) use duration::{parse_duration, show_duration};
pub use model::*;
pub use origin::{Origin, OriginError, http_client};
pub use parts::{Parts, STANDARD_TIER};
pub(crate) use problem::nearest;
pub use problem::{Code, Problem, Problems, Quote, Related, Severity};
pub use read::{read, read_parts};
pub use redactor::Redactor;
pub use reference::reference;
pub use schema::schema;
pub use secret::{FILTERED, Secret};
pub use secrets::{SecretRef, Secrets};
pub use shown::ShownLine;
pub use template::{Template, TemplateError};
