//! Envelopes that wait for the next delivery, in memory: they last as long as the sandbox does.

use std::collections::VecDeque;

use crate::sentry::envelope::Envelope;

/// Bytes that are kept; about a thousand runs.
const CAPACITY: usize = 4 * 1024 * 1024;

/// What waits, oldest first.
#[derive(Debug, Default)]
pub struct Spool {
    kept: VecDeque<Envelope>,
    bytes: usize,
}

impl Spool {
    /// Keeps an envelope. Where there is no room for all, the oldest are dropped and returned.
    pub fn keep(&mut self, envelope: Envelope) -> Vec<Envelope> {
        self.bytes += envelope.size();
        self.kept.push_back(envelope);
        let mut dropped = Vec::new();
        while self.bytes > CAPACITY
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= oldest.size();
            dropped.push(oldest);
        }
        dropped
    }

    /// Takes everything out, oldest first.
    pub fn take(&mut self) -> Vec<Envelope> {
        self.bytes = 0;
        std::mem::take(&mut self.kept).into()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentry::envelope::Kind;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn envelope(number: u128, size: usize) -> Envelope {
        Envelope::new(Kind::Event, Uuid::from_u128(number), Value::Null, &json!({"message": "x".repeat(size)}))
    }

    #[test]
    fn the_oldest_make_room() {
        let mut spool = Spool::default();
        let dropped: Vec<usize> = (0..6).map(|number| spool.keep(envelope(number, CAPACITY / 4)).len()).collect();
        assert_eq!(dropped, [0, 0, 0, 1, 1, 1]);
        assert_eq!(spool.take(), (3..6).map(|number| envelope(number, CAPACITY / 4)).collect::<Vec<_>>());
        assert_eq!((spool.len(), spool.bytes, spool.take()), (0, 0, vec![]));
        assert_eq!(spool.keep(envelope(7, CAPACITY)).len(), 1, "what is larger than all the room goes at once");
        assert_eq!((spool.len(), spool.bytes), (0, 0));
    }
}
