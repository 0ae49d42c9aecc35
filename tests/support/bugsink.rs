//! Bugsink, a self-hosted error tracker: groups events into issues, and drops those that break the event schema.
//!
//! Its answers carry a rate limit for transactions, which it does not keep.

use std::process::Command;

use serde_json::Value;

use super::process::Process;

/// A running Bugsink with one project.
pub struct Bugsink {
    process: Process,
    facts: Value,
}

impl Bugsink {
    /// Starts one; takes some seconds, most of them to make its database.
    pub async fn start() -> Self {
        let python = super::tool("bugsink/bin/python");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/serve_bugsink.py");
        let process = Process::start("bugsink", |port, directory| {
            let mut command = Command::new(python);
            command.arg(script).arg(port.to_string()).arg(directory);
            command
        })
        .await;
        let facts = std::fs::read(process.directory().join("bugsink.json")).expect("the facts about Bugsink");
        Self { process, facts: serde_json::from_slice(&facts).expect("JSON facts about Bugsink") }
    }

    /// Where to send to.
    pub fn dsn(&self) -> &str {
        self.facts["dsn"].as_str().expect("a DSN")
    }

    /// The issues: `id`, `calculated_type`, `calculated_value`, `digested_event_count`, …
    pub async fn issues(&self) -> Vec<Value> {
        self.list(&format!("issues/?project={}", self.facts["project"])).await
    }

    /// The events of an issue in full: `event_id`, `data` (the event as it was sent), …
    pub async fn events(&self, issue: &Value) -> Vec<Value> {
        let issue = issue["id"].as_str().expect("an issue's id");
        let mut events = Vec::new();
        for event in self.list(&format!("events/?issue={issue}&order=asc")).await {
            let id = event["id"].as_str().expect("an event's id");
            events.push(self.get(&format!("events/{id}/")).await);
        }
        events
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        match self.get(path).await["results"].take() {
            Value::Array(results) => results,
            other => panic!("{path} has no results but {other}:\n{}", self.process.log()),
        }
    }

    async fn get(&self, path: &str) -> Value {
        let request = super::client().get(self.process.url(&format!("/api/canonical/0/{path}")));
        let request = request.bearer_auth(self.facts["token"].as_str().expect("a token"));
        super::json(request).await
    }
}
