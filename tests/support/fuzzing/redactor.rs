//! Any secrets in any text: none of them may be left in it, in no spelling that a target may answer with.

use arbitrary::{Result, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sentrynet::secrets::{FILTERED, Redactor, Secret};
use serde_json::Value;

/// Shorter secrets are filtered where they stand alone only.
const MIN_LENGTH: usize = 4;

/// Shorter runs of base64 are words.
const MIN_RUN: usize = 12;

/// A piece of a text; the secret that it spells, if it does.
struct Piece(String, Option<String>);

/// Redacts a text in which secrets were put.
pub fn check(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    if let Ok((secrets, pieces)) = texts(&mut input) {
        judge(&secrets, &pieces);
    }
}

fn texts(input: &mut Unstructured<'_>) -> Result<(Vec<String>, Vec<Piece>)> {
    let mut secrets = Vec::new();
    for _ in 0..input.int_in_range(1..=3)? {
        secrets.push(input.arbitrary::<String>()?);
    }
    let mut pieces = Vec::new();
    for _ in 0..input.int_in_range(0..=6)? {
        let secret = input.choose(&secrets)?.clone();
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let spelling = match input.int_in_range(0..=9)? {
            0 => secret.clone(),
            1 => form,
            2 => form.replace('+', "%20"),
            3 => STANDARD.encode(&secret),
            4 => URL_SAFE_NO_PAD.encode(&secret),
            5 => Value::from(secret.as_str()).to_string(),
            6 => Value::from(Value::from(secret.as_str()).to_string()).to_string(),
            7 => {
                let mut url = url::Url::parse("https://a.example/").expect("a URL");
                url.path_segments_mut().expect("a path").push(&secret);
                url.set_query(Some(&secret));
                url.query_pairs_mut().append_pair("q", &secret);
                url.into()
            }
            8 => {
                let end = secret.floor_char_boundary(input.int_in_range(0..=secret.len())?);
                pieces.push(Piece(format!("{}…", &secret[..end]), None));
                continue;
            }
            _ => {
                pieces.push(Piece(input.arbitrary()?, None));
                continue;
            }
        };
        pieces.push(Piece(spelling, Some(secret)));
    }
    Ok((secrets, pieces))
}

fn judge(secrets: &[String], pieces: &[Piece]) {
    let wrapped: Vec<Secret> = secrets.iter().map(Secret::new).collect();
    let redactor = Redactor::new(&wrapped);
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert_eq!(redactor.text(secret), FILTERED, "{secret:?}");
    }
    let text = pieces.iter().map(|Piece(text, _)| text.as_str()).collect::<Vec<_>>().join(" ");
    let clean = redactor.text(&text);
    // A filter is put for at least one byte, and what is not filtered stays.
    assert!(clean.len() <= text.len() * FILTERED.len(), "{text:?} {clean:?}");
    for secret in secrets.iter().filter(|secret| secret.len() >= MIN_LENGTH) {
        for (text, clean) in [(&text, &clean), (&format!("{secret}…"), &redactor.text(&format!("{secret}…")))] {
            // A secret may itself be a part of the word that filters it.
            let left = clean.split(FILTERED).find(|piece| piece.contains(secret.as_str()));
            assert_eq!(left, None, "{secret:?} in {text:?} is left in {clean:?}");
        }
    }
    for Piece(spelling, secret) in pieces {
        // Escapes in a text are undone, and so they are in a secret: what is left of it may be too short to be sought.
        let shortest = |secret: &str| if secret.contains(['%', '\\', '&']) { 8 * MIN_LENGTH } else { MIN_LENGTH };
        let is_sought = secret.as_ref().is_some_and(|secret| secret.len() >= shortest(secret));
        if is_sought && spelling.trim_end_matches('=').len() >= MIN_RUN {
            assert!(!clean.contains(spelling.as_str()), "{spelling:?} in {text:?} is left in {clean:?}");
        }
    }
    let mut value = serde_json::json!([text, 1]);
    redactor.value(&mut value);
    assert_eq!(value, serde_json::json!([clean, 1]));
}
