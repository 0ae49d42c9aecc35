//! Envelopes: Sentry's wire format.
//!
//! A line of JSON (the envelope's header), then for each item a line of JSON (its header) and its payload.

use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::outcome::rfc3339;

/// The typical size of an envelope's header, sampling context included.
const HEADER_SIZE: usize = 400;

/// What an envelope holds, by the categories of Sentry's rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A transaction.
    Transaction,
    /// An error, or a message.
    Event,
    /// Anything else.
    Other,
}

/// One envelope, not yet sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    kind: Kind,
    /// Without `sent_at`, which is added when it is sent: Sentry corrects clocks by it.
    header: Map<String, Value>,
    /// The items as they are sent, each with its header.
    items: Vec<u8>,
}

/// One item of an envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its header: `type`, `length` and others.
    pub header: Map<String, Value>,
    /// Its payload as it is sent.
    pub payload: Vec<u8>,
}

/// Why a text is not an envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// A header is not a line with a JSON object.
    #[error("the header in line {line} is not a JSON object")]
    Header {
        /// The line, from 1, payloads counted as one line each.
        line: usize,
    },
    /// An item is shorter than its header says.
    #[error("item {number} is shorter than its header says")]
    Short {
        /// The item, from 1.
        number: usize,
    },
}

impl Envelope {
    /// An envelope of one item, whose payload is written as JSON. `trace` is its dynamic sampling context, `null` for
    /// none.
    pub fn new(kind: Kind, event_id: Uuid, trace: Value, payload: &impl Serialize) -> Self {
        let mut header = Map::new();
        header.insert("event_id".into(), event_id.simple().to_string().into());
        if !trace.is_null() {
            header.insert("trace".into(), trace);
        }
        let name = match kind {
            Kind::Transaction => "transaction",
            Kind::Event | Kind::Other => "event",
        };
        // Maps of strings, numbers and lists: this cannot fail.
        let payload = serde_json::to_vec(payload).unwrap_or_default();
        let mut items = Vec::with_capacity(payload.len() + 64);
        push_item(&mut items, &ItemHeader { kind: name, length: payload.len() }, &payload);
        Self { kind, header, items }
    }

    /// Reads an envelope, e.g. from the log.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let (first, rest) = split_line(bytes);
        let mut header = map(first).ok_or(EnvelopeError::Header { line: 1 })?;
        header.shift_remove("sent_at");
        let mut envelope = Self { kind: Kind::Other, header, items: rest.to_vec() };
        if !envelope.items.is_empty() && !envelope.items.ends_with(b"\n") {
            envelope.items.push(b'\n');
        }
        envelope.kind = match envelope.items()?.first().and_then(|item| item.header.get("type")?.as_str()) {
            Some("transaction") => Kind::Transaction,
            Some("event") => Kind::Event,
            _ => Kind::Other,
        };
        Ok(envelope)
    }

    /// What it holds.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The id of the event or transaction in it, 32 hexadecimal digits.
    pub fn event_id(&self) -> Option<&str> {
        self.header.get("event_id").and_then(Value::as_str)
    }

    /// About how many bytes it has.
    pub const fn size(&self) -> usize {
        self.items.len() + HEADER_SIZE
    }

    /// The envelope's header.
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The items.
    pub fn items(&self) -> Result<Vec<Item>, EnvelopeError> {
        let mut items = Vec::new();
        let mut rest = self.items.as_slice();
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            rest = after;
            if line.is_empty() {
                continue;
            }
            let header = map(line).ok_or(EnvelopeError::Header { line: 2 + 2 * items.len() })?;
            let payload = match header.get("length").and_then(Value::as_u64) {
                Some(length) => usize::try_from(length)
                    .ok()
                    .and_then(|length| rest.get(..length))
                    .ok_or(EnvelopeError::Short { number: items.len() + 1 })?,
                None => split_line(rest).0,
            };
            rest = &rest[payload.len()..];
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            items.push(Item { header, payload: payload.to_vec() });
        }
        Ok(items)
    }

    /// The same envelope with each JSON payload changed by `change`, which also gets the envelope's header.
    pub fn map_payloads(mut self, mut change: impl FnMut(&mut Map<String, Value>, &mut Value)) -> Self {
        let Ok(items) = self.items() else { return self };
        let mut changed = Vec::with_capacity(self.items.len());
        for Item { mut header, payload } in items {
            match serde_json::from_slice::<Value>(&payload) {
                Ok(mut value) => {
                    change(&mut self.header, &mut value);
                    let payload = value.to_string();
                    header.insert("length".into(), payload.len().into());
                    push_item(&mut changed, &header, payload.as_bytes());
                }
                // An attachment: nothing to change.
                Err(_) => push_item(&mut changed, &header, &payload),
            }
        }
        self.items = changed;
        self
    }

    /// The bytes to send at this time.
    pub fn to_bytes(&self, sent_at: OffsetDateTime) -> Vec<u8> {
        self.with_header(Some(rfc3339(sent_at)))
    }

    /// The whole envelope as one line of JSON for the log, from which it can be delivered later.
    pub fn log_line(&self) -> String {
        let bytes = self.with_header(None);
        json!({"sentrynet": "envelope", "envelope": String::from_utf8_lossy(&bytes)}).to_string()
    }

    fn with_header(&self, sent_at: Option<String>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size());
        push_json(&mut bytes, &Header { header: &self.header, sent_at });
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.items);
        bytes
    }
}

