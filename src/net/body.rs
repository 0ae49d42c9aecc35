//! A request body that records when it was written.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::timeline::RequestTimeline;

/// Bytes handed to the connection at once: few enough that back-pressure shows in the time of sending.
const FRAME: usize = 16 * 1024;

/// Bytes to send. hyper drops the body when it has written the last of them.
pub(super) struct TimedBody {
    rest: Bytes,
    timeline: RequestTimeline,
}

impl TimedBody {
    pub(super) fn new(bytes: Bytes, timeline: RequestTimeline) -> Self {
        Self { rest: bytes, timeline }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(FRAME);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        // Dropped with bytes left, or before there was a connection: the request was given up, not sent.
        let is_whole = self.rest.is_empty();
        self.timeline.record(|timestamps| {
            if is_whole && (timestamps.connect_start.is_none() || timestamps.ready.is_some()) {
                timestamps.sent = Some(Instant::now());
            }
        });
    }
}
