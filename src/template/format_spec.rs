//! The format specification mini-language of Python 3.11: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

use super::parse::decimal;

/// The largest width, and the largest precision of a number: a target's answer may well end up in `{x:{width}}`, and
/// must not be able to eat the memory. (Python knows no such limit.)
pub const MAX_WIDTH: usize = 10_000;

/// Why a value cannot be formatted. Holds nothing of the value and no more than one character of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Python: "Invalid format specifier".
    #[error("the format cannot be read")]
    Unreadable,
    /// Python: "Format specifier missing precision".
    #[error("the format has a '.' without a number after it")]
    NoPrecision,
    /// Python: "Cannot specify both ',' and '_'.".
    #[error("the format has both ',' and '_'")]
    BothSeparators,
    /// Python: "Cannot specify ',' with 's'.".
    #[error("the format's ',' or '_' does not apply to its type")]
    Separator,
    /// Python: "Unknown format code 'd' for object of type 'str'".
    #[error("the format type {letter:?} does not apply to {kind}")]
    UnknownType {
        /// The type asked for.
        letter: char,
        /// What the value is.
        kind: &'static str,
    },
    /// An option that this kind of value does not take, e.g. a sign for a string.
    #[error("the format has {option}, which does not apply to {kind}")]
    Option {
        /// The option.
        option: &'static str,
        /// What the value is, or is formatted as.
        kind: &'static str,
    },
    /// Python: "unsupported format string passed to NoneType.__format__".
    #[error("{kind} cannot be formatted")]
    NoFormat {
        /// What the value is.
        kind: &'static str,
    },
    /// Wider or more precise than [`MAX_WIDTH`]. Python has no limit but memory.
    #[error("the format's width or precision is more than {MAX_WIDTH}")]
    TooWide,
    /// Type `c` and a number that is not a character. Unlike Python, surrogates are not.
    #[error("the number is not a character, as the format type 'c' requires")]
    NoCharacter,
}

/// Where padding goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Centre,
    /// `=`: between the sign and the digits.
    Inside,
}

impl Align {
    const fn of(c: char) -> Option<Self> {
        match c {
            '<' => Some(Self::Left),
            '>' => Some(Self::Right),
            '^' => Some(Self::Centre),
            '=' => Some(Self::Inside),
            _ => None,
        }
    }
}

/// A format spec, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// What padding is made of.
    pub(crate) fill: char,
    /// Where padding goes.
    pub(crate) align: Align,
    /// `+`, `-` or a space, if given.
    pub(crate) sign: Option<char>,
    /// `z`: no minus before a zero.
    pub(crate) positive_zero: bool,
    /// `#`.
    pub(crate) alternate: bool,
    /// The least width in characters; 0 if not given.
    pub(crate) width: usize,
    /// `,` or `_` between groups of digits.
    pub(crate) separator: Option<char>,
    /// What is after the `.`; unbounded.
    pub(crate) precision: Option<usize>,
    /// The type's letter, given or the kind's own; floats have none of their own.
    pub(crate) letter: Option<char>,
}

impl Spec {
    /// Reads a spec for a kind of value whose type and alignment are these unless the spec says otherwise.
    pub(crate) fn parse(spec: &str, letter: Option<char>, align: Align) -> Result<Self, SpecError> {
        let mut rest = spec;
        let mut parsed = Self {
            fill: ' ',
            align,
            sign: None,
            positive_zero: false,
            alternate: false,
            width: 0,
            separator: None,
            precision: None,
            letter,
        };

        let mut chars = rest.chars();
        let (first, second) = (chars.next(), chars.next());
        let filled = second.and_then(Align::of);
        let aligned = filled.or(first.and_then(Align::of));
        if filled.is_some() {
            parsed.fill = first.unwrap_or(' ');
            rest = chars.as_str();
        } else if aligned.is_some() {
            rest = &rest[1..];
        }
        parsed.align = aligned.unwrap_or(align);

        if let Some(sign) = rest.chars().next().filter(|c| matches!(c, '+' | '-' | ' ')) {
            parsed.sign = Some(sign);
            rest = &rest[1..];
        }
        parsed.positive_zero = take(&mut rest, 'z');
        parsed.alternate = take(&mut rest, '#');
        if filled.is_none() && take(&mut rest, '0') {
            parsed.fill = '0';
            // Strings are not padded inside; only their fill changes.
            if aligned.is_none() && align == Align::Right {
                parsed.align = Align::Inside;
            }
        }
        parsed.width = take_number(&mut rest)?.unwrap_or_default();
        if parsed.width > MAX_WIDTH {
            return Err(SpecError::TooWide);
        }
        parsed.take_separator(&mut rest)?;
        if take(&mut rest, '.') {
            parsed.precision = Some(take_number(&mut rest)?.ok_or(SpecError::NoPrecision)?);
        }
        let mut chars = rest.chars();
        parsed.letter = chars.next().or(letter);
        if chars.next().is_some() {
            return Err(SpecError::Unreadable);
        }
        parsed.check_separator()?;
        Ok(parsed)
    }

