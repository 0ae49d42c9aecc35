//! The AWS SDK over this program's own HTTP client, so that the binary holds one HTTP stack and one TLS stack, and a cold
//! start pays for them once.

use std::time::Duration;

use aws_sdk_ssm::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

/// `client` as an HTTP client of the SDK.
///
/// The SDK's connect timeout is not honoured (it belongs to `client`); its read timeout is.
pub(crate) fn shared(client: reqwest::Client) -> SharedHttpClient {
    SharedHttpClient::new(Reqwest { client, read_timeout: None })
}

/// Client and connector at once: cloning a `reqwest::Client` shares its connections.
#[derive(Clone, Debug)]
struct Reqwest {
    client: reqwest::Client,
    /// From the request's start to the last byte of its answer (AWS's answers are small).
    read_timeout: Option<Duration>,
}

impl HttpClient for Reqwest {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self { read_timeout: settings.read_timeout(), ..self.clone() })
    }
}

impl HttpConnector for Reqwest {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { client, read_timeout } = self.clone();
        HttpConnectorFuture::new(async move {
            let mut request = to_reqwest(request)?;
            *request.timeout_mut() = read_timeout;
            let response = client.execute(request).await.map_err(classify)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = response.bytes().await.map_err(classify)?;
            let mut answer = http::Response::new(SdkBody::from(body));
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The SDK's request as `reqwest` takes it.
fn to_reqwest(request: HttpRequest) -> Result<reqwest::Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().ok_or_else(|| ConnectorError::user("a streamed request body".into()))?.to_vec();
    http::Request::from_parts(parts, body)
        .try_into()
        .map_err(|error: reqwest::Error| ConnectorError::user(error.into()))
}

/// Tells the SDK what it may retry.
fn classify(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_connect() {
        ConnectorError::io(error.into()).never_connected()
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
