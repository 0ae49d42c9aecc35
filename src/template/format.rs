//! Values under a format spec: what Python's `format(value, spec)` gives.

use serde_json::Value;

use super::format_spec::{Align, MAX_WIDTH, Spec, SpecError};
use super::number::{Int, Style, float_digits};
use super::repr;

/// Digits after the point where a float's letter is given and its precision is not.
const DEFAULT_PRECISION: usize = 6;

/// `value` under `spec`. `true` and `false` are 1 and 0 where there is a spec; null, lists and maps take none.
pub(crate) fn format(value: &Value, spec: &str) -> Result<String, SpecError> {
    if spec.is_empty() {
        return Ok(repr::str(value));
    }
    match value {
        Value::Null => Err(SpecError::NoFormat { kind: "null" }),
        Value::Array(_) => Err(SpecError::NoFormat { kind: "a list" }),
        Value::Object(_) => Err(SpecError::NoFormat { kind: "a map" }),
        Value::String(text) => format_str(text, spec),
        Value::Bool(value) => format_int(Int::from(*value), spec),
        Value::Number(number) => match Int::of(number) {
            Some(int) => format_int(int, spec),
            None => {
                let spec = Spec::parse(spec, None, Align::Right)?;
                // Finite by serde_json's own promise.
                format_float(number.as_f64().unwrap_or(f64::NAN), &spec, "a float")
            }
        },
    }
}

/// A string under a spec that is not empty.
pub(crate) fn format_str(text: &str, spec: &str) -> Result<String, SpecError> {
    const KIND: &str = "a string";
    let spec = Spec::parse(spec, Some('s'), Align::Left)?;
    if let Some(letter) = spec.letter.filter(|&letter| letter != 's') {
        return Err(SpecError::UnknownType { letter, kind: KIND });
    }
    refuse(spec.sign.is_some(), "a sign", KIND)?;
    refuse(spec.positive_zero, "a 'z'", KIND)?;
    refuse(spec.alternate, "a '#'", KIND)?;
    refuse(spec.align == Align::Inside, "a '='", KIND)?;
    let end = spec.precision.and_then(|precision| text.char_indices().nth(precision)).map(|(end, _)| end);
    Ok(spec.pad(&text[..end.unwrap_or(text.len())]))
}

fn format_int(int: Int, spec: &str) -> Result<String, SpecError> {
    const KIND: &str = "a whole number";
    let spec = Spec::parse(spec, Some('d'), Align::Right)?;
    let letter = spec.letter.unwrap_or('d');
    match letter {
        'b' | 'c' | 'd' | 'n' | 'o' | 'x' | 'X' => {}
        _ => return format_float(int.to_f64(), &spec, KIND),
    }
    refuse(spec.precision.is_some(), "a precision", KIND)?;
    refuse(spec.positive_zero, "a 'z'", KIND)?;
    if letter == 'c' {
        refuse(spec.sign.is_some(), "a sign", "a character")?;
        refuse(spec.alternate, "a '#'", "a character")?;
        let c = u32::try_from(int.magnitude).ok().filter(|_| !int.negative).and_then(char::from_u32);
        let c = c.ok_or(SpecError::NoCharacter)?;
        return Ok(spec.number(false, "", "", c.encode_utf8(&mut [0; 4]), 3));
    }
    let (prefix, digits) = int.digits(letter);
    let prefix = if spec.alternate { prefix } else { "" };
    let group = if matches!(letter, 'd' | 'n') { 3 } else { 4 };
    Ok(spec.number(int.negative, prefix, &digits, "", group))
}

/// `kind` is what the value was before it was made a float.
fn format_float(value: f64, spec: &Spec, kind: &'static str) -> Result<String, SpecError> {
    if spec.precision.is_some_and(|precision| precision > MAX_WIDTH) {
        return Err(SpecError::TooWide);
    }
    let precision = spec.precision.unwrap_or(DEFAULT_PRECISION);
    let style = match (spec.letter, spec.precision) {
        (None, None) => Style::Shortest,
        (None, Some(digits)) => Style::General { digits, point: true },
        (Some('e' | 'E'), _) => Style::Exponent(precision),
        (Some('f' | 'F' | '%'), _) => Style::Fixed(precision),
        // `n` is `g` in the user's locale: a function has none.
        (Some('g' | 'G' | 'n'), _) => Style::General { digits: precision, point: false },
        (Some(letter), _) => return Err(SpecError::UnknownType { letter, kind }),
    };
    let percent = spec.letter == Some('%');
    let value = if percent { value * 100.0 } else { value };
    let mut text = float_digits(value, style, spec.alternate);
    if matches!(spec.letter, Some('E' | 'F' | 'G')) {
        text.make_ascii_uppercase();
    }
    if percent {
        text.push('%');
    }
    let is_zero =
        || !text.split(['e', 'E']).next().unwrap_or_default().contains(|c| matches!(c, '1'..='9' | 'i' | 'I'));
    let negative = value.is_sign_negative() && !(spec.positive_zero && is_zero());
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    Ok(spec.number(negative, "", digits, rest, 3))
}

