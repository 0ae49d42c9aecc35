//! What a probe needs before it can be run: its configuration, and a context.

use std::sync::Arc;

use sentrynet::config::{Config, Document, read};
use sentrynet::net::{Network, Resolver};
use sentrynet::probe::Context;
use sentrynet::schema::Secrets;
use sentrynet::shutdown::Shutdown;

/// The configuration in a text.
pub fn config(yaml: &str) -> Config {
    let document = Document::parse("test.yaml", yaml.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    read(&document, &Secrets::from_env(&document.secret_refs())).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A context that sends no trace headers.
pub fn context(resolver: Resolver) -> Context {
    Context {
        network: Network::new(resolver),
        location: Some("test".to_owned()),
        deadline: None,
        shutdown: Shutdown::default(),
        propagate: Arc::new(|_, _, _| Vec::new()),
    }
}

/// A PEM text as YAML value, for `tls: {ca: …}`.
pub fn quoted(pem: &str) -> String {
    serde_json::to_string(pem).expect("a text")
}
