//! What the fuzz targets do with their input. The tests of the main crate do the same with the corpora.

#[path = "../../tests/support/fuzzing/mod.rs"]
pub mod fuzzing;
