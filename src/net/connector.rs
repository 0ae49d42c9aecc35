//! The outermost layer of `reqwest`'s connector: it sees when a connection is asked for and when it is ready.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tower::{Layer, Service};

use super::timeline::{RequestTimeline, Timestamps};

/// Puts [`TimedConnector`] around a connector.
#[derive(Clone, Copy)]
pub(super) struct TimingLayer;

impl<S> Layer<S> for TimingLayer {
    type Service = TimedConnector<S>;

    fn layer(&self, inner: S) -> TimedConnector<S> {
        TimedConnector(inner)
    }
}

/// A connector that records to the timeline of the request that asks for a connection.
#[derive(Clone)]
pub(super) struct TimedConnector<S>(S);

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
        let Some(timeline) = RequestTimeline::current() else { return Box::pin(connecting) };
        // hyper may ask twice within a request: the connection made last counts.
        let fresh = Timestamps { connect_start: Some(Instant::now()), ..Timestamps::default() };
        timeline.record(|timestamps| *timestamps = fresh);
        Box::pin(async move {
            // The scope is set again because hyper may finish a connection on another task: one that lost the race
            // against a kept one.
            let connected = timeline.scope(connecting).await;
            if connected.is_ok() {
                timeline.record(|timestamps| timestamps.ready = Some(Instant::now()));
            }
            connected
        })
    }
}
