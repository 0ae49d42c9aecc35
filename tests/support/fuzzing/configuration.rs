//! Any bytes as a configuration.

use std::collections::BTreeSet;
use std::time::Duration;

use sentrynet::config::{Config, Document, Group, RedactedLine, read, read_parts};
use sentrynet::diagnostics::Diagnostics;
use sentrynet::parameters::Partition;
use sentrynet::probe::Check;
use sentrynet::probe::http::{Body, Request};
use sentrynet::schema::{SecretRef, Secrets};
use sentrynet::secrets::Secret;
use sentrynet::template::{Json, Template, Text};

use super::words::{hides, sentence};

/// The secrets that there are; every other one is missing.
const SECRETS: &[(&str, &str)] = &[
    ("PASSWORD", "pa55w0rd of-Mallory"),
    ("URL", "https://mallory:cr3dentials@example.com/"),
    ("NUMBER", "1234567890"),
    ("TEMPLATE", "{m4lformed"),
    ("PEM", "-----BEGIN PRIVATE KEY-----\nTWFsbG9yeQ==\n-----END PRIVATE KEY-----\n"),
];

/// Thousands of problems are all alike.
const MOST_PROBLEMS: usize = 200;

/// Reads it as a file and as parts from SSM, with secrets and without, and takes it apart.
pub fn check(bytes: &[u8]) {
    let document = match Document::parse("fuzz.yaml", bytes) {
        Ok(document) => document,
        Err(problems) => return judge_problems(bytes, &problems),
    };
    let warnings = document.warnings();
    if !warnings.is_empty() {
        judge_problems(bytes, &warnings);
    }
    let references = document.secret_refs();
    let secrets = secrets(&references);
    for secrets in [&secrets, &Secrets::placeholders(), &Secrets::default()] {
        judge(bytes, read(&document, secrets));
    }
    match Partition::of(&document) {
        Ok(parts) => check_partition(&parts),
        // Too large is a problem of the configuration; what does not read the same is one of SentryNet.
        Err(problems) => {
            judge_problems(bytes, &problems);
            assert!(problems.iter().all(|problem| !problem.message.contains("would not read")), "{problems}");
        }
    }
    judge(bytes, read_parts(Some(&document), &[], &secrets));
    judge(bytes, read_parts(None, &[&document, &document], &secrets));
}

fn secrets(references: &BTreeSet<SecretRef>) -> Secrets {
    let mut secrets = Secrets::default();
    for reference in references {
        let (SecretRef::Env(name) | SecretRef::Ssm(name)) = reference;
        let known = SECRETS.iter().find(|(known, _)| name.trim_start_matches('/') == *known);
        let value = known.map(|(_, value)| Secret::new(*value)).ok_or_else(|| "it is not set".to_owned());
        secrets.insert(reference.clone(), value);
    }
    secrets
}

fn judge(bytes: &[u8], result: Result<Config, Diagnostics>) {
    match result {
        Ok(config) => judge_config(&String::from_utf8_lossy(bytes), &config),
        Err(problems) => judge_problems(bytes, &problems),
    }
}

/// Every part fits into a parameter, and Parameter Store takes it.
fn check_partition(parts: &Partition) {
    for part in parts.settings.iter().chain(parts.groups.iter().map(|(_, part)| part)) {
        assert!((1..=8192).contains(&part.text().len()) && !part.text().contains("{{"), "{part:?}");
        for line in RedactedLine::all(part.text(), &parts.redactor) {
            assert!(!line.shown.contains(char::is_control), "{line:?}");
        }
    }
}

