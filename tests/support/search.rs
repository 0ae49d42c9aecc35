//! Looks for texts in what came out, however they are written there. It decodes what it searches, and knows nothing of
//! how secrets are filtered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;

/// A way of writing, undone.
type Reading = fn(&str) -> String;

/// The ways of writing in which a target may say something back, by name.
pub const READINGS: &[(&str, Reading)] = &[
    ("plain", str::to_owned),
    ("percent", |text| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()),
    ("percent twice", |text| {
        let once = percent_decode_str(text).decode_utf8_lossy().into_owned();
        percent_decode_str(&once).decode_utf8_lossy().into_owned()
    }),
    ("html", html),
    ("base64", base64),
    ("hex", hex),
];

/// What came out, read in every way.
pub struct Found {
    readings: Vec<(&'static str, String)>,
}

impl Found {
    /// Reads a text, which may be JSON, or hold JSON that holds JSON.
    pub fn read(text: &str) -> Self {
        let mut levels = vec![text.to_owned()];
        for _ in 0..3 {
            let deeper = without_escapes(levels.last().expect("a level"));
            levels.push(deeper);
        }
        let text = levels.join("\n");
        let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { readings: READINGS.iter().map(|(name, read)| (*name, one_line(read(&text)))).collect() }
    }

    /// The way in which `wanted` is written in it, and what stands around it.
    pub fn find(&self, wanted: &str) -> Option<(&'static str, String)> {
        let wanted = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
        self.readings.iter().find_map(|(name, text)| {
            let at = text.find(&wanted)?;
            let from = text.floor_char_boundary(at.saturating_sub(150));
            Some((*name, text[from..].chars().take(400).collect()))
        })
    }

    /// Whether `wanted` is written in it in this way.
    pub fn has(&self, reading: &str, wanted: &str) -> bool {
        self.readings.iter().any(|(name, text)| *name == reading && text.contains(wanted))
    }
}

/// `\"` as `"`, `\u00e4` as `ä`.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'r' | 't') => out.push(' '),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            other => out.extend(other),
        }
    }
    out
}

fn html(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, c) in
        [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">")]
    {
        out = out.replace(entity, c);
    }
    out.replace("&amp;", "&")
}

/// Every run of base64's characters, decoded from each of the places where it may begin.
fn base64(text: &str) -> String {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let runs = text.split(|c| !is_base64(c)).filter(|run| run.len() >= 12);
    let read = |run: &str| {
        let run = run.replace('-', "+").replace('_', "/");
        (0..4)
            .map(move |shift| {
                let whole = &run[shift..shift + (run.len() - shift) / 4 * 4];
                String::from_utf8_lossy(&STANDARD_NO_PAD.decode(whole).unwrap_or_default()).into_owned()
            })
            .collect::<Vec<_>>()
            .join("\n")
    };
    runs.map(read).collect::<Vec<_>>().join("\n")
}

/// Every run of hexadecimal digits.
fn hex(text: &str) -> String {
    let runs = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 12);
    let read = |run: &str| {
        let byte = |at: usize| u8::from_str_radix(run.get(at..at + 2)?, 16).ok();
        let from = |start: usize| (start..run.len()).step_by(2).map_while(byte).collect::<Vec<u8>>();
        [from(0), from(1)].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n")
    };
    runs.map(read).collect::<Vec<_>>().join("\n")
}
