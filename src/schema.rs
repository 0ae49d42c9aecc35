//! The shapes that values may have, and how documents are held against them; no probe kind is known here by name.

pub(crate) mod scalar;
mod secret_ref;
pub(crate) mod shape;
pub(crate) mod validator;
pub mod value;

pub use secret_ref::{SecretRef, Secrets};
