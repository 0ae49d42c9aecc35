//! Envelopes that wait for the next delivery, in memory: it lasts as long as the sandbox does.

use std::collections::VecDeque;

use crate::sentry::envelope::Envelope;

/// Bytes that are kept; about a thousand runs.
pub const ROOM: usize = 4 * 1024 * 1024;

/// What waits, oldest first.
#[derive(Debug, Default)]
pub struct Spool {
    kept: VecDeque<Envelope>,
    bytes: usize,
}

impl Spool {
    /// Keeps an envelope. The oldest go where there is not room for all; gives those back.
    pub fn keep(&mut self, envelope: Envelope) -> Vec<Envelope> {
        self.bytes += envelope.size();
        self.kept.push_back(envelope);
        let mut gone = Vec::new();
        while self.bytes > ROOM
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= oldest.size();
            gone.push(oldest);
        }
        gone
    }

    /// All that waits, oldest first. It waits no more.
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
        let gone: Vec<usize> = (0..6).map(|number| spool.keep(envelope(number, ROOM / 4)).len()).collect();
        assert_eq!(gone, [0, 0, 0, 1, 1, 1]);
        assert_eq!(spool.take(), (3..6).map(|number| envelope(number, ROOM / 4)).collect::<Vec<_>>());
        assert_eq!((spool.len(), spool.bytes, spool.take()), (0, 0, vec![]));
        assert_eq!(spool.keep(envelope(7, ROOM)).len(), 1, "what is larger than all the room goes at once");
        assert_eq!((spool.len(), spool.bytes), (0, 0));
    }
}
