//! Kent, a fake Sentry: takes every kind of item, keeps the last hundred.

use std::process::Command;

use serde_json::Value;

use super::process::Process;

/// A running Kent.
pub struct Kent(Process);

impl Kent {
    /// Starts one.
    pub async fn start() -> Self {
        let program = super::tool("kent/bin/kent-server");
        Self(
            Process::start("kent", |port, _| {
                let mut command = Command::new(program);
                command.args(["run", "--host", "127.0.0.1", "--port", &port.to_string()]);
                command
            })
            .await,
        )
    }

    /// Where to send to.
    pub fn dsn(&self) -> String {
        self.0.url("/1").replacen("http://", "http://public@", 1)
    }

    /// The items received, in order: `{"envelope_header": …, "header": {"type": …}, "body": …}`.
    pub async fn items(&self) -> Vec<Value> {
        let list = self.get("/api/eventlist/").await;
        let mut items = Vec::new();
        for event in list["events"].as_array().expect("a list of events") {
            let id = event["event_id"].as_str().expect("an event's id");
            items.push(self.get(&format!("/api/event/{id}")).await["payload"].take());
        }
        items
    }

    /// The bodies of the items of this type (`transaction`, `event`), in order.
    pub async fn bodies(&self, item_type: &str) -> Vec<Value> {
        let items = self.items().await.into_iter();
        items.filter(|item| item["header"]["type"] == item_type).map(|mut item| item["body"].take()).collect()
    }

    async fn get(&self, path: &str) -> Value {
        super::json(super::client().get(self.0.url(path))).await
    }
}
