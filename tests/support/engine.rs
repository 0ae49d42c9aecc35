//! Runs probes from YAML, without delivery.

use sentrynet::config::Config;
use sentrynet::net::Resolver;
use sentrynet::outcome::Outcome;
use sentrynet::probe::Context;
use sentrynet::runner::{Pacer, ScheduledRun, run_group};
use time::OffsetDateTime;

use super::prepare::{config, context};

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
