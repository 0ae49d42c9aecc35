//! A request in flight.

use std::time::Instant;

use url::Url;

use crate::net::RequestTimeline;

/// One request of a redirect chain, and when what happened to it.
pub(crate) struct ActiveRequest {
    /// Its `http.request` span.
    pub(crate) span: usize,
    /// Where it goes.
    pub(crate) url: Url,
    /// When it began.
    pub(crate) began: Instant,
    /// What the hooks record.
    pub(crate) timeline: RequestTimeline,
}
