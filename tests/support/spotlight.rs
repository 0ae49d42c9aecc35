//! Spotlight, Sentry's viewer for development: keeps what has the content type of envelopes, and shows it in a browser.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::process::Process;

/// How long to wait for what was delivered.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running Spotlight.
pub struct Spotlight(Process);

impl Spotlight {
    /// Starts one.
    pub async fn start() -> Self {
        let program = super::tool("spotlight/node_modules/@spotlightjs/spotlight/dist/run.js");
        Self(
            Process::start("spotlight", |port, _| {
                let mut command = Command::new("node");
                // It reports its own doings to its makers, unless they cannot be reached.
                command.env("https_proxy", "http://127.0.0.1:1");
                command.arg(program).args(["server", "--port", &port.to_string()]);
                command
            })
            .await,
        )
    }

    /// Where to send to, as docs/spotlight.md says.
    pub fn dsn(&self) -> String {
        self.0.url("/0").replacen("http://127.0.0.1", "http://spotlight@localhost", 1)
    }

    /// The first so many payloads that it gives to its viewers, with the types of their items, in the order of their coming.
    pub async fn payloads(&self, count: usize) -> Vec<(String, Value)> {
        let mut stream = super::client().get(self.0.url("/stream")).send().await.expect("a stream");
        let mut text = Vec::new();
        let mut payloads = Vec::new();
        let read = async {
            while payloads.len() < count {
                text.extend(stream.chunk().await.expect("a stream").expect("a stream without an end"));
                // Server-sent events: an event of which nothing is missing ends with an empty line.
                let whole = String::from_utf8_lossy(&text);
                let events = whole.rsplit_once("\n\n").map_or("", |(events, _)| events);
                payloads = events.lines().filter_map(|line| line.strip_prefix("data: ")).flat_map(items).collect();
            }
        };
        let read = tokio::time::timeout(PATIENCE, read).await;
        assert!(read.is_ok(), "{} of {count}:\n{}", payloads.len(), self.0.log());
        payloads
    }
}

/// The items of an envelope as Spotlight parsed it: `[header, [[item header, payload], …]]`.
fn items(data: &str) -> Vec<(String, Value)> {
    let envelope: Value = serde_json::from_str(data).expect("JSON");
    let items = envelope[1].as_array().expect("items");
    items.iter().map(|item| (item[0]["type"].as_str().expect("a type").to_owned(), item[1].clone())).collect()
}

/// The text of docs/spotlight.md.
pub fn docs() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spotlight.md")).expect("docs/spotlight.md")
}
