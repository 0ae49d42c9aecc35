//! Any secrets in any text: none of them may be left in it, in no spelling that a target may answer with.

use arbitrary::{Result, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sentrynet::config::{FILTERED, Redactor, Secret};
use serde_json::Value;

/// Shorter secrets are filtered where they stand alone only.
const SHORTEST: usize = 4;

/// Redacts a text in which secrets were put.
pub fn check(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    if let Ok((secrets, pieces)) = texts(&mut input) {
        judge(&secrets, &pieces);
    }
}

fn texts(input: &mut Unstructured<'_>) -> Result<(Vec<String>, Vec<String>)> {
    let mut secrets = Vec::new();
    for _ in 0..input.int_in_range(1..=3)? {
        secrets.push(input.arbitrary::<String>()?);
    }
    let mut pieces = Vec::new();
    for _ in 0..input.int_in_range(0..=6)? {
        let secret = input.choose(&secrets)?;
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        pieces.push(match input.int_in_range(0..=9)? {
            0 => secret.clone(),
            1 => form,
            2 => form.replace('+', "%20").to_ascii_lowercase(),
            3 => STANDARD.encode(secret),
            4 => URL_SAFE_NO_PAD.encode(secret),
            5 => Value::from(secret.as_str()).to_string(),
            6 => Value::from(Value::from(secret.as_str()).to_string()).to_string(),
            7 => {
                let mut url = url::Url::parse("https://a.example/").expect("a URL");
                let _ = url.set_password(Some(secret));
                url.path_segments_mut().expect("a path").push(secret);
                url.set_query(Some(secret));
                url.query_pairs_mut().append_pair("q", secret);
                url.into()
            }
            8 => {
                let end = secret.floor_char_boundary(input.int_in_range(0..=secret.len())?);
                format!("{}…", &secret[..end])
            }
            _ => input.arbitrary()?,
        });
    }
    Ok((secrets, pieces))
}

fn judge(secrets: &[String], pieces: &[String]) {
    let wrapped: Vec<Secret> = secrets.iter().map(Secret::new).collect();
    let redactor = Redactor::new(&wrapped);
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert_eq!(redactor.text(secret), FILTERED, "{secret:?}");
    }
    let text = pieces.concat();
    let clean = redactor.text(&text);
    // Every filter leaves `[Filtered]` behind, and what was there before is there still.
    assert!(clean.len() <= text.len() * FILTERED.len(), "{text:?} {clean:?}");
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        // A secret may itself be a part of the word that filters it.
        let left = clean.split(FILTERED).find(|piece| piece.contains(secret.as_str()));
        assert_eq!(left, None, "{secret:?} in {text:?} is left in {clean:?}");
        assert_eq!(redactor.text(&format!("{}…", secret)), format!("{FILTERED}…"));
    }
    if !secrets.iter().any(|secret| text.contains(secret.as_str())) && pieces.len() == 1 && clean == text {
        assert_eq!(redactor.text(&clean), clean);
    }
    let mut value = serde_json::json!([text, 1]);
    redactor.value(&mut value);
    assert_eq!(value, serde_json::json!([clean, 1]));
}