/// An envelope's header as it is sent.
#[derive(Serialize)]
struct Header<'a> {
    #[serde(flatten)]
    header: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<String>,
}

/// The header of an item of ours.
#[derive(Serialize)]
struct ItemHeader {
    #[serde(rename = "type")]
    kind: &'static str,
    length: usize,
}

fn push_item(items: &mut Vec<u8>, header: &impl Serialize, payload: &[u8]) {
    push_json(items, header);
    items.push(b'\n');
    items.extend_from_slice(payload);
    items.push(b'\n');
}

fn push_json(bytes: &mut Vec<u8>, value: &impl Serialize) {
    // Memory takes all bytes, and headers have texts for names: there is nothing to go wrong.
    let _ = serde_json::to_writer(bytes, value);
}

/// The first line without its end, and what follows it.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

fn map(line: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn envelope() -> Envelope {
        let payload = json!({"message": "two\nlines – ä"});
        Envelope::new(Kind::Event, Uuid::from_u128(7), json!({"public_key": "k"}), &payload)
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let envelope = envelope();
        let sent = envelope.to_bytes(datetime!(2026-11-20 10:00 UTC));
        assert!(sent.starts_with(b"{\"event_id\":\"00000000000000000000000000000007\",\"trace\":{"));
        assert_eq!(Envelope::parse(&sent).expect("an envelope"), envelope);
        let line: Value = serde_json::from_str(&envelope.log_line()).expect("JSON");
        assert_eq!(Envelope::parse(line["envelope"].as_str().unwrap_or("").as_bytes()).expect("an envelope"), envelope);
        assert!(!envelope.log_line().contains('\n'));
    }

    #[test]
    fn items_without_a_length_end_with_their_line() {
        let read =
            Envelope::parse(b"{}\n{\"type\":\"session\"}\n{\"a\":1}\n{\"type\":\"event\"}\n{}").expect("an envelope");
        let payloads: Vec<Vec<u8>> = read.items().expect("items").into_iter().map(|item| item.payload).collect();
        assert_eq!(payloads, [b"{\"a\":1}".to_vec(), b"{}".to_vec()]);
        assert_eq!(read.kind(), Kind::Other);
    }

    #[test]
    fn what_is_no_envelope_is_said_to_be_none() {
        for (text, sentence) in [
            ("", "the header in line 1 is not a JSON object"),
            ("[]\n", "the header in line 1 is not a JSON object"),
            ("{}\nx\n", "the header in line 2 is not a JSON object"),
            ("{}\n{\"type\":\"event\",\"length\":9}\n{}", "item 1 is shorter than its header says"),
        ] {
            let error = Envelope::parse(text.as_bytes()).expect_err("no envelope");
            assert_eq!(error.to_string(), sentence);
        }
    }
}
