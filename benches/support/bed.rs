//! Probes that wait to be run, as in an invocation.

use sentrynet::config::Config;
use sentrynet::net::Resolver;
use sentrynet::outcome::Outcome;
use sentrynet::probe::Context;
use sentrynet::runner::{Pacer, ScheduledRun, run_group};
use time::OffsetDateTime;

use super::prepare;
use super::site::Site;

/// A runtime as the function has it.
pub fn runtime() -> tokio::runtime::Runtime {
    sentrynet::event_loop::runtime().expect("a runtime")
}

impl Site {
    /// So many probes of it.
    pub fn bed(&self, count: usize) -> Bed {
        bed(&self.url, &self.authority, count)
    }
}

/// So many probes of a site at `url`, whose certificate this authority has signed.
pub fn bed(url: &str, authority: &str, count: usize) -> Bed {
    let authority = prepare::quoted(authority);
    let probe = |index| {
        format!(
            "      - {{probe: probes.http, title: run {index}, url: \"{url}/run{index}\", tls: {{ca: {authority}}}}}\n"
        )
    };
    Bed::of((0..count).map(probe).collect())
}

/// Probes that wait to be run, as in an invocation.
pub struct Bed {
    config: Config,
    context: Context,
    pacer: Pacer,
}

impl Bed {
    /// These probes, as items of a configuration's list.
    pub fn of(probes: String) -> Self {
        let config = prepare::config(&format!("groups:\n  - tags: {{target: bench}}\n    probes:\n{probes}"));
        Self { config, context: prepare::context(Resolver::system()), pacer: Pacer::default() }
    }

    /// Runs every probe once, at once.
    pub fn run(&self, runtime: &tokio::runtime::Runtime) -> Vec<Outcome> {
        let group = &self.config.groups[0];
        let tick = OffsetDateTime::now_utc();
        let jobs = group.probes.iter().map(|probe| ScheduledRun::manual(probe.clone(), tick)).collect();
        runtime.block_on(run_group(&group.name, jobs, &self.context, &self.pacer))
    }
}
