//! Secrets: a type that cannot be printed, finding secrets in text, and redaction.

pub(crate) mod credential;
mod redactor;
mod secret;
pub(crate) mod sensitive;

pub use credential::is_credential;
pub use redactor::Redactor;
pub use secret::{FILTERED, Secret};
