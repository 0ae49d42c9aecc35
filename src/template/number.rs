//! Numbers as Python writes them: digits of integers and floats, before signs, groups and padding.

use serde_json::Number;

/// A whole number between the smallest `i64` and the largest `u64`: what JSON numbers without a point are read into.
/// (Larger ones arrive as floats, and `-0` as `-0.0`; to Python both are whole.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Int {
    /// Whether it is below zero.
    pub(crate) negative: bool,
    /// Its distance from zero.
    pub(crate) magnitude: u64,
}

impl Int {
    /// The number, if it is whole.
    pub(crate) fn of(number: &Number) -> Option<Self> {
        match (number.as_u64(), number.as_i64()) {
            (Some(magnitude), _) => Some(Self { negative: false, magnitude }),
            (None, Some(value)) => Some(Self { negative: true, magnitude: value.unsigned_abs() }),
            (None, None) => None,
        }
    }

    /// The nearest float.
    pub(crate) fn to_f64(self) -> f64 {
        let value = self.magnitude as f64;
        if self.negative { -value } else { value }
    }

    /// The digits in base 2, 8, 10 or 16 and what `#` puts before them, by the letter of the presentation type.
    pub(crate) fn digits(self, letter: char) -> (&'static str, String) {
        let magnitude = self.magnitude;
        match letter {
            'b' => ("0b", format!("{magnitude:b}")),
            'o' => ("0o", format!("{magnitude:o}")),
            'x' => ("0x", format!("{magnitude:x}")),
            'X' => ("0X", format!("{magnitude:X}")),
            _ => ("", magnitude.to_string()),
        }
    }
}

impl From<bool> for Int {
    fn from(value: bool) -> Self {
        Self { negative: false, magnitude: value.into() }
    }
}

impl std::fmt::Display for Int {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.negative { "-" } else { "" }, self.magnitude)
    }
}

/// How the digits of a float are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// The fewest that read back as the same float, as `repr()` does.
    Shortest,
    /// `e`: this many after the point, with an exponent.
    Exponent(usize),
    /// `f`: this many after the point.
    Fixed(usize),
    /// `g`: this many in all, with an exponent where that is shorter. 0 is taken for 1.
    General {
        /// How many.
        digits: usize,
        /// Whether there is always a digit after the point, as in `repr()`: what a precision without a letter means.
        point: bool,
    },
}

/// Python's `repr()` of a float.
pub(crate) fn float_repr(value: f64) -> String {
    let sign = if value.is_sign_negative() && !value.is_nan() { "-" } else { "" };
    format!("{sign}{}", float_digits(value, Style::Shortest, false))
}

/// `value` without its sign, in lower case. `alternate` (`#`) keeps the point and `g`'s last zeros.
///
/// Rust's formatting gives the digits (shortest, or correctly rounded with ties to even, as Python's); this puts the
/// point and the exponent where CPython's `format_float_short` does.
pub(crate) fn float_digits(value: f64, style: Style, alternate: bool) -> String {
    let value = value.abs();
    if !value.is_finite() {
        return if value.is_nan() { "nan" } else { "inf" }.to_owned();
    }
    let (scientific, always_exponent, always_point, most, least) = match style {
        Style::Fixed(precision) => {
            let point = if alternate && precision == 0 { "." } else { "" };
            return format!("{value:.precision$}{point}");
        }
        Style::Shortest => (format!("{value:e}"), false, true, 16, 0),
        Style::Exponent(precision) => (format!("{value:.precision$e}"), true, false, 0, precision + 1),
        Style::General { digits, point } => {
            let digits = digits.max(1);
            let least = if alternate { digits } else { 0 };
            let most = if point { digits - 1 } else { digits };
            (format!("{value:.*e}", digits - 1), false, point, most, least)
        }
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: isize = exponent.parse().unwrap_or_default();
    let mut digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.truncate(digits.trim_end_matches('0').len().max(1));
    while digits.len() < least {
        digits.push('0');
    }

    // `point` is where the decimal point goes, in digits from the left.
    let point = exponent + 1;
    let use_exponent = always_exponent || point <= -4 || point > isize::try_from(most).unwrap_or(isize::MAX);
    let mut out = String::new();
    if use_exponent {
        push_with_point(&digits, 1, alternate, &mut out);
        out.push_str(&format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs()));
        return out;
    }
    match usize::try_from(point) {
        Ok(point) if point > 0 => {
            let length = if always_point { point + 1 } else { point };
            while digits.len() < length {
                digits.push('0');
            }
            push_with_point(&digits, point, alternate, &mut out);
        }
        _ => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', point.unsigned_abs()));
            out.push_str(&digits);
        }
    }
    out
}

/// `digits` with a point after the first `point` ones; without it if none follow, unless `keep`.
fn push_with_point(digits: &str, point: usize, keep: bool, out: &mut String) {
    let (whole, fraction) = digits.split_at(point);
    out.push_str(whole);
    if keep || !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_with_the_fewest_digits_as_by_python() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.2345e22, "1.2345e+22"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_repr(value), expected);
        }
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        for (value, precision, expected) in
            [(0.5, 0, "0"), (1.5, 0, "2"), (2.5, 0, "2"), (0.125, 2, "0.12"), (0.375, 2, "0.38"), (2.675, 2, "2.67")]
        {
            assert_eq!(float_digits(value, Style::Fixed(precision), false), expected);
        }
        assert_eq!(float_digits(2.5, Style::Exponent(0), false), "2e+00");
        assert_eq!(float_digits(12.5, Style::General { digits: 2, point: false }, false), "12");
    }

    #[test]
    fn alternate_form_keeps_point_and_zeros() {
        assert_eq!(float_digits(3.0, Style::Fixed(0), true), "3.");
        assert_eq!(float_digits(3.0, Style::Exponent(0), true), "3.e+00");
        assert_eq!(float_digits(3.0, Style::General { digits: 4, point: false }, true), "3.000");
        assert_eq!(float_digits(1e16, Style::Shortest, true), "1.e+16");
    }
}
