//! Configurations as texts: loading them, and what is said of their mistakes.

use sentrynet::config::{Config, Document, read};
use sentrynet::diagnostics::Diagnostics;
use sentrynet::schema::Secrets;

/// Reads a text as `sentrynet.yaml`.
pub fn try_load(text: &str) -> Result<Config, Diagnostics> {
    let document = Document::parse("sentrynet.yaml", text.as_bytes())?;
    read(&document, &Secrets::from_env(&document.secret_refs()))
}

/// The configuration in a text that has no mistakes.
pub fn load(text: &str) -> Config {
    try_load(text).unwrap_or_else(|problems| panic!("{problems}\nin:\n{text}"))
}

/// The mistakes in a text.
pub fn problems(text: &str) -> Diagnostics {
    try_load(text).expect_err("problems")
}

/// Each problem in one line.
pub fn listed(problems: &Diagnostics) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let help = problem.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{} {} {}{help}", problem.line, problem.column, problem.path, problem.message)
        })
        .collect()
}

/// A configuration with one `probes.http` that has these lines besides its URL.
pub fn with_probe(lines: &str) -> String {
    let lines = lines.replace('\n', "\n        ");
    format!(
        "groups:\n  - probes:\n      - probe: probes.http\n        url: https://www.example.com/\n        {lines}\n"
    )
}

/// A configuration with one `probes.script` that has these lines besides its title.
pub fn script(lines: &str) -> String {
    let lines = lines.replace('\n', "\n        ");
    format!("groups:\n  - probes:\n      - probe: probes.script\n        title: S\n        {lines}\n")
}
