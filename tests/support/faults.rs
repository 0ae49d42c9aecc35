//! What targets do wrong: a catalogue. Each fault is a running target, the probe that meets it, and what has to come of
//! it. `tests/suite/faults.rs` checks them one by one, and looks at all of them on one page.

pub mod answers;
pub mod bodies;
pub mod certificates;
pub mod clients;
pub mod connecting;
pub mod contents;
pub mod encodings;
pub mod expiry;
pub mod handshake;
pub mod heads;
pub mod http2;
pub mod issuers;
pub mod names;
pub mod play;
pub mod redirects;
pub mod tcp;

use std::any::Any;
use std::net::SocketAddr;
use std::time::Duration;

use regex::Regex;
use sentrynet::net::Resolver;
use sentrynet::outcome::Outcome;

use super::authority::Authority;
use super::clock::Stopwatch;
use super::engine;
use super::prepare;

/// How much later than its timeout a run may end.
const GRACE: Duration = Duration::from_millis(300);

/// What errors of libraries look like when nobody has put them into words.
const RAW: &[&str] =
    &["error sending request", "reqwest", "hyper", "rustls", "os error", "Custom {", "Kind(", "error:"];

/// A target that misbehaves, and what a probe has to make of it.
pub struct Fault {
    probe: &'static str,
    keys: String,
    name_server: Option<SocketAddr>,
    patience: Option<(Duration, usize)>,
    kind: Option<&'static str>,
    sentence: String,
    phases: String,
    http_status: Option<u16>,
    excerpt: Option<&'static str>,
    /// Whatever has to live as long as the fault.
    servers: Vec<Box<dyn Any + Send>>,
}

impl Fault {
    /// What a `probes.http` meets at this URL. Until more is said, it is expected to be well.
    pub fn at(url: impl std::fmt::Display) -> Self {
        Self::of("probes.http", format!("url: {}", serde_json::Value::String(url.to_string())))
    }

    /// What a probe of this kind meets; `keys` are the lines below `- probe: …`, not indented.
    pub fn of(probe: &'static str, keys: impl Into<String>) -> Self {
        let (keys, servers) = (keys.into(), Vec::new());
        Self {
            probe,
            keys,
            name_server: None,
            patience: None,
            kind: None,
            sentence: String::new(),
            phases: String::new(),
            http_status: None,
            excerpt: None,
            servers,
        }
    }

    /// One more key of the probe, e.g. `timeout: 300ms`.
    pub fn with(mut self, key: impl std::fmt::Display) -> Self {
        self.keys += &format!("\n{key}");
        self
    }

    /// Keeps a server running.
    pub fn keeping(mut self, server: impl Any + Send) -> Self {
        self.servers.push(Box::new(server));
        self
    }

    /// Names are looked up at this server.
    pub fn named_by(mut self, server: SocketAddr) -> Self {
        self.name_server = Some(server);
        self
    }

    /// The name server is given up after so many more questions, each of which waits for this long.
    pub fn patient(mut self, timeout: Duration, attempts: usize) -> Self {
        self.patience = Some((timeout, attempts));
        self
    }

    /// The probe trusts the certificates of this authority.
    pub fn trusting(self, authority: &Authority) -> Self {
        self.with(format!("tls: {{ca: {}}}", prepare::quoted(&authority.pem())))
    }

    /// The run fails with this kind and this sentence, in which `*` stands for anything.
    pub fn fails(mut self, kind: &'static str, sentence: impl Into<String>) -> Self {
        (self.kind, self.sentence) = (Some(kind), sentence.into());
        self
    }

    /// The ops of the phases in order, with a `!` behind the one that fails: `net.dns net.tcp!`.
    pub fn phases(mut self, phases: impl Into<String>) -> Self {
        self.phases = phases.into();
        self
    }

    /// The answer has this status.
    pub fn answering(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// This is kept of the answer's body for the event.
    pub fn leaving(mut self, excerpt: &'static str) -> Self {
        self.excerpt = Some(excerpt);
        self
    }

    /// Whether the system's own name servers are enough to meet it.
    pub fn is_for_everyone(&self) -> bool {
        self.name_server.is_none()
    }

    /// The probe as an item of a configuration's list `probes`, under this title.
    pub fn yaml(&self, title: &str) -> String {
        let keys: String = self.keys.lines().map(|line| format!("        {line}\n")).collect();
        format!("      - probe: {}\n        title: {title}\n{keys}", self.probe)
    }

    /// What the summary says: the kind, if it is to fail.
    pub fn kind(&self) -> Option<&'static str> {
        self.kind
    }

    /// Whether `sentence` is the one that is expected.
    pub fn says(&self, sentence: &str) -> bool {
        let pattern = regex::escape(&self.sentence).replace(r"\*", ".*");
        Regex::new(&format!("^(?s:{pattern})$")).expect("a pattern").is_match(sentence)
    }

    /// Meets the fault once, and checks what came of it.
    pub async fn check(self) -> Outcome {
        let yaml = format!("groups:\n  - tags: {{target: test}}\n    probes:\n{}", self.yaml("fault"));
        let config = prepare::config(&yaml);
        let resolver = self.name_server.map_or_else(Resolver::system, |server| Resolver::with_servers(vec![server]));
        let resolver = match self.patience {
            Some((timeout, attempts)) => resolver.with_patience(timeout, attempts),
            None => resolver,
        };
        let watch = Stopwatch::start();
        let outcome = engine::run_all(&config, &prepare::context(resolver)).await.remove(0);
        let took = watch.elapsed();
        let failure = outcome.status.failure();
        assert_eq!(failure.map(|failure| failure.kind.as_str()), self.kind, "{outcome:#?}");
        assert_eq!(outcome.status.as_str(), if self.kind.is_some() { "failed" } else { "ok" });
        assert_eq!(engine::phases(&outcome).join(" "), self.phases, "{outcome:#?}");
        let status = outcome.attributes.get("http.response.status_code").and_then(serde_json::Value::as_u64);
        assert_eq!(status, self.http_status.map(u64::from), "the answer's status");
        if let Some(excerpt) = self.excerpt {
            let response = outcome.response.as_ref().map(|response| response.body.as_str());
            assert_eq!(response, Some(excerpt), "what is kept of the body");
        }
        if let Some(failure) = failure {
            assert!(self.says(&failure.sentence), "{:?} is not {:?}", failure.sentence, self.sentence);
            let raw = RAW.iter().find(|raw| failure.sentence.contains(**raw));
            assert_eq!(raw, None, "a library's own words: {:?}", failure.sentence);
            if let Some(phase) = failure.phase {
                assert!(self.phases.contains(&format!("{}!", phase.as_str())), "it failed in {phase:?}");
            }
        }
        let limit = config.groups[0].probes[0].timeout + GRACE;
        assert!(took <= limit, "took {took:?}, more than {limit:?}");
        engine::assert_nested(&outcome);
        outcome
    }
}
