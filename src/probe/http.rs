//! `probes.http`: one request.

use super::session::Session;
use crate::config::Request;
use crate::outcome::Failure;

/// Makes the request and judges its answer.
pub(super) async fn attempt(
    request: &Request,
    session: &mut Session<'_>,
    parent: Option<usize>,
) -> Result<(), Failure> {
    session.request(request, parent).await
}
