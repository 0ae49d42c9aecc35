//! `probes.tcp`: how it is configured, and what it leaves. What can go wrong is in the catalogue of faults.

use serde_json::json;

use crate::support::engine::{phases, run, run_all};
use crate::support::port::Port;
use crate::support::prepare::{config, context};
use sentrynet::config::{Document, read};
use sentrynet::net::Resolver;
use sentrynet::probe::Check;
use sentrynet::schema::Secrets;

fn title(keys: &str) -> String {
    let keys = keys.replace('\n', "\n        ");
    let yaml = format!("groups:\n  - tags: {{target: test}}\n    probes:\n      - probe: probes.tcp\n        {keys}\n");
    let document = Document::parse("a.yaml", yaml.as_bytes()).expect("YAML");
    let config = read(&document, &Secrets::placeholders()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    config.groups[0].probes[0].title.clone()
}

#[test]
fn a_probe_without_a_title_is_named_after_host_and_port() {
    assert_eq!(title("host: db.example.com\nport: 5432"), "TCP db.example.com:5432");
    assert_eq!(title("host: 192.0.2.1\nport: 22"), "TCP 192.0.2.1:22");
    assert_eq!(title("host: '2001:db8::1'\nport: 22"), "TCP [2001:db8::1]:22");
    assert_eq!(title("host: {env: HOST}\nport: 22"), "TCP [Filtered]");
    assert_eq!(title("host: db.example.com\nport: 22\ntitle: Database"), "Database");
}

#[test]
fn every_name_that_can_be_asked_for_is_a_host() {
    for host in ["localhost", "my_service.internal", "-x.example.com", "xn--bcher-kva.example", "example.com.", "::1"] {
        assert!(title(&format!("host: '{host}'\nport: 1")).starts_with("TCP "), "{host}");
    }
}

#[tokio::test]
async fn an_open_port_is_connected_to_and_nothing_is_sent() {
    let open = Port::reserve();
    let listener = open.listen(8);
    let outcome = run("probes.tcp", &format!("host: 127.0.0.1\nport: {}", open.number())).await;
    assert_eq!((outcome.status.as_str(), phases(&outcome).join(" ")), ("ok", "net.tcp".to_owned()));
    assert_eq!(outcome.probe, "probes.tcp");
    let attributes =
        ["server.address", "server.port", "network.peer.address", "network.peer.port", "network.transport"];
    let found: Vec<_> = attributes.iter().map(|name| outcome.attributes[name].clone()).collect();
    let port = open.number();
    assert_eq!(json!(found), json!(["127.0.0.1", port, "127.0.0.1", port, "tcp"]));
    let (stream, _) = listener.accept().await.expect("the probe's connection");
    stream.readable().await.expect("its end");
    assert_eq!(stream.try_read(&mut [0; 8]).expect("its end"), 0, "nothing was sent");
}

#[tokio::test]
async fn the_bill_counts_the_spans_that_a_run_leaves() {
    let open = Port::reserve();
    let _listener = open.listen(8);
    for (host, retries) in [("127.0.0.1", 0), ("localhost", 1)] {
        let config = config(&format!(
            "groups:\n  - probes:\n      - {{probe: probes.tcp, host: {host}, port: {}, retries: {retries}}}",
            open.number()
        ));
        let outcome = run_all(&config, &context(Resolver::system())).await.remove(0);
        let probe = &config.groups[0].probes[0];
        assert!(matches!(probe.check, Check::Tcp(_)));
        // The transaction is not among the outcome's spans.
        assert_eq!(probe.spans() as usize, outcome.spans.len() + 1, "{outcome:#?}");
    }
}
