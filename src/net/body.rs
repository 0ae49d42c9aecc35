//! A request body that tells when it was written.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::timeline::RequestTimeline;

/// Small enough that the connection's back-pressure shows in the time of sending.
const FRAME: usize = 16 * 1024;

/// Bytes to send; hyper drops it when the last of them is written.
pub(crate) struct TimedBody {
    rest: Bytes,
    hop: RequestTimeline,
}

impl TimedBody {
    pub(crate) fn new(bytes: Bytes, hop: RequestTimeline) -> Self {
        Self { rest: bytes, hop }
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
        // Dropped with bytes left, or before there was a connection, means given up and not sent.
        let is_whole = self.rest.is_empty();
        self.hop.mark(|marks| {
            if is_whole && (marks.connect_start.is_none() || marks.ready.is_some()) {
                marks.sent = Some(Instant::now());
            }
        });
    }
}
