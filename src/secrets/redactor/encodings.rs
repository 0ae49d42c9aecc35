//! Decoded forms of a text: a target may return what it received as JSON, in HTML, in a URL, in base64, or in several of
//! these, nested.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Shorter runs of base64 or hexadecimal digits are words.
const MIN_RUN: usize = 12;

/// Lenient, as a run of digits may be cut anywhere.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A text with some of its encodings decoded, and where in the original its bytes are.
pub(crate) struct Layer<'a> {
    pub bytes: Cow<'a, [u8]>,
    /// Where in the original each byte begins, and where the last ends. `None`: this is the original.
    offsets: Option<Vec<usize>>,
    /// Whether the original goes on where this ends.
    pub is_cut: bool,
}

impl<'a> Layer<'a> {
    /// The text itself.
    pub fn of(text: &'a str, is_cut: bool) -> Self {
        Self { bytes: text.as_bytes().into(), offsets: None, is_cut }
    }

    /// The range in the original of a part of this.
    pub fn original(&self, part: &Range<usize>) -> Range<usize> {
        self.at(part.start)..self.at(part.end)
    }

    fn at(&self, place: usize) -> usize {
        self.offsets.as_ref().map_or(place, |offsets| offsets.get(place).or(offsets.last()).copied().unwrap_or(place))
    }

    /// The same without percent-encoding and the escapes of JSON and HTML; `None` where there are none.
    pub fn unescaped(&self) -> Option<Layer<'static>> {
        let first = self.bytes.iter().position(|byte| matches!(byte, b'%' | b'\\' | b'&'))?;
        let mut bytes = self.bytes[..first].to_vec();
        let mut offsets: Vec<usize> = (0..first).map(|place| self.at(place)).collect();
        let mut place = first;
        let mut is_other = false;
        while let Some(byte) = self.bytes.get(place) {
            let meant = match byte {
                b'%' | b'\\' | b'&' => escape(&self.bytes[place..]),
                _ => None,
            };
            is_other |= meant.is_some();
            let (length, text) = meant.unwrap_or((1, vec![*byte]));
            offsets.extend(text.iter().map(|_| self.at(place)));
            bytes.extend(text);
            place += length;
        }
        offsets.push(self.at(place));
        is_other.then(|| Layer { bytes: bytes.into(), offsets: Some(offsets), is_cut: self.is_cut })
    }

    /// What runs of base64 and of hexadecimal digits encode, from each position where they may begin.
    pub fn decoded(&self) -> Vec<Layer<'static>> {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
        let mut layers = Vec::new();
        for run in runs(&self.bytes, is_base64) {
            for from in run.start..run.start + 4 {
                // One character alone is less than a byte.
                let end = if (run.end - from) % 4 == 1 { run.end - 1 } else { run.end };
                let standard: Vec<u8> = self.bytes[from..end].iter().map(|byte| standard(*byte)).collect();
                let bytes = BASE64.decode(standard).unwrap_or_default();
                // Three bytes are four characters.
                layers.push(self.beneath(bytes, &run, |byte| from + byte * 4 / 3));
            }
            for run in runs(&self.bytes[run.clone()], |byte| byte.is_ascii_hexdigit()).map(|part| shifted(&part, &run))
            {
                for from in run.start..run.start + 2 {
                    let digits = self.bytes[from..run.end].chunks_exact(2);
                    let bytes = digits.filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
                    layers.push(self.beneath(bytes.collect(), &run, |byte| from + byte * 2));
                }
            }
        }
        layers
    }

    /// Whether this is likely to be text, and worth a closer look.
    pub fn is_text(&self) -> bool {
        let odd = self.bytes.iter().filter(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()).count();
        odd * 16 <= self.bytes.len()
    }

    fn beneath(&self, bytes: Vec<u8>, run: &Range<usize>, place: impl Fn(usize) -> usize) -> Layer<'static> {
        let mut offsets: Vec<usize> = (0..bytes.len()).map(|byte| self.at(place(byte))).collect();
        offsets.push(self.at(run.end));
        let follows = &self.bytes[run.end..];
        let is_cut = follows.starts_with("…".as_bytes()) || follows.is_empty() && self.is_cut;
        Layer { bytes: bytes.into(), offsets: Some(offsets), is_cut }
    }
}

