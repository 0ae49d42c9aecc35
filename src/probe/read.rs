//! One probe: the keys that all kinds share, and those of its kind.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::http::Request;
use super::kind::{Check, Probe};
use super::scope::Scope;
use super::script::Script;
use crate::config::load::{Reader, merged, tags};
use crate::diagnostics::Code;
use crate::diagnostics::finding::Finding;
use crate::outcome::Tags;
use crate::schema::scalar;
use crate::schema::validator::join;
use crate::schema::value::{address, duration};
use crate::secrets::FILTERED;
use crate::template::Text;
use crate::yaml::node::Node;

pub(crate) const EVERY: Duration = Duration::from_secs(300);
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_PAUSE: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// A probe; `None` when its kind is not known.
    pub(crate) fn probe(&mut self, node: &Node, group_tags: &Tags, path: &str) -> Option<Probe> {
        let (check, default_title) = match node.get("probe").and_then(Node::text)? {
            "probes.http" => {
                let request = self.request(node, &mut Scope::plain(), path);
                let title = self.default_title(node, &request);
                (Check::Http(Box::new(request)), title)
            }
            "probes.script" => {
                if node.get("title").is_none() {
                    let finding = Finding::new("`title` is missing")
                        .coded(Code::MissingKey("title"))
                        .with_help("a script has no title by itself");
                    self.report(node.location(), path, finding);
                }
                (Check::Script(self.script(node, path)), String::new())
            }
            _ => return None,
        };
        let time = |name: &str, default: Duration| {
            node.get(name).and_then(|node| duration::parse(node).ok()).unwrap_or(default)
        };
        let count = |name: &str, default: u32| {
            node.get(name).and_then(scalar::integer).and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
        };
        let title = match node.get("title") {
            Some(node) if node.placeholder => FILTERED.to_owned(),
            node => node.and_then(Node::text).map_or(default_title, str::to_owned),
        };
        Some(Probe {
            identity: title.clone(),
            title,
            every: time("every", EVERY),
            burst: count("burst", 1),
            timeout: time("timeout", TIMEOUT),
            retries: count("retries", 0),
            retry_pause: time("retry_pause", RETRY_PAUSE),
            tags: merged(group_tags, tags(node.get("tags"))),
            check,
        })
    }

    /// Method, scheme and host; a URL that is a secret is not told.
    fn default_title(&self, node: &Node, request: &Request) -> String {
        let url = match (&request.url, node.get("url")) {
            (Text::Plain(url), Some(node)) if !node.secret => url::Url::parse(url).ok(),
            _ => None,
        };
        match url {
            Some(url) => address::default_title(&request.method, &url),
            None => format!("{} {FILTERED}", request.method),
        }
    }

    fn script(&mut self, node: &Node, path: &str) -> Script {
        let init_keys: Vec<(String, serde_json::Value)> = node
            .get("init_keys")
            .map_or(&[][..], Node::entries)
            .iter()
            .map(|entry| (entry.name.clone(), entry.value.json()))
            .collect();
        let mut scope = Scope::of_script(init_keys.iter().map(|(name, _)| name.clone()));
        let path = join(path, "steps");
        let steps = node.get("steps").map_or(&[][..], Node::items);
        let steps =
            steps.iter().enumerate().map(|(index, step)| self.request(step, &mut scope, &format!("{path}[{index}]")));
        let script = Script { steps: steps.collect(), init_keys };
        self.keep_initial_keys(&script);
        script
    }
}

/// Makes identities unique: ` #2`, ` #3`, … where titles repeat.
pub(crate) fn identify(probes: &mut [Probe]) {
    let titles: BTreeSet<String> = probes.iter().map(|probe| probe.title.clone()).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for probe in probes {
        let number = seen.entry(probe.title.clone()).or_insert(0);
        *number += 1;
        if *number == 1 {
            continue;
        }
        // Another probe's title may look like this, and comes first.
        let mut identity = format!("{} #{number}", probe.title);
        while titles.contains(&identity) {
            *number += 1;
            identity = format!("{} #{number}", probe.title);
        }
        probe.identity = identity;
    }
}
