//! What has to hold of any input whatever: one file a fuzz target, each with a `check` that panics where it does not.
//!
//! The crate in fuzz/ feeds these from libFuzzer; tests/suite/fuzz_corpus.rs feeds them the inputs that are kept.

pub mod answer;
pub mod configuration;
pub mod delivery_headers;
pub mod envelope;
pub mod input;
pub mod interpolation;
pub mod logged;
pub mod outcome;
pub mod payload;
pub mod redactor;
pub mod words;

/// Panics if something does not hold of an input.
pub type Check = fn(&[u8]);

/// Every target, by the name that its corpus has too.
pub const TARGETS: &[(&str, Check)] = &[
    ("answer", answer::check),
    ("configuration", configuration::check),
    ("delivery_headers", delivery_headers::check),
    ("envelope", envelope::check),
    ("interpolation", interpolation::check),
    ("logged", logged::check),
    ("outcome", outcome::check),
    ("payload", payload::check),
    ("redactor", redactor::check),
];
