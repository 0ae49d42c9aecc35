//! What a run costs: processor time beside bare `reqwest`, memory of 200 runs at once, wall time of 50.
//!
//! The servers are a process of their own (this program again, told to serve), so that only the prober is measured.

#[path = "../tests/support/certificates.rs"]
#[allow(dead_code)]
mod certificates;
#[path = "../tests/support/engine.rs"]
#[allow(dead_code)]
mod engine;
#[allow(dead_code)]
mod support {
    pub mod figures;
    pub mod table;
    pub mod truth;
}

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sentrynet::config::{Config, Redactor};
use sentrynet::net::Resolver;
use sentrynet::outcome::{Outcome, Status};
use sentrynet::probe::{Context, Job, run_group};
use sentrynet::report::{Settings, envelopes};
use support::figures::quantile;
use support::table;
use support::truth::{Delays, Servers};
use time::OffsetDateTime;

const REPETITIONS: usize = 9;
const RUNS: usize = 200;
const ADDRESS: &str = "127.0.0.1";

fn main() {
    if let Some(what) = std::env::args().skip(1).find(|argument| argument.starts_with("serve=")) {
        return serve(&what);
    }
    // First of all, because memory is measured at its highest.
    let large = Site::start("serve=200,102400");
    let before = high_water_mark();
    let ran = large.bed(200).run_all();
    assert!(ran.iter().all(|outcome| outcome.status == Status::Ok), "{ran:#?}");
    let mebibytes = |kibibytes: u64| kibibytes as f64 / 1024.0;
    let (before, most) = (mebibytes(before), mebibytes(high_water_mark()));
    let measured = format!("{most:.1} MiB ({before:.1} before)");
    table::row("memory, 200 runs at once of 100 KiB bodies", &measured, "64 MiB", most <= 64.0);

    let late = Site::start("serve=100,1000");
    let walls: Vec<f64> = (0..REPETITIONS).map(|_| late.wall_of(50)).collect();
    let wall = median(&walls);
    table::row("50 probes of 100 ms at once", &format!("{wall:.1} ms"), "150 ms", wall <= 150.0);

    let prompt = Site::start("serve=0,1000");
    let (bed, bare) = (prompt.bed(1), Bare::new(&prompt));
    let runtime = runtime();
    let (mut ours, mut runs, mut bares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        ours.push(micros_per_run(|| drop(bed.run_all_on(&runtime))));
        runs.push(micros_per_run(|| drop(bed.run(&runtime))));
        bares.push(micros_per_run(|| runtime.block_on(bare.fetch())));
    }
    let (ours, run, bare) = (median(&ours), median(&runs), median(&bares));
    println!(
        "processor time of a fresh HTTPS run: {ours:.0} µs ({run:.0} without envelopes); bare reqwest: {bare:.0} µs"
    );
    let ratio = ours / bare;
    table::row(
        "CPU of a fresh HTTPS run, beside bare reqwest",
        &format!("{ratio:.2} x ({ours:.0} µs)"),
        "1.15 x",
        ratio <= 1.15,
    );
}

fn median(figures: &[f64]) -> f64 {
    quantile(figures, 0.5).unwrap_or(f64::NAN)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The other process: serves until its standard input ends.
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

struct Site {
    url: String,
    authority: String,
    process: Child,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Site {
    fn start(what: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut process =
            Command::new(program).arg(what).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let (port, authority): (u16, String) = serde_json::from_str(&line).expect("a port and an authority");
        Self { url: format!("https://{ADDRESS}:{port}"), authority, process }
    }

    fn bed(&self, count: usize) -> Bed {
        let authority = engine::quoted(&self.authority);
        let probe = |index| {
            let url = format!("{}/run{index}", self.url);
            format!("      - {{probe: probes.http, title: run {index}, url: \"{url}\", tls: {{ca: {authority}}}}}\n")
        };
        let probes: String = (0..count).map(probe).collect();
        let config = engine::config(&format!("groups:\n  - tags: {{target: bench}}\n    probes:\n{probes}"));
        Bed { config, context: engine::context(Resolver::system()) }
    }

    fn wall_of(&self, count: usize) -> f64 {
        let (bed, runtime) = (self.bed(count), runtime());
        let started = Instant::now();
        bed.run_all_on(&runtime);
        started.elapsed().as_secs_f64() * 1e3
    }
}

/// Probes that wait to be run, as in an invocation.
struct Bed {
    config: Config,
    context: Context,
}

impl Bed {
    fn run_all(&self) -> Vec<Outcome> {
        self.run_all_on(&runtime())
    }

    /// Runs every probe once, at once.
    fn run(&self, runtime: &tokio::runtime::Runtime) -> Vec<Outcome> {
        let group = &self.config.groups[0];
        let tick = OffsetDateTime::now_utc();
        let jobs = group.probes.iter().map(|probe| Job { probe: probe.clone(), tick, scheduled: false }).collect();
        runtime.block_on(run_group(&group.name, jobs, &self.context))
    }

    /// Runs every probe once, at once, and builds the envelopes.
    fn run_all_on(&self, runtime: &tokio::runtime::Runtime) -> Vec<Outcome> {
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

/// The same requests without SentryNet.
struct Bare {
    url: String,
    tls: rustls::ClientConfig,
}

impl Bare {
    fn new(site: &Site) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(site.authority.as_bytes()).expect("a certificate");
        roots.add(authority).expect("a usable certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Every handshake is a whole one, as in a probe.
        tls.resumption = rustls::client::Resumption::disabled();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self { url: format!("{}/bare", site.url), tls }
    }

    async fn fetch(&self) {
        let client = reqwest::Client::builder().tls_backend_preconfigured(self.tls.clone()).no_proxy().build();
        let answer = client.expect("a client").get(&self.url).send().await.expect("an answer");
        std::hint::black_box(answer.bytes().await.expect("a body"));
    }
}

/// Processor time of this thread: everything of a run happens on it.
fn micros_per_run(run: impl Fn()) -> f64 {
    let before = thread_nanos();
    (0..RUNS).for_each(|_| run());
    (thread_nanos() - before) as f64 / 1e3 / RUNS as f64
}

fn thread_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split(' ').next().and_then(|word| word.parse().ok()).expect("nanoseconds")
}

/// The most memory that this process had, in KiB.
fn high_water_mark() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim_end_matches("kB").trim().parse().ok()).expect("a figure in kB")
}