    fn take_separator(&mut self, rest: &mut &str) -> Result<(), SpecError> {
        if take(rest, ',') {
            self.separator = Some(',');
        }
        if take(rest, '_') {
            if self.separator.is_some() {
                return Err(SpecError::BothSeparators);
            }
            self.separator = Some('_');
        }
        if self.separator == Some('_') && rest.starts_with(',') {
            return Err(SpecError::BothSeparators);
        }
        Ok(())
    }

    const fn check_separator(&self) -> Result<(), SpecError> {
        match (self.separator, self.letter) {
            (None, _) | (_, None | Some('d' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => Ok(()),
            (Some('_'), Some('b' | 'o' | 'x' | 'X')) => Ok(()),
            _ => Err(SpecError::Separator),
        }
    }

    /// `text` with padding on both sides, up to the width.
    pub(crate) fn pad(&self, text: &str) -> String {
        let padding = self.width.saturating_sub(text.chars().count());
        let left = match self.align {
            Align::Left | Align::Inside => 0,
            Align::Right => padding,
            Align::Centre => padding / 2,
        };
        let mut out = String::with_capacity(text.len() + padding * self.fill.len_utf8());
        out.extend(std::iter::repeat_n(self.fill, left));
        out.push_str(text);
        out.extend(std::iter::repeat_n(self.fill, padding - left));
        out
    }

    /// Puts a number together: sign, prefix, digits in groups of `group`, and the rest (from the point on).
    pub(crate) fn number(&self, negative: bool, prefix: &str, digits: &str, rest: &str, group: usize) -> String {
        let sign = match self.sign {
            _ if negative => "-",
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        };
        let around = sign.len() + prefix.len() + rest.chars().count();
        // Zeros put in by `0` are digits and get separators; other fills do not.
        let zeros = self.fill == '0' && self.align == Align::Inside;
        let least = if zeros { self.width.saturating_sub(around) } else { 0 };
        let digits = grouped(digits, self.separator, group, least);
        let padding = match self.align {
            Align::Inside => self.width.saturating_sub(around + digits.len()),
            _ => 0,
        };
        let padding = String::from_iter(std::iter::repeat_n(self.fill, padding));
        self.pad(&format!("{sign}{prefix}{padding}{digits}{rest}"))
    }
}

/// `digits` with zeros before them up to a width of `least`, and the separator between groups of `group`. No group
/// begins with a separator, so with one the result may be one wider. No digits stay none.
fn grouped(digits: &str, separator: Option<char>, group: usize, least: usize) -> String {
    if digits.is_empty() {
        return String::new();
    }
    let Some(separator) = separator else { return format!("{digits:0>least$}") };
    let width_of = |digits: usize| digits + (digits - 1) / group;
    let mut count = digits.len();
    while width_of(count) < least {
        count += 1;
    }
    let mut out = String::with_capacity(width_of(count));
    for (index, digit) in std::iter::repeat_n('0', count - digits.len()).chain(digits.chars()).enumerate() {
        if index > 0 && (count - index).is_multiple_of(group) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// Takes `c` (which is ASCII) from the start of `rest` if it is there.
fn take(rest: &mut &str, c: char) -> bool {
    match rest.strip_prefix(c) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

/// Takes digits from the start of `rest`; `None` if there are none.
fn take_number(rest: &mut &str) -> Result<Option<usize>, SpecError> {
    let mut number = None;
    while let Some((c, digit)) = rest.chars().next().and_then(|c| Some((c, decimal(c)?))) {
        let shifted = number.unwrap_or(0_usize).checked_mul(10);
        number = Some(shifted.and_then(|number| number.checked_add(digit as usize)).ok_or(SpecError::TooWide)?);
        *rest = &rest[c.len_utf8()..];
    }
    Ok(number)
}
