//! Delivery of 200 results to a Sentry that takes 100 ms for each, beside the SDK's own transport.
//!
//! The Sentry has a thread of its own in this process. Figures are medians of several deliveries.

mod support {
    #[allow(dead_code)]
    #[path = "../../tests/support/clock.rs"]
    pub mod clock;
    #[allow(dead_code)]
    #[path = "../../tests/support/envelopes.rs"]
    pub mod envelopes;
    #[allow(dead_code)]
    pub mod figures;
    #[allow(dead_code)]
    #[path = "../../tests/support/outcomes.rs"]
    pub mod outcomes;
    #[allow(dead_code)]
    #[path = "../../tests/support/port.rs"]
    pub mod port;
    #[allow(dead_code)]
    #[path = "../../tests/support/receiver.rs"]
    pub mod receiver;
    pub mod table;
}

use std::sync::Arc;
use std::time::{Duration, Instant};

use sentrynet::sentry::DeliveryClient;
use support::envelopes::{AMPLE, delivery_client, runs};
use support::figures::quantile;
use support::receiver::{Behaviour, Receiver, Turn};
use support::table;
use time::OffsetDateTime;

const RESULTS: u32 = 200;
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
    tell_stock("with a queue for all", Some(RESULTS as usize + 10));
}

fn tell(what: &str, figures: &[f64]) {
    let at = |q| quantile(figures, q).unwrap_or(f64::NAN);
    let measured = format!("{:.2} s ({:.2}-{:.2}), none lost", at(0.5), at(0.0), at(1.0));
    table::row(what, &measured, "0.6 s, none lost", at(0.5) <= 0.6);
}

/// A Sentry on a thread of its own, for as long as this process lives.
fn receiver(protocols: Protocols) -> Arc<Receiver> {
    let (give, take) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let late = |_: &Turn| Behaviour { delay: LATE, ..Behaviour::default() };
            let receiver = Receiver::start_over(protocols, late).await;
            give.send(Arc::new(receiver)).expect("somebody waits for it");
            std::future::pending::<()>().await;
        });
    });
    take.recv().expect("a receiver")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Seconds of a first delivery, and of another one after it.
fn deliver_twice(protocols: Protocols) -> (f64, f64) {
    let receiver = receiver(protocols);
    let (delivery_client, runtime) = (delivery_client(&receiver), runtime());
    let seconds = |_| runtime.block_on(deliver(&delivery_client));
    let [cold, warm] = [(); 2].map(seconds);
    assert_eq!(receiver.taken().len(), 2 * RESULTS as usize);
    (cold, warm)
}

async fn deliver(delivery_client: &DeliveryClient) -> f64 {
    let mail = runs(RESULTS);
    let started = Instant::now();
    let delivered = delivery_client.deliver(mail, (started + AMPLE).into(), &mut std::io::sink()).await;
    assert_eq!((delivered.delivered, delivered.lost), (RESULTS as usize, 0), "{delivered:?}");
    started.elapsed().as_secs_f64()
}

/// What the SDK's own transport does with the same results.
fn tell_stock(how: &str, queue: Option<usize>) {
    let receiver = receiver(&[]);
    let mut options = sentry::ClientOptions::new().dsn(&receiver.dsn().to_string());
    if let Some(queue) = queue {
        options = options.transport_channel_capacity(queue);
    }
    let client = sentry::Client::from(sentry::apply_defaults(options));
    let started = Instant::now();
    for envelope in runs(RESULTS) {
        let bytes = envelope.to_bytes(OffsetDateTime::now_utc());
        client.send_envelope(sentry::Envelope::from_bytes_raw(bytes).expect("an envelope"));
    }
    let said = client.flush(Some(Duration::from_secs(60)));
    let seconds = started.elapsed().as_secs_f64();
    let lost = RESULTS as usize - receiver.taken().len();
    table::note(
        &format!("the same with the SDK's own transport, {how}"),
        &format!("{seconds:.2} s, {lost} lost; flush said {said}"),
    );
}