/// Problems have a place in the text, are fit for a terminal, and hold no secret.
fn judge_problems(bytes: &[u8], problems: &Diagnostics) {
    assert!(!problems.is_empty());
    let source = String::from_utf8_lossy(bytes);
    let lines = source.split(['\n', '\r']).count();
    for problem in problems.iter().take(MOST_PROBLEMS) {
        assert!(problem.line <= lines + 1, "line {} of {lines}", problem.line);
        assert_eq!(problem.line == 0, problem.column == 0, "{problem}");
        sentence(&problem.message, 1000);
        problem.help.iter().for_each(|help| sentence(help, 1000));
        assert!(!problem.path.contains(char::is_control), "{:?}", problem.path);
        assert!(problem.end_line == problem.line && problem.end_column >= problem.column, "{problem:?}");
        let related = problem.related.as_deref();
        for quote in problem.quote.iter().chain(related.and_then(|related| related.quote.as_ref())) {
            assert!(!quote.text.contains(char::is_control), "{quote:?}");
            // At the end of a line it points behind the last character.
            let length = quote.text.chars().count();
            assert!(quote.length > 0 && quote.pointer + quote.length <= length.max(quote.pointer + 1), "{quote:?}");
            assert!(quote.pointer <= length, "{quote:?}");
        }
        assert!(related.is_none_or(|related| (1..=lines + 1).contains(&related.line)), "{problem:?}");
        assert!(
            sentrynet::config::reference_of(problem).is_none_or(|link| link.starts_with("docs/configuration.md#")),
            "{problem:?}"
        );
        // What people see is made of nothing else.
        let shown = format!("{problem:?} {problem}");
        for (_, secret) in SECRETS.iter().filter(|(_, secret)| !source.contains(secret)) {
            hides(&shown, secret);
        }
    }
}

/// What was accepted keeps what the model promises.
fn judge_config(source: &str, config: &Config) {
    // A secret may be a title or a tag; whoever shows one asks the redactor first.
    let shown = config.redactor.text(&format!("{config:?}"));
    for (_, secret) in SECRETS.iter().filter(|(_, secret)| !source.contains(secret)) {
        hides(&shown, secret);
    }
    let names: BTreeSet<&str> = config.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names.len(), config.groups.len(), "names of groups repeat");
    config.groups.iter().for_each(judge_group);
}

fn judge_group(group: &Group) {
    sentence(&group.name, 80);
    assert!(!group.probes.is_empty(), "a group without probes");
    let identities: BTreeSet<&str> = group.probes.iter().map(|probe| probe.identity.as_str()).collect();
    assert_eq!(identities.len(), group.probes.len(), "identities of probes repeat");
    for probe in &group.probes {
        assert!(!probe.title.trim().is_empty());
        assert!(probe.every >= Duration::from_secs(10) && probe.burst >= 1 && !probe.timeout.is_zero(), "{probe:?}");
        for (name, value) in &probe.tags {
            assert!(!name.is_empty() && !value.is_empty(), "{name}={value}");
        }
        match &probe.check {
            Check::Http(request) => judge_request(request),
            Check::Script(script) => {
                assert!(!script.steps.is_empty());
                script.steps.iter().for_each(judge_request);
            }
            Check::Tcp(tcp) => assert!(!tcp.host.is_empty() && tcp.port > 0, "{tcp:?}"),
        }
    }
}

fn judge_request(request: &Request) {
    sentence(&request.expected.to_string(), 10_000);
    assert!((0..=999).any(|status| request.expected.contains(status)), "nothing is expected");
    judge_text(&request.url);
    request.query.iter().for_each(|(_, value)| judge_json(value));
    request.headers.iter().for_each(|(_, value)| judge_text(value));
    match &request.body {
        Some(Body::Text(text)) => judge_text(text),
        Some(Body::Json(json)) => judge_json(json),
        None => {}
    }
}

fn judge_json(json: &Json) {
    match json {
        Json::Text(text) => judge_text(text),
        Json::Scalar(_) => {}
        Json::List(items) => items.iter().for_each(judge_json),
        Json::Map(entries) => entries.iter().for_each(|(_, value)| judge_json(value)),
    }
}

fn judge_text(text: &Text) {
    if let Text::Template(template) = text {
        assert!(Template::parse(template.source()).is_ok_and(|again| again == *template));
    }
}