const fn refuse(given: bool, option: &'static str, kind: &'static str) -> Result<(), SpecError> {
    if given { Err(SpecError::Option { option, kind }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: Value, cases: &[(&str, &str)]) {
        for (spec, expected) in cases {
            assert_eq!(format(&value, spec).as_deref(), Ok(*expected), "{value} {spec}");
        }
    }

    #[test]
    fn strings_are_padded_and_cut() {
        let cases = [("5", "äb   "), (">5", "   äb"), ("*^5", "*äb**"), (".1", "ä"), ("05", "äb000"), ("é<3s", "äbé")];
        check(json!("äb"), &cases);
        assert_eq!(format(&json!("äb"), ".99999999").as_deref(), Ok("äb"));
    }

    #[test]
    fn whole_numbers_take_bases_signs_and_groups() {
        check(
            json!(1234),
            &[("+d", "+1234"), ("x", "4d2"), ("#X", "0X4D2"), ("#_b", "0b100_1101_0010"), (",", "1,234")],
        );
        check(json!(1234), &[("08,", "0,001,234"), ("*=+8", "+***1234"), (".2f", "1234.00"), ("%", "123400.000000%")]);
        check(json!(-5), &[("03", "-05"), (" ", "-5"), ("^6", "  -5  "), ("<4", "-5  ")]);
        check(json!(8364), &[("c", "€"), ("3c", "  €"), ("03c", "00€"), ("n", "8364")]);
        check(json!(true), &[("", "True"), ("d", "1"), ("5", "    1"), (".1f", "1.0")]);
        check(json!(u64::MAX), &["_x"].map(|spec| (spec, "ffff_ffff_ffff_ffff")));
    }

    #[test]
    fn floats_take_precision_exponents_and_groups() {
        check(
            json!(1234.5),
            &[("", "1234.5"), (".1", "1e+03"), (".2f", "1234.50"), ("e", "1.234500e+03"), ("g", "1234.5")],
        );
        check(json!(1234.5), &[(",.2f", "1,234.50"), ("011,.1f", "0,001,234.5"), ("G", "1234.5"), ("#.0f", "1234.")]);
        check(json!(-0.001), &[(".1f", "-0.0"), ("z.1f", "0.0"), ("z", "-0.001"), ("z.0e", "-1e-03")]);
        check(json!(1e308), &[("%", "inf%"), ("06%", "00inf%"), ("E", "1.000000E+308")]);
    }

    #[test]
    fn what_does_not_fit_the_value_is_refused() {
        use SpecError::{BothSeparators, NoCharacter, NoPrecision, Separator, TooWide, Unreadable};
        for (value, spec, error) in [
            (json!("a"), "d", SpecError::UnknownType { letter: 'd', kind: "a string" }),
            (json!("a"), "+", SpecError::Option { option: "a sign", kind: "a string" }),
            (json!("a"), "=5", SpecError::Option { option: "a '='", kind: "a string" }),
            (json!("a"), ",", Separator),
            (json!(1), ".1", SpecError::Option { option: "a precision", kind: "a whole number" }),
            (json!(1), "s", SpecError::UnknownType { letter: 's', kind: "a whole number" }),
            (json!(1), ",x", Separator),
            (json!(1), ",_", BothSeparators),
            (json!(1), "dd", Unreadable),
            (json!(1), ".", NoPrecision),
            (json!(-1), "c", NoCharacter),
            (json!(0xd800), "c", NoCharacter),
            (json!(1.5), "d", SpecError::UnknownType { letter: 'd', kind: "a float" }),
            (json!(null), "s", SpecError::NoFormat { kind: "null" }),
            (json!([]), "5", SpecError::NoFormat { kind: "a list" }),
            (json!({}), ">5", SpecError::NoFormat { kind: "a map" }),
            (json!(1), "999999999999", TooWide),
            (json!("a"), "99999999999999999999999", TooWide),
            (json!(1.5), ".10001f", TooWide),
        ] {
            assert_eq!(format(&value, spec), Err(error), "{value} {spec}");
        }
        assert_eq!(format(&json!(1), "10000").map(|text| text.len()), Ok(MAX_WIDTH));
        assert_eq!(format(&json!(1.5), ".10000f").map(|text| text.len()), Ok(MAX_WIDTH + 2));
    }
}
