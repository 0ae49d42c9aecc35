//! Lambda tells the end of a sandbox only where an extension is registered; without one it is SIGKILL at once:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.
//!
//! So the function registers one within itself that is told of nothing. Registration has to come before the first poll
//! of the Runtime API, which ends it: that is one request to the sandbox's own loopback in a cold start, and none
//! afterwards. `lambda_runtime` has the same behind `graceful-shutdown`, but panics where it is refused, and brings
//! `lambda-extension` and `chrono` along.

use std::time::Duration;

use http::{Method, Request};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{BoxError, PooledClient, build_request};

/// The extension's name, which has to be its own within a function.
const NAME: &str = "sentrynet";

/// The header that says which extension speaks.
const IDENTIFIER: &str = "lambda-extension-identifier";

/// An emulator that knows no extensions may never answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks Lambda to send SIGTERM before it ends the sandbox. To be called before the runtime is started. Where it is
/// refused, there will be no SIGTERM; nothing else depends on it.
pub async fn ask_for_sigterm() {
    let why = match tokio::time::timeout(PATIENCE, register()).await {
        Ok(Ok((client, waiting))) => {
            tokio::spawn(async move {
                // There is never an answer: Lambda tells an extension without events nothing. But it has to wait for one,
                // or else its start would not count as over.
                let _ = client.call(waiting).await;
            });
            return;
        }
        Ok(Err(_)) => "it refused",
        Err(_) => "it did not answer",
    };
    tracing::warn!(
        "Lambda was asked to announce the end of the sandbox, but {why}: what waits then is in the log only"
    );
}

/// Registers the extension. What is left to do is to wait for its first event.
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
