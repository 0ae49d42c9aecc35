//! The outermost layer of `reqwest`'s connector: it knows when a connection is asked for and when it is ready.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tower::{Layer, Service};

use super::timeline::{RequestTimeline, Timestamps};

/// Puts [`TimedConnector`] around a connector.
#[derive(Clone, Copy)]
pub(crate) struct TimingLayer;

impl<S> Layer<S> for TimingLayer {
    type Service = TimedConnector<S>;

    fn layer(&self, inner: S) -> TimedConnector<S> {
        TimedConnector(inner)
    }
}

/// A connector that writes to the hop that asks.
#[derive(Clone)]
pub(crate) struct TimedConnector<S>(S);

impl<S, R> Service<R> for TimedConnector<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        let Some(hop) = RequestTimeline::current() else { return Box::pin(connecting) };
        // hyper may ask twice within a request: the connection made last is the one that counts.
        let fresh = Timestamps { connect_start: Some(Instant::now()), ..Timestamps::default() };
        hop.mark(|marks| *marks = fresh);
        Box::pin(async move {
            // The scope is set again here because hyper finishes a connection that lost against a kept one on
            // another task.
            let connected = hop.scope(connecting).await;
            if connected.is_ok() {
                hop.mark(|marks| marks.ready = Some(Instant::now()));
            }
            connected
        })
    }
}