/// Runs of such bytes that are long enough to be decoded.
fn runs(bytes: &[u8], is_in: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let pieces = bytes.split(move |byte| !is_in(*byte)).map(move |piece| {
        let run = start..start + piece.len();
        start = run.end + 1;
        run
    });
    pieces.filter(|run| run.len() >= MIN_RUN)
}

fn shifted(part: &Range<usize>, within: &Range<usize>) -> Range<usize> {
    within.start + part.start..within.start + part.end
}

/// Maps the URL-safe alphabet to the standard one.
fn standard(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    }
}

/// The length of the escape at the beginning, and what it decodes to; `None` without one.
fn escape(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    let number = |digits: &[u8], radix| u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok();
    let utf8 = |c: char| c.to_string().into_bytes();
    match bytes {
        [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            Some((3, vec![u8::try_from(number(&[*high, *low], 16)?).ok()?]))
        }
        [b'\\', b'u', rest @ ..] => {
            let unit = number(rest.get(..4)?, 16)?;
            // Two of them make one character beyond the first 65536.
            let second = rest.get(4..6).filter(|sign| *sign == b"\\u").and(rest.get(6..10));
            let second = second.and_then(|digits| number(digits, 16)).filter(|low| (0xdc00..0xe000).contains(low));
            match (unit, second) {
                (0xd800..0xdc00, Some(low)) => {
                    let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    Some((12, utf8(char::from_u32(code)?)))
                }
                _ => Some((6, utf8(char::from_u32(unit)?))),
            }
        }
        [b'\\', c, ..] => {
            let meant = match c {
                b'"' | b'\\' | b'/' | b'\'' => *c,
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                _ => return None,
            };
            Some((2, vec![meant]))
        }
        [b'&', rest @ ..] => {
            let end = rest.iter().take(10).position(|byte| *byte == b';')?;
            let c = match &rest[..end] {
                b"amp" => '&',
                b"lt" => '<',
                b"gt" => '>',
                b"quot" => '"',
                b"apos" => '\'',
                [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
                [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
                _ => return None,
            };
            Some((end + 2, utf8(c)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str) -> String {
        let layer = Layer::of(text, false).unescaped();
        layer.map_or_else(|| text.to_owned(), |layer| String::from_utf8_lossy(&layer.bytes).into_owned())
    }

    #[test]
    fn escapes_are_undone_and_the_rest_stays() {
        for (text, wanted) in [
            ("a%2Fb%c3%A4 100% %zz", "a/bä 100% %zz"),
            (r#"\"a\\b\/c\u00e4\uD83D\ude00\x \u12"#, "\"a\\b/cä😀\\x \\u12"),
            ("&lt;&amp;&quot;&#39;&#x27;&#228; &nbsp; & ;", "<&\"''ä &nbsp; & ;"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(unescaped(text), wanted);
        }
    }

    #[test]
    fn what_is_beneath_knows_where_it_comes_from() {
        let text = "ä %2Fx &quot;y&quot; YTpodW50ZXIyIQ==";
        let layer = Layer::of(text, false);
        let plain = layer.unescaped().expect("another layer");
        let at = plain.bytes.windows(3).position(|bytes| bytes == b"\"y\"").expect("quotes");
        assert_eq!(&text[plain.original(&(at..at + 3))], "&quot;y&quot;");
        let decoded = layer.decoded();
        let found =
            decoded.iter().find(|layer| layer.bytes.starts_with(b"a:hunter2!")).map(|layer| layer.original(&(2..10)));
        assert_eq!(found.map(|range| &text[range]), Some("podW50ZXIyIQ"));
    }
}
