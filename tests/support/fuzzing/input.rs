//! Bytes as texts and JSON values.

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value};

/// How deep values are nested.
const MAX_DEPTH: usize = 4;

/// A text made of a few pieces: some are these, some are anything.
pub fn text(input: &mut Unstructured<'_>, pieces: &[&str]) -> Result<String> {
    let mut text = String::new();
    for _ in 0..input.int_in_range(0..=4)? {
        match input.int_in_range(0..=2 * pieces.len())? {
            index if index < pieces.len() => text.push_str(pieces[index]),
            index if index == pieces.len() => text.push_str(&"ä".repeat(input.int_in_range(0..=300)?)),
            _ => text.push_str(input.arbitrary()?),
        }
    }
    Ok(text)
}

/// A JSON value.
pub fn value(input: &mut Unstructured<'_>, pieces: &[&str]) -> Result<Value> {
    nested(input, pieces, MAX_DEPTH)
}

fn nested(input: &mut Unstructured<'_>, pieces: &[&str], levels: usize) -> Result<Value> {
    Ok(match input.int_in_range(0..=if levels > 0 { 7 } else { 5 })? {
        0 => Value::Null,
        1 => input.arbitrary::<bool>()?.into(),
        2 => input.arbitrary::<i64>()?.into(),
        3 => input.arbitrary::<u64>()?.into(),
        4 => input.arbitrary::<f64>()?.into(),
        5 => text(input, pieces)?.into(),
        6 => {
            let length = input.int_in_range(0..=4)?;
            (0..length).map(|_| nested(input, pieces, levels - 1)).collect::<Result<Vec<_>>>()?.into()
        }
        _ => {
            let length = input.int_in_range(0..=4)?;
            let entries = (0..length).map(|_| Ok((text(input, pieces)?, nested(input, pieces, levels - 1)?)));
            entries.collect::<Result<Map<_, _>>>()?.into()
        }
    })
}

/// Whether two values are the same, but for the last digits of floats: JSON's are read to within one unit of the last
/// place.
pub fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            _ if a == b => true,
            (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * a.abs().max(b.abs()),
            _ => false,
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}
