//! `probes.http`: one request.

mod active_request;
mod attributes;
mod certificate_expiry;
mod failure;
pub(crate) mod keys;
mod lints;
mod literal_credentials;
mod phases;
mod read;
mod redirect;
mod request;
mod response;
mod runtime_credentials;
pub(crate) mod session;
mod settings;

pub use settings::{Auth, Body, Request};

use self::session::Session;
use crate::outcome::Failure;

/// Makes the request and checks its answer.
pub(crate) async fn attempt(
    request: &Request,
    session: &mut Session<'_>,
    parent: Option<usize>,
) -> Result<(), Failure> {
    session.request(request, parent).await
}
