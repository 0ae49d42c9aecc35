//! What a run costs: processor time beside bare `reqwest`, wall time of 50.

mod support {
    #[path = "../../tests/support/authority.rs"]
    pub mod authority;
    pub mod bed;
    #[path = "../../tests/support/prepare.rs"]
    pub mod prepare;
    pub mod quantile;
    pub mod request;
    pub mod site;
    pub mod table;
}

use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sentrynet::outcome::Status;
use sentrynet::secrets::Redactor;
use sentrynet::sentry::{Settings, envelopes};
use support::bed::{Bed, runtime};
use support::quantile::quantile;
use support::site::Site;
use support::table;

const REPETITIONS: usize = 9;
const RUNS: usize = 200;

fn main() {
    if support::site::serves() {
        return;
    }
    let late = Site::start("serve=100,1000");
    let walls: Vec<f64> = (0..REPETITIONS).map(|_| wall_of(&late.bed(50))).collect();
    let wall = median(&walls);
    table::row("50 probes of 100 ms at once", &format!("{wall:.1} ms"), Some(("140 ms", wall <= 140.0)));

    let prompt = Site::start("serve=0,1000");
    let (bed, bare) = (prompt.bed(1), Bare::new(&prompt));
    let runtime = runtime();
    let (mut ours, mut runs, mut bares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        ours.push(micros_per_run(|| run_and_report(&bed, &runtime)));
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
        Some(("1.08 x", ratio <= 1.08)),
    );
}

fn median(figures: &[f64]) -> f64 {
    quantile(figures, 0.5).unwrap_or(f64::NAN)
}

/// Milliseconds of these runs at once, envelopes built.
fn wall_of(bed: &Bed) -> f64 {
    let runtime = runtime();
    let started = Instant::now();
    run_and_report(bed, &runtime);
    started.elapsed().as_secs_f64() * 1e3
}

/// Runs every probe once, at once, and builds the envelopes.
fn run_and_report(bed: &Bed, runtime: &tokio::runtime::Runtime) {
    let (settings, redactor) = (Settings::default(), Redactor::default());
    for outcome in bed.run(runtime) {
        assert_eq!(outcome.status, Status::Ok);
        for envelope in envelopes(&outcome, &settings, &redactor) {
            std::hint::black_box(envelope.to_bytes(outcome.started));
        }
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
