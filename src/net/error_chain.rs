//! What is behind an error, by type.

use std::error::Error;
use std::io;
use std::io::ErrorKind;

/// An error and everything behind it.
pub struct Causes<'a>(Vec<&'a (dyn Error + 'static)>);

impl<'a> Causes<'a> {
    /// The causes of `error`, the outermost first. `io::Error::source()` passes over what it wraps, so that is asked for
    /// first.
    pub fn of(error: &'a (dyn Error + 'static)) -> Self {
        let mut causes = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            causes.push(error);
            next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        Self(causes)
    }

    /// The outermost of this type.
    pub fn find<E: Error + 'static>(&self) -> Option<&'a E> {
        self.0.iter().find_map(|cause| cause.downcast_ref::<E>())
    }

    /// The kind of the outermost `io::Error` that says something; the others only wrap.
    pub fn io(&self) -> Option<ErrorKind> {
        let mut kinds = self.0.iter().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
        kinds.find(|kind| *kind != ErrorKind::Other)
    }
}
