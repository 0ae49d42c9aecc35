//! Any line of a log, and any envelope behind what a log puts around it.

use sentrynet::cli::commands::resend::Logged;
use sentrynet::sentry::Envelope;
use serde_json::json;

/// Looks for an envelope in the input as a line; then takes it for an envelope, logs it and looks again.
pub fn check(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    if let Logged::Envelope(envelope) = Logged::of(&line) {
        assert!(envelope.items().is_ok_and(|items| !items.is_empty()));
        wrapped(&envelope);
    }
    if let Ok(envelope) = Envelope::parse(line.as_bytes())
        && envelope.items().is_ok_and(|items| !items.is_empty())
    {
        wrapped(&envelope);
    }
}

/// However it is wrapped, it is found whole; cut, it is not found.
fn wrapped(envelope: &Envelope) {
    let line = envelope.log_line();
    let message = json!({"level": "INFO", "message": line}).to_string();
    for text in [
        line.clone(),
        format!("2026-11-20T10:00:00.000Z\t6bc28136-xmpl\tINFO\t{line}\r"),
        format!("[INFO] {message}"),
        json!({"@message": format!("2026-11-20 {message}")}).to_string(),
        format!("    \"message\": {},\n", json!(line)),
    ] {
        assert_eq!(Logged::of(&text), Logged::Envelope(envelope.clone()), "{text}");
    }
    for part in 1..8 {
        let end = line.floor_char_boundary(line.len() * part / 8);
        assert!(!matches!(Logged::of(&line[..end]), Logged::Envelope(_)), "{line} in part");
    }
}
