//! Any bytes as an envelope.

use sentrynet::sentry::Envelope;
use serde_json::Value;
use time::macros::datetime;

use super::input::alike;
use super::words::sentence;

/// Parses; writes, changes and logs what was parsed, and reads it again each time.
pub fn check(bytes: &[u8]) {
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => return sentence(&error.to_string(), 100),
    };
    let sent = envelope.to_bytes(datetime!(2026-11-20 10:00 UTC));
    same(&envelope, &read(&sent));

    let mut payloads = 0;
    let unchanged = envelope.clone().map_payloads(|_, _| payloads += 1);
    same_but_for_length(&envelope, &unchanged);
    same(&unchanged, &read(&unchanged.to_bytes(datetime!(2026-11-20 10:00 UTC))));
    let changed = envelope.clone().map_payloads(|header, payload| {
        header.insert("trace".into(), Value::Null);
        *payload = Value::String("two\nlines".into());
    });
    assert_eq!(changed.header().contains_key("trace"), payloads > 0 || envelope.header().contains_key("trace"));
    let items = read(&changed.to_bytes(datetime!(2026-11-20 10:00 UTC))).items().expect("items");
    assert_eq!(items.iter().filter(|item| item.payload == br#""two\nlines""#).count(), payloads);

    let line = envelope.log_line();
    assert!(!line.contains('\n'), "{line:?}");
    // A log is text: an attachment that is none does not survive it.
    if std::str::from_utf8(&sent).is_ok() {
        let line: Value = serde_json::from_str(&line).expect("JSON");
        same(&envelope, &read(line["envelope"].as_str().expect("a text").as_bytes()));
    }
}

fn read(bytes: &[u8]) -> Envelope {
    Envelope::parse(bytes).unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(bytes)))
}

fn same(a: &Envelope, b: &Envelope) {
    assert_eq!((a.kind(), a.event_id()), (b.kind(), b.event_id()));
    assert!(alike(&a.header().clone().into(), &b.header().clone().into()), "{a:?} {b:?}");
    assert_eq!(a.items().expect("items"), b.items().expect("items"));
}

fn same_but_for_length(a: &Envelope, b: &Envelope) {
    assert_eq!((a.kind(), a.event_id()), (b.kind(), b.event_id()));
    let (a, b) = (a.items().expect("items"), b.items().expect("items"));
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(&b) {
        match (serde_json::from_slice::<Value>(&a.payload), serde_json::from_slice::<Value>(&b.payload)) {
            (Ok(was), Ok(is)) => {
                assert!(alike(&was, &is), "{was} {is}");
                assert_eq!(b.header.get("length").and_then(Value::as_u64), Some(b.payload.len() as u64));
            }
            _ => {
                assert!(alike(&a.header.clone().into(), &b.header.clone().into()), "{a:?} {b:?}");
                assert_eq!(a.payload, b.payload);
            }
        }
    }
}
