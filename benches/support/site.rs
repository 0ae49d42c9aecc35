//! Servers in a process of their own (this program again, told to serve), so that only the prober is measured; and
//! probes of them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sentrynet::config::Config;
use sentrynet::net::Resolver;
use sentrynet::outcome::{Outcome, Status};
use sentrynet::probe::Context;
use sentrynet::runner::{Pacer, ScheduledRun, run_group};
use sentrynet::secrets::Redactor;
use sentrynet::sentry::{Settings, envelopes};
use time::OffsetDateTime;

use super::truth::{Delays, Servers};
use crate::engine;

const ADDRESS: &str = "127.0.0.1";

/// A runtime as the function has it.
pub fn runtime() -> tokio::runtime::Runtime {
    sentrynet::event_loop::runtime().expect("a runtime")
}

/// Serves until standard input ends, if this is the process that was started for that.
pub fn serves() -> bool {
    let what = std::env::args().skip(1).find(|argument| argument.starts_with("serve="));
    if let Some(what) = &what {
        serve(what);
    }
    what.is_some()
}

fn serve(what: &str) {
    let (delay, length) = what.trim_start_matches("serve=").split_once(',').expect("serve=MILLISECONDS,BYTES");
    let delays = Delays {
        name: Duration::ZERO,
        tls: Duration::ZERO,
        head: Duration::from_millis(delay.parse().expect("milliseconds")),
        chunk: Duration::ZERO,
        chunks: 1,
        chunk_length: length.parse().expect("bytes"),
    };
    let servers = Servers::start(delays, ADDRESS).expect("loopback");
    println!("{}", serde_json::json!([servers.target.port(), servers.authority]));
    let _ = std::io::stdin().read(&mut [0]);
}

/// A server in a process of its own.
pub struct Site {
    /// Where it is, without a path.
    pub url: String,
    /// Who signed its certificate.
    pub authority: String,
    process: Child,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Site {
    /// Starts one that answers `serve=MILLISECONDS,BYTES`: so late, with so much.
    pub fn start(what: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut process =
            Command::new(program).arg(what).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let (port, authority): (u16, String) = serde_json::from_str(&line).expect("a port and an authority");
        Self { url: format!("https://{ADDRESS}:{port}"), authority, process }
    }

    /// So many probes of it.
    pub fn bed(&self, count: usize) -> Bed {
        bed(&self.url, &self.authority, count)
    }

    /// Milliseconds of so many runs at once.
    pub fn wall_of(&self, count: usize) -> f64 {
        let (bed, runtime) = (self.bed(count), runtime());
        let started = Instant::now();
        bed.run_all_on(&runtime);
        started.elapsed().as_secs_f64() * 1e3
    }
}

/// So many probes of a site at `url`, whose certificate this authority has signed.
pub fn bed(url: &str, authority: &str, count: usize) -> Bed {
    let authority = engine::quoted(authority);
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
        let config = engine::config(&format!("groups:\n  - tags: {{target: bench}}\n    probes:\n{probes}"));
        Self { config, context: engine::context(Resolver::system()), pacer: Pacer::default() }
    }

    /// Runs every probe once, at once.
    pub fn run(&self, runtime: &tokio::runtime::Runtime) -> Vec<Outcome> {
        let group = &self.config.groups[0];
        let tick = OffsetDateTime::now_utc();
        let jobs = group.probes.iter().map(|probe| ScheduledRun::manual(probe.clone(), tick)).collect();
        runtime.block_on(run_group(&group.name, jobs, &self.context, &self.pacer))
    }

    /// Runs every probe once, at once, and builds the envelopes.
    pub fn run_all_on(&self, runtime: &tokio::runtime::Runtime) -> Vec<Outcome> {
        let outcomes = self.run(runtime);
        let (settings, redactor) = (Settings::default(), Redactor::default());
        for outcome in &outcomes {
            assert_eq!(outcome.status, Status::Ok);
            for envelope in envelopes(outcome, &settings, &redactor) {
                std::hint::black_box(envelope.to_bytes(outcome.started));
            }
        }
        outcomes
    }
}
