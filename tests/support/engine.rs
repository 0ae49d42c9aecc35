//! Runs probes from YAML, without delivery.

use std::sync::Arc;

use sentrynet::config::{Config, Document, read};
use sentrynet::net::{Network, Resolver};
use sentrynet::outcome::Outcome;
use sentrynet::probe::Context;
use sentrynet::runner::{Pacer, ScheduledRun, run_group};
use sentrynet::schema::Secrets;
use sentrynet::shutdown::Shutdown;
use time::OffsetDateTime;

/// The configuration in a text.
pub fn config(yaml: &str) -> Config {
    let document = Document::parse("test.yaml", yaml.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    read(&document, &Secrets::from_env(&document.secret_refs())).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A context that sends no trace headers.
pub fn context(resolver: Resolver) -> Context {
    Context {
        network: Network::new(resolver),
        location: Some("test".to_owned()),
        deadline: None,
        shutdown: Shutdown::default(),
        propagate: Arc::new(|_, _, _| Vec::new()),
    }
}

/// Runs every probe of the first group of a configuration once.
pub async fn run_all(config: &Config, context: &Context) -> Vec<Outcome> {
    let group = &config.groups[0];
    let tick = OffsetDateTime::now_utc();
    let jobs = group.probes.iter().map(|probe| ScheduledRun::manual(probe.clone(), tick));
    run_group(&group.name, jobs.collect(), context, &Pacer::default()).await
}

/// Runs one probe, given as the lines below `- probe: …` (indented as in `"url: …\nexpected: 201"`).
pub async fn run_with(resolver: Resolver, kind: &str, keys: &str) -> Outcome {
    let keys: String = keys.lines().map(|line| format!("        {line}\n")).collect();
    let yaml = format!("groups:\n  - tags: {{target: test}}\n    probes:\n      - probe: {kind}\n{keys}");
    run_all(&config(&yaml), &context(resolver)).await.remove(0)
}

/// The same with the system's resolver.
pub async fn run(kind: &str, keys: &str) -> Outcome {
    run_with(Resolver::system(), kind, keys).await
}

/// The ops of the phases, in order; a failed one with `!`.
pub fn phases(outcome: &Outcome) -> Vec<String> {
    let mark = |failed: bool| if failed { "!" } else { "" };
    outcome.phases().iter().map(|span| format!("{}{}", span.op.as_str(), mark(span.failure.is_some()))).collect()
}

/// The failure's kind and sentence.
pub fn failure(outcome: &Outcome) -> (&'static str, &str) {
    let failure = outcome.status.failure().unwrap_or_else(|| panic!("not failed: {outcome:#?}"));
    (failure.kind.as_str(), &failure.sentence)
}

/// A PEM text as YAML value, for `tls: {ca: …}`.
pub fn quoted(pem: &str) -> String {
    serde_json::to_string(pem).expect("a text")
}

/// Children lie within their parents, and everything within the run.
pub fn assert_nested(outcome: &Outcome) {
    for span in &outcome.spans {
        assert!(span.start <= span.end && span.end <= outcome.duration, "{span:?}");
        if let Some(parent) = span.parent {
            let parent = &outcome.spans[parent];
            assert!(parent.start <= span.start && span.end <= parent.end, "{span:?} outside {parent:?}");
        }
    }
}
