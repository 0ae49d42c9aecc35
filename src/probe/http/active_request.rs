//! TODO

use std::time::Instant;

use url::Url;

use crate::net::RequestTimeline;

/// The hop that is going on: one request, and what is known of its answer.
pub(crate) struct ActiveRequest {
    /// Its `http.request` span.
    pub(crate) span: usize,
    /// Where it goes.
    pub(crate) url: Url,
    /// When it began.
    pub(crate) begin: Instant,
    /// What the hooks see.
    pub(crate) hop: RequestTimeline,
}
