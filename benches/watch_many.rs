//! `sentrynet watch` with many probes: 500 on one tick beside ten, and 10,000 a minute on one core.
//!
//! The real program, in a process of its own, watches TLS targets in another one. What it measures is held against what ten
//! probes measure; none may be missed.

mod support {
    #[path = "../../tests/support/authority.rs"]
    pub mod authority;
    pub mod program;
    pub mod quantile;
    pub mod request;
    pub mod site;
    pub mod table;
}

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::program::Program;
use support::quantile::quantile;
use support::site::Site;
use support::table;

const FEW: usize = 10;
const MANY: usize = 500;
const CROWD: usize = 10_000;

fn main() {
    if support::site::serves() {
        return;
    }
    let site = Site::start("serve=0,100");
    let few = Watched::of(&site, FEW, "10s", "together", 3 * FEW, false);
    let many = Watched::of(&site, MANY, "10s", "together", MANY, false);
    let what = format!("{MANY} on one tick of `watch`");
    for (name, q, bar) in [("median", 0.5, 1.0), ("99th percentile", 0.99, 5.0)] {
        let (few, many) = (few.at(q), many.at(q));
        table::row(
            &format!("{what}: {name} of a run, beside {FEW}"),
            &format!("{many:.2} ms beside {few:.2}"),
            Some((&format!("+{bar} ms"), many <= few + bar)),
        );
    }
    table::row(&format!("{what}: missed"), &many.missed.to_string(), Some(("none", many.missed == 0)));
    let crowd = Watched::of(&site, CROWD, "1m", "stagger", CROWD + CROWD / 10, true);
    let what = format!("{CROWD} a minute in `watch`, one core");
    for (name, q, bar) in [("median", 0.5, 3.0), ("99th percentile", 0.99, 20.0)] {
        let measured = crowd.at(q);
        table::row(
            &format!("{what}: {name} of a run"),
            &format!("{measured:.2} ms"),
            Some((&format!("{bar} ms"), measured <= bar)),
        );
    }
    table::row(&format!("{what}: missed"), &crowd.missed.to_string(), Some(("none", crowd.missed == 0)));
    table::row(
        &format!("{what}: memory at most"),
        &format!("{:.0} MiB", crowd.memory),
        Some(("200 MiB", crowd.memory <= 200.0)),
    );
}

/// What came of watching.
struct Watched {
    /// How long each run took, in milliseconds.
    durations: Vec<f64>,
    /// Runs that were skipped, or failed.
    missed: usize,
    /// The most memory, in MiB.
    memory: f64,
}

impl Watched {
    /// Watches so many probes until so many runs are over.
    fn of(site: &Site, probes: usize, every: &str, spread: &str, runs: usize, one_core: bool) -> Self {
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        let file = directory.path().join("sentrynet.yaml");
        std::fs::write(directory.path().join("ca.pem"), &site.authority).expect("a file");
        let probe = |index| {
            // Once, as a configuration has at most 1 MiB.
            let tls = if index == 0 { "&tls {ca: ca.pem}" } else { "*tls" };
            format!("  - {{probe: probes.http, title: p{index}, url: '{}/', every: {every}, tls: {tls}}}\n", site.url)
        };
        let probes: String = (0..probes).map(probe).collect();
        std::fs::write(&file, format!("groups:\n- name: many\n  spread: {spread}\n  probes:\n{probes}"))
            .expect("a file");
        let program = env!("CARGO_BIN_EXE_sentrynet");
        let mut command = Command::new(if one_core { "taskset" } else { program });
        if one_core {
            command.args(["--cpu-list", "0", program]);
        }
        let command = command.args(["watch", "--json"]).arg(&file).current_dir(directory.path());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut watch = Program(child);
        let mut watched = Self { durations: Vec::new(), missed: 0, memory: 0.0 };
        // The first tick is cold.
        for summary in BufReader::new(watch.0.stdout.take().expect("a pipe")).lines().skip(1) {
            let summary: Value = serde_json::from_str(&summary.expect("a line")).expect("JSON");
            for result in summary["results"].as_array().expect("results") {
                match result["status"].as_str() {
                    Some("ok") => watched.durations.push(result["duration_ms"].as_f64().expect("milliseconds")),
                    _ => watched.missed += 1,
                }
            }
            if watched.durations.len() + watched.missed >= runs {
                break;
            }
        }
        watched.memory = watch.memory("VmHWM");
        watched
    }

    fn at(&self, q: f64) -> f64 {
        quantile(&self.durations, q).unwrap_or(f64::NAN)
    }
}
