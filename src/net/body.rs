//! A request body that tells when it was written.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::hop::Hop;

/// Small enough that the connection's back-pressure shows in the time of sending.
const FRAME: usize = 16 * 1024;

/// Bytes to send; hyper drops it when the last of them is written.
pub(super) struct Clocked {
    rest: Bytes,
    hop: Hop,
}

impl Clocked {
    pub(super) fn new(bytes: Bytes, hop: Hop) -> Self {
        Self { rest: bytes, hop }
    }
}

impl Body for Clocked {
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

impl Drop for Clocked {
    fn drop(&mut self) {
        // Dropped early means that the request was given up, not that it was sent.
        if self.rest.is_empty() {
            self.hop.mark(|marks| marks.sent = Some(Instant::now()));
        }
    }
}
