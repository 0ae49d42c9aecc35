//! Lambda sends SIGTERM before it ends a sandbox only where an extension is registered; without one it is SIGKILL at once:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.
//!
//! So the function registers an internal one that subscribes to no events. Registration has to come before the first poll
//! of the Runtime API, which ends it: that is one request to the sandbox's own loopback in a cold start, and none
//! afterwards. `lambda_runtime` has the same behind `graceful-shutdown`, but panics where it is refused, and depends
//! on `lambda-extension` and `chrono`.

use std::time::Duration;

use http::{Method, Request};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{BoxError, PooledClient, build_request};

/// The extension's name, unique within a function.
const NAME: &str = "sentrynet";

/// The header that identifies the extension.
const IDENTIFIER: &str = "lambda-extension-identifier";

/// An emulator without extensions may never answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks Lambda to send SIGTERM before it ends the sandbox. To be called before the runtime is started. Where it is
/// refused, there will be no SIGTERM; nothing else depends on it.
pub async fn ask_for_sigterm() {
    let why = match tokio::time::timeout(PATIENCE, register()).await {
        Ok(Ok((client, waiting))) => {
            tokio::spawn(async move {
                // It never answers an extension without events. But the extension has to poll, or else its initialisation
                // would not count as complete.
                let _ = client.call(waiting).await;
            });
            return;
        }
        Ok(Err(_)) => "the extension was refused",
        Err(_) => "no answer to the extension",
    };
    tracing::warn!(
        "Lambda will not send SIGTERM before it ends the sandbox ({why}): envelopes that wait then are in the log only"
    );
}

/// Registers the extension. Returns the request that polls for its first event.
async fn register() -> Result<(PooledClient, Request<Body>), BoxError> {
    let client = PooledClient::builder().build();
    let request = build_request()
        .method(Method::POST)
        .uri("/2020-01-01/extension/register")
        .header("lambda-extension-name", NAME)
        .header("content-type", "application/json")
        .body(Body::from(r#"{"events":[]}"#))?;
    let answer = client.call(request).await?;
    let identifier = answer.headers().get(IDENTIFIER).filter(|_| answer.status().is_success());
    let identifier = identifier.ok_or("no identifier")?;
    let waiting = build_request()
        .method(Method::GET)
        .uri("/2020-01-01/extension/event/next")
        .header(IDENTIFIER, identifier)
        .body(Body::empty())?;
    Ok((client, waiting))
}
