//! What must not be seen: secrets, how they are found in texts, and how they are taken out.

pub(crate) mod credential;
mod redactor;
mod secret;
pub(crate) mod sensitive;

pub use credential::is_credential;
pub use redactor::Redactor;
pub use secret::{FILTERED, Secret};
