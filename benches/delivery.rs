//! Delivery of 200 results to a Sentry that takes 100 ms for each, beside the SDK's own transport.
//!
//! The Sentry has a thread of its own in this process. Figures are medians of several deliveries.

mod support {
    #[path = "../../tests/support/authority.rs"]
    pub mod authority;
    pub mod late_sentry;
    #[path = "../../tests/support/outcomes.rs"]
    pub mod outcomes;
    pub mod quantile;
    pub mod table;
}

use std::time::{Duration, Instant};

use sentrynet::secrets::Redactor;
use sentrynet::sentry::{DeliveryClient, Envelope, Settings, envelopes};
use support::late_sentry::LateSentry;
use support::outcomes::ok;
use support::quantile::quantile;
use support::table;
use time::OffsetDateTime;

const RESULTS: usize = 200;
/// More than a delivery may need.
const AMPLE: Duration = Duration::from_secs(20);
const LATE: Duration = Duration::from_millis(100);
const REPETITIONS: usize = 5;

/// What Sentry itself offers comes first: its figure is the one that the bar is for.
const SPOKEN: [(&str, Protocols); 3] =
    [("HTTP/2 over TLS", &[b"h2", b"http/1.1"]), ("HTTP/1 over TLS", &[b"http/1.1"]), ("plain HTTP", &[])];

/// What is spoken over TLS; nothing: plain HTTP.
type Protocols = &'static [&'static [u8]];

fn main() {
    // The SDK's transport asks the process for one.
    rustls::crypto::ring::default_provider().install_default().expect("the first and only");
    for (spoken, protocols) in SPOKEN {
        let (cold, warm): (Vec<_>, Vec<_>) = (0..REPETITIONS).map(|_| deliver_twice(protocols)).unzip();
        tell(&format!("{RESULTS} results to a Sentry 100 ms away, {spoken}, new connections"), &cold);
        tell(&format!("{RESULTS} results to a Sentry 100 ms away, {spoken}, kept connections"), &warm);
    }
    tell_stock("as it comes", None);
    tell_stock("with a queue for all", Some(RESULTS + 10));
}

fn tell(what: &str, figures: &[f64]) {
    let at = |q| quantile(figures, q).unwrap_or(f64::NAN);
    let measured = format!("{:.2} s ({:.2}-{:.2}), none lost", at(0.5), at(0.0), at(1.0));
    table::row(what, &measured, Some(("0.5 s, none lost", at(0.5) <= 0.5)));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Seconds of a first delivery, and of another one after it.
fn deliver_twice(protocols: Protocols) -> (f64, f64) {
    let sentry = LateSentry::start(protocols, LATE);
    let (client, runtime) = (DeliveryClient::new(sentry.dsn(), sentry.tls.clone()), runtime());
    let seconds = |_| runtime.block_on(deliver(&client));
    let [cold, warm] = [(); 2].map(seconds);
    assert_eq!(sentry.taken(), 2 * RESULTS);
    (cold, warm)
}

/// As many good runs, each with its own ids.
fn results() -> Vec<Envelope> {
    let run = |burst| {
        let mut outcome = ok();
        outcome.identity.burst = burst;
        envelopes(&outcome, &Settings::default(), &Redactor::default())
    };
    (0..).flat_map(run).take(RESULTS).collect()
}

async fn deliver(client: &DeliveryClient) -> f64 {
    let results = results();
    let started = Instant::now();
    let delivered = client.deliver(results, (started + AMPLE).into(), &mut std::io::sink()).await;
    assert_eq!((delivered.delivered, delivered.lost), (RESULTS, 0), "{delivered:?}");
    started.elapsed().as_secs_f64()
}

/// What the SDK's own transport does with the same results.
fn tell_stock(how: &str, queue: Option<usize>) {
    let late = LateSentry::start(&[], LATE);
    let mut options = sentry::ClientOptions::new().dsn(&late.dsn().to_string());
    if let Some(queue) = queue {
        options = options.transport_channel_capacity(queue);
    }
    let client = sentry::Client::from(sentry::apply_defaults(options));
    let started = Instant::now();
    for envelope in results() {
        let bytes = envelope.to_bytes(OffsetDateTime::now_utc());
        client.send_envelope(sentry::Envelope::from_bytes_raw(bytes).expect("an envelope"));
    }
    let said = client.flush(Some(Duration::from_secs(60)));
    let seconds = started.elapsed().as_secs_f64();
    let lost = RESULTS - late.taken();
    table::row(
        &format!("the same with the SDK's own transport, {how}"),
        &format!("{seconds:.2} s, {lost} lost; flush said {said}"),
        None,
    );
}
