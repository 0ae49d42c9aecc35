//! The HTML report: one self-contained file that makes no requests.
//!
//! It holds the results as JSON, and scripts that show them without parsing any string as markup. A Content Security Policy
//! forbids everything else: other scripts, other styles, every request.

mod assets;
mod data;
mod file;

pub use file::{PageError, PageFile};

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use self::data::Content;
use super::history::History;
use super::palette::{BAD, Colour};
use crate::outcome::phase::Op;

/// How often a live report reloads itself, and at most how often its file is written.
pub const PERIOD: Duration = Duration::from_secs(5);

/// The report of these runs; `reload` is how often it reloads itself.
pub fn page(history: &History, reload: Option<Duration>) -> String {
    let content = Content::new(history, reload);
    // Serialisation fails only for maps whose keys are not strings.
    let data = serde_json::to_string(&content).unwrap_or_else(|_| "null".to_owned());
    let style = format!("{}{}", colours(), assets::STYLE);
    let mut scripts = String::new();
    for script in assets::SCRIPTS {
        let _ = writeln!(scripts, "<script>{script}</script>");
    }
    let parts = [
        ("policy", assets::policy(&style)),
        ("icon", assets::icon(history.probes.iter().any(|series| series.is_failing()))),
        ("style", style),
        ("data", inert(&data).into_owned()),
        ("scripts", scripts),
    ];
    fill(assets::FRAME, &parts)
}

/// Fills the `{{parts}}` into the frame. Placeholders within a part are not replaced.
fn fill(frame: &str, parts: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(frame.len() + parts.iter().map(|(_, part)| part.len()).sum::<usize>());
    let mut rest = frame;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        page.push_str(before);
        page.push_str(parts.iter().find(|(known, _)| *known == name).map_or("", |(_, part)| part));
        rest = after;
    }
    page + rest
}

/// Escapes JSON so that nothing in it can end the element around it. In JSON, these characters occur only in strings.
fn inert(json: &str) -> Cow<'_, str> {
    let special = ['<', '>', '&', '\u{2028}', '\u{2029}'];
    if !json.contains(special) {
        return json.into();
    }
    let mut inert = String::with_capacity(json.len() + json.len() / 16);
    for part in json.split_inclusive(special) {
        let last = part.chars().next_back().filter(|last| special.contains(last));
        inert.push_str(part.strip_suffix(special).unwrap_or(part));
        if let Some(last) = last {
            let _ = write!(inert, "\\u{:04x}", u32::from(last));
        }
    }
    inert.into()
}

/// The palette as variables of the style sheet: `--op-net-dns`, `--status-failed`.
fn colours() -> String {
    let statuses = ["ok", "degraded", "failed", "skipped"];
    let ops = Op::ALL.iter().map(|op| (format!("op-{}", op.as_str().replace('.', "-")), Colour::of(*op)));
    let statuses = statuses.iter().map(|status| (format!("status-{status}"), Colour::of_status(status)));
    let mut style = ":root {\n".to_owned();
    for (name, colour) in ops.chain(statuses).chain([("bad".to_owned(), BAD)]) {
        let _ = writeln!(style, "  --{name}: {};", colour.hex());
    }
    style + "}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_element_that_holds_it() {
        let text = "</script><script>alert(1)</script> & <!-- \u{2028}\u{2029} ü";
        let json = serde_json::to_string(text).expect("JSON");
        let inert = inert(&json);
        assert!(!inert.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{inert}");
        assert_eq!(serde_json::from_str::<String>(&inert).expect("JSON"), text);
    }

    #[test]
    fn what_a_part_holds_is_not_filled_in() {
        let parts = [("one", "{{two}}".to_owned()), ("two", "2".to_owned())];
        assert_eq!(fill("<{{one}}|{{two}}|{{three}}>", &parts), "<{{two}}|2|>");
    }

    #[test]
    fn every_phase_and_status_has_its_colour() {
        let style = colours();
        for part in
            ["--op-net-dns: #875fff;", "--op-http-request:", "--status-ok:", "--status-skipped:", "--bad: #d70000;"]
        {
            assert!(style.contains(part), "{part} in {style}");
        }
    }
}
