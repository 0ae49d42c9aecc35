//! Reading format strings: the grammar of CPython's `MarkupIterator`, oddities included.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::field::{Accessor, Conversion, Field, Part};
use super::parse_error::TemplateProblem as Problem;

/// How many levels of fields there may be: those of the text, and those in their format specs.
const LEVELS: usize = 2;

/// A problem, and how many characters stand before it.
type Fault = (Problem, usize);

/// The parts of `source`.
pub(crate) fn parse(source: &str) -> Result<Vec<Part>, Fault> {
    let text: Vec<char> = source.chars().collect();
    parts(&text, 0, LEVELS)
}

/// The value of a decimal digit of any script (Python takes them all), 0 to 9.
pub(crate) fn decimal(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let is_digit =
        |code: u32| char::from_u32(code).is_some_and(|c| c.general_category() == GeneralCategory::DecimalNumber);
    // Unicode keeps the ten digits of a script together and in order; where several tens touch (mathematical
    // alphabets), the value repeats every ten.
    let code = u32::from(c);
    is_digit(code).then(|| (1..code).take_while(|back| is_digit(code - back)).count() as u32 % 10)
}

/// The parts of `text`, which stands after `base` characters of the whole and may hold `levels` levels of fields.
fn parts(text: &[char], base: usize, levels: usize) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        at += 1;
        if c != '{' && c != '}' {
            literal.push(c);
        } else if text.get(at) == Some(&c) {
            literal.push(c);
            at += 1;
        } else if c == '}' {
            return Err((Problem::SingleClose, base + at - 1));
        } else if at == text.len() {
            return Err((Problem::SingleOpen, base + at - 1));
        } else {
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            let (field, length) = field(&text[at..], base + at, levels)?;
            parts.push(Part::Field(field));
            at += length;
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

/// The field at the start of `text`, which begins after its `{`, and its length up to and with its `}`.
fn field(text: &[char], base: usize, levels: usize) -> Result<(Field, usize), Fault> {
    let unclosed = (Problem::Unclosed, base - 1);
    let mut at = name_length(text, base)?;
    let (key, accessors) = path(&text[..at], base)?;

    let mut conversion = None;
    if text[at] == '!' {
        conversion = match (text.get(at + 1), text.get(at + 2)) {
            (None, _) => return Err(unclosed),
            (Some('r'), _) => Some(Conversion::Repr),
            (Some('s'), _) => Some(Conversion::Str),
            (Some('a'), _) => Some(Conversion::Ascii),
            (Some(_), _) => return Err((Problem::Conversion, base + at + 1)),
        };
        at += 2;
        match text.get(at) {
            Some('}' | ':') => {}
            Some(_) => return Err((Problem::AfterConversion, base + at)),
            None => return Err(unclosed),
        }
    }

    let mut spec = Vec::new();
    if text[at] == ':' {
        at += 1;
        // Braces are counted blindly here, doubled or not and inside brackets too: so does Python.
        let mut open = 1;
        let length = text[at..].iter().position(|c| {
            match c {
                '{' => open += 1,
                '}' => open -= 1,
                _ => {}
            }
            open == 0
        });
        let length = length.ok_or(unclosed)?;
        let inner = &text[at..at + length];
        if levels == 1 && inner.contains(&'{') {
            return Err((Problem::TooDeep, base - 1));
        }
        spec = parts(inner, base + at, levels - 1)?;
        at += length;
    }
    Ok((Field { key, accessors, conversion, spec }, at + 1))
}

/// How many characters of `text` are the field's key and accessors. What comes then is there: `}`, `:` or `!`.
fn name_length(text: &[char], base: usize) -> Result<usize, Fault> {
    let unclosed = (Problem::Unclosed, base - 1);
    let mut at = 0;
    loop {
        match text.get(at).ok_or(unclosed)? {
            '}' | ':' | '!' => return Ok(at),
            '{' => return Err((Problem::BraceInName, base + at)),
            // Anything goes inside brackets.
            '[' => at += text[at..].iter().position(|&c| c == ']').ok_or(unclosed)?,
            _ => {}
        }
        at += 1;
    }
}

/// `key[0].name` taken apart.
fn path(text: &[char], base: usize) -> Result<(String, Vec<Accessor>), Fault> {
    let until = |start: usize, ends: &[char]| {
        text[start..].iter().position(|c| ends.contains(c)).map_or(text.len(), |length| start + length)
    };
    let mut at = until(0, &['.', '[']);
    let key = &text[..at];
    if key.is_empty() {
        return Err((Problem::NoName, base));
    }
    if number(key, base)?.is_some() {
        return Err((Problem::Positional, base));
    }

    let mut accessors = Vec::new();
    while let Some(c) = text.get(at) {
        let start = at + 1;
        let end = match c {
            '.' => until(start, &['.', '[']),
            '[' => until(start, &[']']),
            _ => return Err((Problem::AfterBracket, base + at)),
        };
        let name = &text[start..end];
        if name.is_empty() {
            return Err((Problem::EmptyAccessor, base + at));
        }
        accessors.push(match (c, number(name, base + start)) {
            ('.', _) => Accessor::Attribute(name.iter().collect()),
            (_, Err(fault)) => return Err(fault),
            (_, Ok(Some(index))) => Accessor::Index(index),
            (_, Ok(None)) => Accessor::Name(name.iter().collect()),
        });
        at = if *c == '[' { end + 1 } else { end };
    }
    Ok((key.iter().collect(), accessors))
}

/// `text` as a number, if it is digits only. Too large a one is an error even where other characters follow.
fn number(text: &[char], base: usize) -> Result<Option<usize>, Fault> {
    let mut number: i64 = 0;
    for &c in text {
        let Some(digit) = decimal(c) else { return Ok(None) };
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(digit.into()))
            .ok_or((Problem::TooManyDigits, base))?;
    }
    usize::try_from(number).map(Some).map_err(|_| (Problem::TooManyDigits, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_count() {
        for (c, value) in [('7', 7), ('٣', 3), ('९', 9), ('𝟎', 0), ('𝟗', 9), ('𝟘', 0), ('𝟿', 9), ('０', 0)]
        {
            assert_eq!(decimal(c), Some(value), "{c}");
        }
        for c in ['a', '²', '½', '一', '\u{0}'] {
            assert_eq!(decimal(c), None, "{c}");
        }
    }
}
