//! The forms of values, and how documents are read by tables of them; no kind of probe is known here by name.

pub(crate) mod linter;
pub(crate) mod masking;
pub(crate) mod parsed;
pub(crate) mod path;
pub(crate) mod reader;
pub(crate) mod scalar;
mod secret_ref;
pub(crate) mod shape;
pub mod value;
pub(crate) mod visit;

pub use secret_ref::{SecretRef, Secrets};
