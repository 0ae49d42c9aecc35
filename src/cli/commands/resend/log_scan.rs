//! Finds envelopes in logs: what [`Envelope::log_line`] wrote, inside whatever a log has wrapped around it.

use serde_json::Value;

use crate::sentry::Envelope;

/// How deeply log lines may be nested in log lines.
const MAX_DEPTH: usize = 4;

/// What a line of a log holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Logged {
    /// An envelope.
    Envelope(Envelope),
    /// What is left of one: the line was truncated or changed.
    Damaged,
    /// Something else.
    Nothing,
}

impl Logged {
    /// Looks for an envelope in a line: the line itself, behind a timestamp and a request id, or as the text in a field
    /// `message` (Lambda's JSON logging, `aws logs filter-log-events`) or `@message` (CloudWatch Insights).
    pub fn of(line: &str) -> Self {
        // A quick test for the many lines that hold none.
        let is_ours = line.contains("sentrynet") && line.contains("envelope");
        if !is_ours {
            return Self::Nothing;
        }
        if let Some(found) = in_text(line, 0) {
            return found;
        }
        // Log lines of envelopes begin so, with or without escapes.
        let marked = line.replace(['\\', ' '], "").contains(r#"{"sentrynet":"envelope""#);
        if marked { Self::Damaged } else { Self::Nothing }
    }
}

fn in_text(text: &str, depth: usize) -> Option<Logged> {
    if depth > MAX_DEPTH {
        return None;
    }
    let whole = text.find('{').and_then(|start| {
        // Something may follow it.
        serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>().next()?.ok()
    });
    let found = whole.and_then(|value| in_value(&value, depth));
    // A line from the middle of a JSON object.
    found.or_else(|| {
        let field = text.trim().trim_end_matches(',');
        in_value(&serde_json::from_str(&format!("{{{field}}}")).ok()?, depth)
    })
}

fn in_value(value: &Value, depth: usize) -> Option<Logged> {
    if value.get("sentrynet").and_then(Value::as_str) == Some("envelope") {
        let bytes = value.get("envelope").and_then(Value::as_str).unwrap_or_default().as_bytes();
        let envelope = Envelope::parse(bytes).ok().filter(|envelope| envelope.items().is_ok_and(|all| !all.is_empty()));
        return Some(envelope.map_or(Logged::Damaged, Logged::Envelope));
    }
    ["message", "@message"].into_iter().filter_map(|field| value.get(field)).find_map(|inner| match inner {
        Value::String(text) => in_text(text, depth + 1),
        Value::Object(_) if depth < MAX_DEPTH => in_value(inner, depth + 1),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentry::Kind;
    use serde_json::json;
    use uuid::Uuid;

    #[test]
    fn an_envelope_is_found_behind_what_a_log_put_around_it() {
        let payload = json!({"message": "a \"quoted\" {brace}\n– ä"});
        let envelope = Envelope::new(Kind::Event, Uuid::from_u128(7), Value::Null, &payload);
        let line = envelope.log_line();
        let wrapped = json!({"timestamp": "2026-11-20T10:00:00Z", "level": "INFO", "message": line}).to_string();
        for text in [
            line.clone(),
            format!("2026-11-20T10:00:00.000Z\t6bc28136-xmpl\tINFO\t{line}"),
            format!("2026-11-20T10:00:00 2026/11/20/[$LATEST]0a1b {line}\r"),
            wrapped.clone(),
            format!("2026-11-20 {wrapped}"),
            json!({"message": serde_json::from_str::<Value>(&line).expect("JSON")}).to_string(),
            json!({"@timestamp": 7, "@message": wrapped}).to_string(),
            format!("            \"message\": {},", json!(format!("{line}\n"))),
        ] {
            assert_eq!(Logged::of(&text), Logged::Envelope(envelope.clone()), "{text}");
        }
    }

    #[test]
    fn other_lines_hold_nothing_and_cut_ones_are_told() {
        let envelope = Envelope::new(Kind::Event, Uuid::from_u128(7), Value::Null, &json!({"message": "x"}));
        let line = envelope.log_line();
        for text in [
            "",
            "{",
            "START RequestId: 7",
            r#"{"message":"sentrynet says envelope"}"#,
            "\u{0}{}{\"sentrynet\":1}envelope",
        ] {
            assert_eq!(Logged::of(text), Logged::Nothing, "{text}");
        }
        let wrapped = json!({"message": line}).to_string();
        for text in
            [&line[..line.len() - 9], &wrapped[..wrapped.len() - 9], r#"{"sentrynet":"envelope","envelope":"{}\n"}"#]
        {
            assert_eq!(Logged::of(text), Logged::Damaged, "{text}");
        }
        let mut deep = line;
        for _ in 0..8 {
            deep = json!({"message": deep}).to_string();
        }
        assert_eq!(Logged::of(&deep), Logged::Damaged);
    }
}
