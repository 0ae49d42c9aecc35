//! What the report is made of besides its data: a frame, a style sheet, scripts, and a policy that allows only these.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The HTML document.
pub const FRAME: &str = include_str!("page.html");

/// The style sheet, which follows the palette.
pub const STYLE: &str = include_str!("page.css");

/// The chart library, then our own scripts, each of which uses those before it.
pub const SCRIPTS: [&str; 7] = [
    include_str!("chart.js/chart.umd.min.js"),
    include_str!("words.js"),
    include_str!("model.js"),
    include_str!("choice.js"),
    include_str!("charts.js"),
    include_str!("lists.js"),
    include_str!("page.js"),
];

/// The Content Security Policy: allows the report's own scripts and style; forbids all others, every request, and making markup
/// of strings.
pub fn policy(style: &str) -> String {
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let scripts = SCRIPTS.map(digest).join(" ");
    format!(
        "default-src 'none'; script-src {scripts}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        digest(style)
    )
}

/// The favicon: a dot, red if a probe is failing.
pub fn icon(is_failing: bool) -> String {
    let colour = if is_failing { "d70000" } else { "00af00" };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7\" \
         fill=\"#{colour}\"/></svg>"
    );
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `dist/chart.umd.min.js` of the package chart.js 4.6.1.
    const CHART_JS: &str = "87364cc2b2a76a6684929e7d6b80b18a897794db38400caff1fcf1791c6925d2";

    #[test]
    fn the_chart_library_is_the_one_that_was_published() {
        let digest: String = Sha256::digest(SCRIPTS[0]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, CHART_JS);
        assert!(SCRIPTS[0].starts_with("/*!\n * Chart.js v4.6.1\n") && SCRIPTS[0].contains("MIT License"));
    }

    #[test]
    fn no_script_ends_the_element_that_holds_it() {
        for script in SCRIPTS {
            let lower = script.to_ascii_lowercase();
            assert!(!lower.contains("</script") && !lower.contains("<!--"), "{}", &script[..80]);
        }
        assert!(!STYLE.contains("</"));
    }
}
