//! Secrets that stand in the configuration itself.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::schema::SecretRef;
use crate::schema::validator::join;
use crate::secrets::credential::scanner::spans;
use crate::secrets::is_credential;
use crate::yaml::mask::is_sensitive;
use crate::yaml::node::{Kind, Node};

/// The key paths of a group's secrets that are written out.
pub(crate) fn of_group(group: &Node, path: &str) -> Vec<String> {
    let mut literals = Literals::default();
    for (index, probe) in group.get("probes").map_or(&[][..], Node::items).iter().enumerate() {
        literals.probe(probe, &format!("{}[{index}]", join(path, "probes")));
    }
    literals.found
}

#[derive(Default)]
struct Literals {
    found: Vec<String>,
    /// Whether texts are interpolated.
    is_script: bool,
    /// The script's keys: a text that is one of them is no secret.
    keys: BTreeSet<String>,
}

impl Literals {
    fn probe(&mut self, probe: &Node, path: &str) {
        let Some(steps) = probe.get("steps") else {
            (self.is_script, self.keys) = (false, BTreeSet::new());
            return self.request(probe, path);
        };
        let set = steps.items().iter().filter_map(|step| step.get("set_keys"));
        let keys = probe.get("init_keys").into_iter().chain(set).flat_map(Node::entries);
        (self.is_script, self.keys) = (true, keys.map(|entry| entry.name.clone()).collect());
        if let Some(keys) = probe.get("init_keys") {
            self.value("", keys, &join(path, "init_keys"));
        }
        for (index, step) in steps.items().iter().enumerate() {
            self.request(step, &format!("{}[{index}]", join(path, "steps")));
        }
    }

    fn request(&mut self, request: &Node, path: &str) {
        let auth = request.get("auth");
        let basic = auth.and_then(|auth| auth.get("basic"));
        let places = [
            ("auth.basic.password", basic.and_then(|basic| basic.get("password"))),
            ("auth.bearer", auth.and_then(|auth| auth.get("bearer"))),
        ];
        for (key, node) in places {
            if node.and_then(Node::written).is_some() {
                self.found.push(format!("{path}.{key}"));
            }
        }
        let key = request.get("tls").and_then(|tls| tls.get("key")).and_then(Node::text);
        if key.is_some_and(|key| key.contains("-----BEGIN")) {
            self.found.push(format!("{path}.tls.key"));
        }
        for name in ["url", "query", "body"] {
            if let Some(node) = request.get(name) {
                self.value("", node, &join(path, name));
            }
        }
        for header in request.get("headers").map_or(&[][..], Node::entries) {
            // What is not hidden of a header is so for the names in its text.
            let name = if is_sensitive(&header.name) { "password" } else { "" };
            self.value(name, &header.value, &join(&join(path, "headers"), &header.name));
        }
    }

    /// A value under this name, and what is in it.
    fn value(&mut self, name: &str, node: &Node, path: &str) {
        match &node.kind {
            _ if SecretRef::of(node).is_some() => {}
            Kind::Scalar { value: Value::Null | Value::Bool(_), .. } => {}
            Kind::Scalar { .. } => {
                let text = node.written().unwrap_or_default();
                let is_literal = |text: &str| !(text.is_empty() || self.is_script && text.contains('{'));
                let is_secret = if is_credential(name) {
                    is_literal(text) && !self.keys.contains(text)
                } else {
                    spans(text).into_iter().any(|span| is_literal(&text[span]))
                };
                if is_secret {
                    self.found.push(path.to_owned());
                }
            }
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(name, item, &format!("{path}[{index}]"));
                }
            }
            Kind::Map(entries) => {
                for entry in entries {
                    self.value(&entry.name, &entry.value, &join(path, &entry.name));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Document;
    use crate::parameters::partition::Partition;

    fn literals(probe: &str) -> Vec<String> {
        let text = format!("groups:\n- probes:\n  - {}\n", probe.replace('\n', "\n    "));
        let document = Document::parse("a.yaml", text.as_bytes()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        let parts = Partition::of(&document).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        parts.literals.iter().filter_map(|path| path.strip_prefix("groups[0].probes[0].")).map(str::to_owned).collect()
    }

    #[test]
    fn secrets_that_are_written_out_are_found_by_their_places_and_names() {
        let found = literals(
            "probe: probes.http\nurl: https://bob:pw@a.example/?page=2\nquery: {api_key: abc, page: 2}\n\
             headers: {X-Api-Key: abc, accept: text/html}\nbody: {user: bob, deep: [{password: 12345}]}\n\
             auth: {basic: {username: bob, password: hunter2}}",
        );
        let expected = ["auth.basic.password", "url", "query.api_key", "body.deep[0].password", "headers.X-Api-Key"];
        assert_eq!(found, expected);
        assert_eq!(literals("probe: probes.http\nurl: https://a.example/\nauth: {bearer: abc}"), ["auth.bearer"]);
        assert_eq!(literals("probe: probes.http\nurl: https://a.example/\nbody: user=bob&password=hunter2"), ["body"]);
    }

    #[test]
    fn references_and_keys_of_scripts_are_none() {
        let found = literals(
            "probe: probes.script\ntitle: S\ninit_keys: {password: {env: PASSWORD}, pin: {ssm: /pin}}\nsteps:\n- url: https://a.example/\n  \
             body: {password: password, pin: '{pin}'}\n  set_keys: {token: $.token}\n- url: https://a.example/?token={token}\n  \
             headers: {authorization: 'Bearer {token}'}\n- url: https://a.example/\n  auth: {bearer: {env: TOKEN}}\n  query: {api_key: {ssm: /key}}",
        );
        assert_eq!(found, [""; 0]);
    }
}
