//! Envelopes to deliver, and their delivery.

use std::time::Duration;

use sentrynet::outcome::FailureKind;
use sentrynet::secrets::Redactor;
use sentrynet::sentry::{Delivered, DeliveryClient, Envelope, Settings, envelopes};
use serde_json::Value;
use tokio::time::Instant;

use super::clock::Stopwatch;
use super::failed::failed;
use super::outcomes::ok;
use super::receiver::Receiver;

/// Time enough.
pub const AMPLE: Duration = Duration::from_secs(20);

/// As many good runs, each with its own ids.
pub fn runs(count: u32) -> Vec<Envelope> {
    let run = |burst| {
        let mut outcome = ok();
        outcome.identity.burst = burst;
        envelopes(&outcome, &Settings::default(), &Redactor::default())
    };
    (0..count).flat_map(run).collect()
}

/// The transaction and the event of a failed run.
pub fn failed_run() -> Vec<Envelope> {
    envelopes(&failed(FailureKind::Panic), &Settings::default(), &Redactor::default())
}

/// The ids of these, sorted.
pub fn ids(envelopes: &[Envelope]) -> Vec<String> {
    let mut ids: Vec<String> = envelopes.iter().filter_map(|envelope| envelope.event_id().map(str::to_owned)).collect();
    ids.sort_unstable();
    ids
}

/// A delivery_client to a receiver.
pub fn delivery_client(receiver: &Receiver) -> DeliveryClient {
    DeliveryClient::new(receiver.dsn(), receiver.tls())
}

/// Delivers within `time`, and never takes longer; what was logged comes with it.
pub async fn deliver(
    delivery_client: &DeliveryClient,
    envelopes: Vec<Envelope>,
    time: Duration,
) -> (Delivered, String) {
    let (mut log, watch) = (Vec::new(), Stopwatch::start());
    let delivered = delivery_client.deliver(envelopes, Instant::now() + time, &mut log).await;
    // The function keeps 300 ms for it.
    assert!(watch.elapsed() < time + Duration::from_millis(500), "{delivered:?}");
    assert_eq!(delivered.envelopes, delivered.delivered + delivered.lost + delivered.spooled, "{delivered:?}");
    assert_eq!(delivery_client.waiting(), delivered.spooled, "{delivered:?}");
    let log = String::from_utf8(log).expect("text");
    assert_eq!(log.lines().count(), delivered.missing, "what does not arrive is logged once: {delivered:?}");
    (delivered, log)
}

/// The envelopes in a log that holds nothing else.
pub fn logged(log: &str) -> Vec<Envelope> {
    log.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .inspect(|line| assert_eq!(line["sentrynet"], "envelope"))
        .map(|line| Envelope::parse(line["envelope"].as_str().expect("text").as_bytes()).expect("an envelope"))
        .collect()
}
