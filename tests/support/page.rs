//! What `run --json --html` leaves, and how the two compare.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::browser::Seen;
use super::cli::Workspace;
use super::target::{Target, answer};

/// A target whose paths are the statuses that it answers with, e.g. `/503`.
pub async fn target() -> Target {
    Target::http(|request| {
        let path = request.line().split([' ', '?']).nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        answer(if path.is_empty() { "200" } else { &path }, &[], r#"{"status": "ok", "token": "t-1"}"#)
    })
    .await
}

/// Two groups: a probe with a burst, a script, one that fails, one that nobody answers.
pub fn configuration(target: &Target) -> String {
    format!(
        "groups:
- name: site
  probes:
  - {{probe: probes.http, title: Home, url: '{url}200', burst: 4}}
  - {{probe: probes.http, title: Broken, url: '{url}503', burst: 3}}
- name: api
  probes:
  - probe: probes.script
    title: Log in
    steps:
    - {{url: '{url}200', set_keys: {{token: $.token}}, assertions: {{token: t-1}}}}
    - {{url: '{url}200?second'}}
  - {{probe: probes.http, title: Down, url: 'http://127.0.0.1:1/'}}
",
        url = target.url("/"),
    )
}

/// What `run --json --html` left: the results in the order of their titles here, and the page.
pub struct Results {
    _desk: Workspace,
    /// The results.
    pub results: Vec<Value>,
    /// The page.
    pub page: PathBuf,
}

impl Results {
    /// Of this configuration.
    pub fn of(configuration: &str) -> Self {
        let workspace = Workspace::with(configuration);
        let ran = workspace.run(&["run", "--json", "--location", "laptop", "--html", "page.html"]);
        assert!(ran.code < 2, "{ran:?}");
        let results =
            ran.json().into_iter().flat_map(|summary| summary["results"].as_array().expect("results").clone());
        Self { results: results.collect(), page: workspace.path().join("page.html"), _desk: workspace }
    }

    /// The runs of this title.
    pub fn titled(&self, title: &str) -> Vec<&Value> {
        self.results.iter().filter(|result| result["title"] == title).collect()
    }

    /// The selector of a run's link.
    pub fn link(result: &Value) -> String {
        format!("#run-{}", text(&result["trace_id"]))
    }
}

/// A value that is a text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Nothing was said, and nothing but the page asked for.
pub fn quiet(seen: &Seen) {
    assert_eq!(seen.said, [""; 0]);
    assert!(
        seen.requests.iter().all(|url| url.starts_with("file:///") && url.contains(".html")),
        "{:?}",
        seen.requests
    );
}

/// What is shown of the chosen run.
pub const RUN: &str = "(() => {
  const value = (cell) => Number(cell.querySelector('data').value);
  const facts = {};
  for (const fact of document.querySelectorAll('#run-facts > div')) {
    facts[fact.querySelector('dt').textContent] = fact.querySelector('dd').textContent;
  }
  return {
    title: document.querySelector('#run-title').textContent,
    head: document.querySelector('#run-head').innerText,
    sentence: document.querySelector('#sentence').hidden ? null : document.querySelector('#sentence').textContent,
    phases: [...document.querySelectorAll('#trace tr.phase')].map((row) => ({
      op: row.querySelector('.op').textContent, start_ms: value(row.cells[1]), duration_ms: value(row.cells[2]),
      ok: !row.classList.contains('failed'),
    })),
    requests: [...document.querySelectorAll('#trace tr.around .description')].map((text) => text.textContent),
    bars: waterfall.chart.data.datasets[0].data.filter((bar) => bar),
    facts, hash: location.hash, current: [...document.querySelectorAll('#runs [aria-current]')].map((link) => link.id),
  };
})()";

/// The chosen run is this one, as the JSON tells it.
pub fn shows(shown: &Value, result: &Value) {
    let title = text(&result["title"]);
    assert_eq!(shown["title"], format!("Trace of {title}"));
    let by_start = |phases: &Value| {
        let mut phases = phases.as_array().expect("phases").clone();
        phases.sort_by(|one, other| one["start_ms"].as_f64().unwrap().total_cmp(&other["start_ms"].as_f64().unwrap()));
        phases
    };
    let numbers = |value: &Value| value.as_f64().expect("a number");
    let (shown_phases, phases) = (by_start(&shown["phases"]), by_start(&result["phases"]));
    assert_eq!(shown_phases.len(), phases.len(), "{shown}");
    for (shown, phase) in shown_phases.iter().zip(&phases) {
        assert_eq!((&shown["op"], &shown["ok"]), (&phase["op"], &phase["ok"]));
        for key in ["start_ms", "duration_ms"] {
            assert!((numbers(&shown[key]) - numbers(&phase[key])).abs() < 1e-9, "{shown} {phase}");
        }
    }
    let bars = shown["bars"].as_array().expect("bars");
    assert_eq!(bars.len(), phases.len(), "a bar a phase");
    for (bar, phase) in bars.iter().zip(shown["phases"].as_array().expect("phases")) {
        assert!((numbers(&bar[0]) - numbers(&phase["start_ms"])).abs() < 1e-9, "{bar} {phase}");
    }
    let facts = &shown["facts"];
    for (fact, key) in
        [("Trace", "trace_id"), ("Event", "event_id"), ("Tick", "tick"), ("Kind", "kind"), ("Probe", "probe")]
    {
        assert_eq!(facts[fact], result[key], "{fact}");
    }
    assert_eq!(facts["Address"], result["address"]);
    assert_eq!(
        facts["HTTP status"],
        result["http_status"].as_u64().map_or(Value::Null, |code| code.to_string().into())
    );
    assert_eq!(facts["Location"], "laptop");
    assert!(text(&shown["head"]).starts_with(text(&result["status"])), "{shown}");
    match result["error"].as_str() {
        None => assert_eq!(shown["sentence"], Value::Null),
        Some(sentence) => assert_eq!(shown["sentence"], format!("{} {sentence}", text(&result["kind"]))),
    }
    assert_eq!(shown["current"], json!([format!("run-{}", text(&result["trace_id"]))]));
}
