//! The page of `run --html`, opened in Chromium.
#![cfg(feature = "cli")]

mod support;

use std::path::{Path, PathBuf};

use sentrynet::config::Redactor;
use sentrynet::outcome::FailureKind;
use sentrynet::report::history::History;
use sentrynet::report::page::PageFile;
use serde_json::{Value, json};
use support::answer::results;
use support::browser::{Seen, Visit, all};
use support::cli::Desk;
use support::outcomes::{failed, ok};
use support::target::{Target, answer};
use support::watching::Watching;

/// A target whose paths are the statuses that it answers with, e.g. `/503`.
async fn target() -> Target {
    Target::http(|request| {
        let path = request.line().split([' ', '?']).nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        answer(if path.is_empty() { "200" } else { &path }, &[], r#"{"status": "ok", "token": "t-1"}"#)
    })
    .await
}

/// Two groups: a probe with a burst, a script, one that fails, one that nobody answers.
fn configuration(target: &Target) -> String {
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
struct Results {
    _desk: Desk,
    results: Vec<Value>,
    page: PathBuf,
}

impl Results {
    fn of(configuration: &str) -> Self {
        let desk = Desk::with(configuration);
        let ran = desk.run(&["run", "--json", "--location", "laptop", "--html", "page.html"]);
        assert!(ran.code < 2, "{ran:?}");
        let results =
            ran.json().into_iter().flat_map(|summary| summary["results"].as_array().expect("results").clone());
        Self { results: results.collect(), page: desk.path().join("page.html"), _desk: desk }
    }

    /// The runs of this title.
    fn titled(&self, title: &str) -> Vec<&Value> {
        self.results.iter().filter(|result| result["title"] == title).collect()
    }

    /// The selector of a run's link.
    fn link(result: &Value) -> String {
        format!("#run-{}", text(&result["trace_id"]))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Nothing was said, and nothing but the page asked for.
fn quiet(seen: &Seen) {
    assert_eq!(seen.said, [""; 0]);
    assert!(
        seen.requests.iter().all(|url| url.starts_with("file:///") && url.contains(".html")),
        "{:?}",
        seen.requests
    );
}

/// What is shown of the chosen run.
const RUN: &str = "(() => {
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
fn shows(shown: &Value, result: &Value) {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_on_a_run_shows_the_phases_that_the_json_tells_of() {
    let target = target().await;
    let results = Results::of(&configuration(&target));
    let (home, broken) = (results.titled("Home"), results.titled("Broken"));
    let (script, down) = (results.titled("Log in")[0], results.titled("Down")[0]);
    let point = "(() => {
      const { x, y } = graph.chart.getDatasetMeta(0).data[2];
      const box = graph.chart.canvas.getBoundingClientRect();
      return [box.x + x, box.y + y];
    })()";
    let seen = Visit::to(&results.page)
        // A point of the graph.
        .click_at(point)
        .read(RUN)
        .click(&Results::link(home[0]))
        .read(RUN)
        // A probe: its last run.
        .click("#probes tr:nth-child(2) a")
        .read(RUN)
        .click(&Results::link(broken[0]))
        .read(RUN)
        .click("#next")
        .read(RUN)
        .click("#probes tr:nth-child(3) a")
        .read(RUN)
        .reload()
        .click("#issues a:has-text('connect_refused')")
        .read(RUN)
        .back()
        .read(RUN)
        .go();
    quiet(&seen);
    let expected = [home[2], home[0], broken[2], broken[0], broken[1], script, down, script];
    for (shown, result) in seen.values.iter().zip(expected) {
        shows(shown, result);
    }
    assert_eq!(seen.values.len(), expected.len());
    assert_eq!(
        seen.values[5]["requests"]
            .as_array()
            .expect("requests")
            .iter()
            .filter(|text| text.as_str().is_some_and(|text| text.ends_with("second")))
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_chosen_with_the_keyboard_alone() {
    let target = target().await;
    let results = Results::of(&configuration(&target));
    let broken = results.titled("Broken");
    let focus = "(() => {
      const link = document.activeElement;
      return [link.id || link.tagName, getComputedStyle(link, '::after').outlineStyle];
    })()";
    let mut visit = Visit::to(&results.page);
    // The theme, the graph's scale, then one stop for all probes: the one that is shown.
    visit = visit.press(&["Tab", "Tab", "Tab"]).read(focus);
    // To the first one and one further; then past the issues to the runs, and down to the oldest.
    visit = visit.press(&["Home", "ArrowDown", "Enter"]).read(RUN).press(&["Tab", "Tab"]);
    visit = visit
        .read(focus)
        .press(&["End", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "Enter"])
        .read(focus)
        .read(RUN);
    let seen = visit.go();
    quiet(&seen);
    let on_probe = "document.querySelector('#probes [aria-current]').id";
    assert_eq!(seen.values[0][1], "solid", "{on_probe}: {:?}", seen.values[0]);
    assert!(text(&seen.values[0][0]).starts_with("probe-"), "{:?}", seen.values[0]);
    shows(&seen.values[1], broken[2]);
    assert_eq!(seen.values[2], json!([&Results::link(broken[2])[1..], "solid"]));
    assert_eq!(seen.values[3], json!([&Results::link(broken[0])[1..], "solid"]), "choosing keeps the focus");
    shows(&seen.values[4], broken[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_the_probes_and_the_issues_are_what_the_json_counts() {
    let target = target().await;
    let results = Results::of(&configuration(&target));
    let tables = "({
      headline: document.querySelector('h1').textContent, facts: document.querySelector('#facts').textContent,
      counts: Object.fromEntries([...document.querySelectorAll('#counts > div')].map((tile) => (
        [tile.querySelector('dt').textContent, Number(tile.querySelector('data').value)]))),
      probes: [...document.querySelectorAll('#probes tbody tr')].map((row) => [
        row.querySelector('.title').textContent, row.querySelector('.status').textContent,
        ...[1, 2, 3].map((cell) => row.cells[cell].querySelector('data')).map((data) => data && Number(data.value)), row.querySelector('.up').textContent]),
      issues: [...document.querySelectorAll('#issues tbody tr')].map((row) => [
        row.querySelector('.status').textContent, row.querySelector('.title').firstChild.textContent,
        row.querySelector('.sentence').textContent,
        Number(row.cells[1].querySelector('data').value), row.cells[2].querySelector('time').dateTime,
        row.cells[3].querySelector('time').dateTime]),
      points: graph.chart.data.datasets.map((dataset) => dataset.data.length),
    })";
    let seen = Visit::to(&results.page).read(tables).go();
    quiet(&seen);
    let shown = &seen.values[0];
    assert_eq!(shown["headline"], "2 of 4 probes are failing");
    assert!(text(&shown["facts"]).starts_with("9 runs of 4 probes from laptop, "), "{shown}");
    assert_eq!(shown["counts"], json!({"runs": 9, "ok": 5, "degraded": 0, "failed": 4, "issues": 2}));
    // Home, Broken, Log in, Down; all failures; the chosen one.
    assert_eq!(shown["points"], json!([4, 0, 1, 0, 4, 1]));
    let mut times: Vec<f64> = results.titled("Home").iter().filter_map(|run| run["duration_ms"].as_f64()).collect();
    let last = times[3];
    times.sort_by(f64::total_cmp);
    assert_eq!(shown["probes"][0], json!(["Home", "ok", last, times[1], times[3], " 100 % up"]));
    let broken = results.titled("Broken");
    assert_eq!(shown["probes"][1], json!(["Broken", "failed", broken[2]["duration_ms"], null, null, " 0.0 % up"]));
    let down = results.titled("Down")[0];
    let issue = |first: &Value, last: &Value, count: usize| {
        json!([last["kind"], last["title"], last["error"], count, first["started"], last["started"]])
    };
    let mut expected = [issue(broken[0], broken[2], 3), issue(down, down, 1)];
    expected.sort_by(|one, other| text(&other[5]).cmp(text(&one[5])));
    assert_eq!(shown["issues"], json!(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn titles_and_answers_do_not_become_markup() {
    const HOSTILE: [&str; 4] = [
        "</script><script>window.hacked = 1</script>",
        "<img src=x onerror='window.hacked = 2'>",
        "<!--<script>{{data}} &lt;b&gt;\u{2028}\u{2029}.",
        "javascript:window.hacked=3//\"'><svg onload=window.hacked=4>",
    ];
    let target = Target::http(|_| answer("200 OK", &[], &json!({"text": HOSTILE.concat()}).to_string())).await;
    let probe = |title: &&str| {
        json!({"probe": "probes.http", "title": title, "url": target.url("/?<b>"), "burst": 2, "tags": {"page": title},
               "set_keys": {"text": "$.text"}, "assertions": {"text": {"value": title}}})
    };
    let probes: Vec<Value> = HOSTILE.iter().map(probe).collect();
    let results = Results::of(
        &json!({"groups": [{"name": "a", "probes": probes}, {"name": "b", "probes": [probe(&"x")]}]}).to_string(),
    );
    let texts = "[window.hacked ?? null, document.querySelectorAll('img, svg, b').length,
      [...document.querySelectorAll('#probes .title')].map((title) => title.textContent).slice(0, 4),
      document.querySelector('#sentence').textContent, document.querySelectorAll('script').length]";
    let mut visit = Visit::to(&results.page).read(texts);
    for place in 1..=4 {
        visit = visit.click(&format!("#probes tr:nth-child({place}) a")).read(texts);
        visit = visit.click(&format!("#issues tr:nth-child({place}) a")).click("#previous").read(texts);
    }
    let seen = visit.choosing("run=<img src=x onerror=alert(1)>&cause=<b>").go();
    quiet(&seen);
    assert_eq!(seen.values.len(), 9);
    for value in &seen.values {
        assert_eq!((&value[0], &value[1]), (&Value::Null, &json!(0)), "{value}");
        assert_eq!(value[2], json!(HOSTILE));
        assert_eq!(value[4], 8, "scripts");
    }
    assert!(text(&seen.values[1][3]).contains("</script><script>"), "the sentence quotes it: {}", seen.values[1][3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_on_the_page_can_reach_the_network_or_make_markup() {
    let target = target().await;
    let results = Results::of(&configuration(&target));
    let elsewhere = self::target().await;
    let url = elsewhere.url("/200");
    let attempts = format!(
        "(async () => {{
          const tried = {{}};
          try {{ await fetch('{url}'); tried.fetch = 'done'; }} catch {{ tried.fetch = 'refused'; }}
          const load = (name, element) => new Promise((done) => {{
            element.onload = () => done(tried[name] = 'done');
            element.onerror = () => done(tried[name] = 'refused');
            document.body.append(element);
          }});
          await load('image', Object.assign(document.createElement('img'), {{ src: '{url}' }}));
          await load('style', Object.assign(document.createElement('link'), {{ rel: 'stylesheet', href: '{url}' }}));
          try {{ document.body.innerHTML = '<b>markup</b>'; tried.markup = 'done'; }} catch {{ tried.markup = 'refused'; }}
          try {{ setTimeout('window.hacked = 1', 0); }} catch {{ }}
          await new Promise((done) => setTimeout(done, 50));
          tried.text = window.hacked ? 'done' : 'refused';
          return tried;
        }})()"
    );
    let seen = Visit::to(&results.page).read(&attempts).go();
    let expected = ["fetch", "image", "style", "markup", "text"].map(|name| (name.to_owned(), json!("refused")));
    assert_eq!(seen.values[0], Value::Object(expected.into_iter().collect()));
    assert_eq!(elsewhere.connections(), 0);
    assert!(!seen.said.is_empty(), "the browser says what the policy forbids");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_light_or_dark_as_the_system_or_the_reader_wants() {
    let target = target().await;
    let results = Results::of(&configuration(&target));
    let look = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
      graph.chart.options.scales.x.ticks.color, document.querySelector('#theme').textContent]";
    let visits = ["light", "dark"].map(|scheme| {
        // From what the system says to light, to dark, and so it stays.
        let visit = Visit::to(&results.page).scheme(scheme).read(look);
        visit.click("#theme").read(look).click("#theme").read(look).reload().read(look)
    });
    let [by_day, by_night] = &all(visits)[..] else { panic!("two visits") };
    quiet(by_day);
    quiet(by_night);
    let (light, dark) = (&by_day.values[0], &by_night.values[0]);
    for part in 0..3 {
        assert_ne!(light[part], dark[part]);
        for visit in [by_day, by_night] {
            let looks: Vec<&Value> = visit.values[1..].iter().map(|look| &look[part]).collect();
            assert_eq!(looks, [&light[part], &dark[part], &dark[part]]);
        }
    }
    assert_eq!(by_day.values[3][3], "Theme: dark");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_fits_a_phone_and_a_sheet_of_paper() {
    let target = target().await;
    let results = Results::of(&configuration(&target));
    let width = "[document.documentElement.scrollWidth, document.querySelector('#trace .op').offsetWidth > 40]";
    let printed = "[getComputedStyle(document.body).backgroundColor, document.querySelector('#theme').offsetHeight]";
    let visits =
        [400, 320, 700, 1280, 2560].map(|pixels| Visit::to(&results.page).width(pixels).scheme("dark").read(width));
    for (seen, pixels) in all(visits).iter().zip([400, 320, 700, 1280, 2560]) {
        quiet(seen);
        assert_eq!(seen.values[0], json!([pixels, true]));
    }
    let paper =
        Visit::to(&results.page).scheme("dark").read(printed).pdf().media(json!({"media": "print"})).read(printed);
    let seen = paper.go();
    quiet(&seen);
    assert!(seen.values[1].as_u64() > Some(10_000), "{:?}", seen.values[1]);
    assert!(seen.values[0][1].as_u64() > Some(0));
    assert_eq!(seen.values[2][1], 0, "there is nothing to press on paper");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_without_failures_and_one_with_thousands_of_runs() {
    let target = target().await;
    let well = Results::of(&format!("groups: [{{probes: [{{probe: probes.http, url: '{}'}}]}}]", target.url("/200")));
    let probe = |number: usize| json!({"probe": "probes.http", "title": format!("Number {number}"), "url": target.url("/200"), "burst": 100});
    let probes: Vec<Value> = (1..=25).map(probe).collect();
    let many = Results::of(&json!({"groups": [{"probes": probes}]}).to_string());
    let count = "[document.querySelector('h1').textContent, document.querySelectorAll('#runs tbody tr').length,
      document.querySelector('#issues-scroll').hidden, document.querySelector('#pager').hidden,
      graph.chart.data.datasets.reduce((sum, dataset) => sum + dataset.data.length, 0)]";
    let oldest = many.titled("Number 25")[0];
    let visit =
        Visit::to(&many.page).read(count).click("#probes tr:nth-child(25) a").click(&Results::link(oldest)).read(RUN);
    let [well, many] = &all([Visit::to(&well.page).read(count), visit])[..] else { panic!("two visits") };
    quiet(well);
    quiet(many);
    // A point a run, and one around the chosen.
    assert_eq!(well.values[0], json!(["The probe is well", 1, true, true, 2]));
    assert_eq!(many.values[0], json!(["All 25 probes are well", 100, true, true, 2501]));
    shows(&many.values[1], oldest);
}

#[test]
fn a_long_history_is_leafed_through() {
    let mut history = History::keeping(1000);
    let run = |number: u32| {
        let mut outcome = if number.is_multiple_of(10) { failed(FailureKind::RecvTimeout) } else { ok() };
        outcome.started += std::time::Duration::from_secs(u64::from(number) * 3600);
        outcome.identity.tick = outcome.started;
        outcome
    };
    (1..=1234).for_each(|number| history.add(&run(number), &Redactor::default()));
    let desk = Desk::empty();
    let mut page = PageFile::new(&desk.path().join("page.html")).expect("a file");
    page.write(&history).expect("a page");
    let rows = "[document.querySelectorAll('#runs tbody tr').length, document.querySelector('#range').textContent,
      document.querySelector('#runs time').dateTime, document.querySelector('#newer').disabled,
      document.querySelector('#older').disabled, document.querySelectorAll('#runs [aria-current]').length]";
    let head = "[document.querySelector('#counts').textContent, document.querySelector('#footer').textContent,
      document.querySelector('#issues data').textContent, document.querySelector('.up').textContent]";
    let trace = |number| run(number).identity.trace_id();
    let visit = Visit::to(&desk.path().join("page.html")).read(rows).click("#older").read(rows).read(head);
    // An old run is found, one that is not kept any more is said to be gone, and the runs of an issue are told apart.
    let gone = "[document.querySelector('#gone').hidden, document.querySelector('#run-facts code').textContent]";
    let visit =
        visit.read(&format!("location.hash = 'run={}'", trace(240))).wait("document.querySelector('#older').disabled");
    let visit = visit.read(rows).read(gone).read(&format!("location.hash = 'run={}'", trace(234)));
    let visit =
        visit.wait("!document.querySelector('#gone').hidden").read(gone).click("#issues tr:nth-child(1) a").read(rows);
    let seen = visit.click("#any-cause").read(rows).go();
    quiet(&seen);
    let started = |number: u32| {
        let started = run(number).started.replace_nanosecond(123_456_000).expect("microseconds");
        started.format(&time::format_description::well_known::Rfc3339).expect("a time")
    };
    let expected = [
        json!([100, "1–100 of 1,000 runs", started(1234), true, false, 1]),
        json!([100, "101–200 of 1,000 runs", started(1134), false, false, 0]),
        json!(["runs1,234ok1,111degraded0failed123issues1", seen.values[2][1], "123", " 90.0 % up"]),
        json!("run="), // What was assigned.
        json!([100, "901–1,000 of 1,000 runs", started(334), false, true, 1]),
        json!([true, trace(240).to_string()]),
        json!("run="),
        json!([false, trace(1234).to_string()]),
        json!([100, "1–100 of 100 runs", started(1230), true, true, 1]),
        json!([100, "1–100 of 1,000 runs", started(1234), true, false, 1]),
    ];
    for (place, (value, expected)) in seen.values.iter().zip(&expected).enumerate() {
        match place {
            3 | 6 => assert!(text(value).starts_with(text(expected))),
            _ => assert_eq!(value, expected, "{place}"),
        }
    }
    assert!(text(&seen.values[2][1]).contains("The last 1,000 runs can be looked at"), "{}", seen.values[2][1]);
}

#[test]
fn a_page_that_is_kept_current_loads_itself_again_and_keeps_what_was_chosen() {
    let mut history = History::keeping(10);
    let desk = Desk::empty();
    let path = desk.path().join("page.html");
    let mut page = PageFile::new(&path).expect("a file").live();
    page.write(&history).expect("an empty page");
    let empty = Visit::to(&path)
        .read("[document.querySelector('h1').textContent, document.querySelector('#main').offsetHeight]");
    let mut add = |number: u32| {
        let mut outcome = ok();
        outcome.identity.probe = format!("probe {}", number % 40);
        outcome.identity.burst = number / 40;
        history.add(&outcome, &Redactor::default());
        page.write(&history).expect("a page");
        outcome.identity.trace_id()
    };
    let empty = empty.go();
    quiet(&empty);
    assert_eq!(empty.values[0], json!(["Nothing was run yet", 0]));
    let first = add(0);
    for number in 1..80 {
        add(number);
    }
    let state = "[scrollY > 200 && scrollY, document.activeElement.id, location.hash, document.querySelector('#probes-scroll').scrollTop,
      document.querySelector('#run-facts code').textContent, graph.isLogarithmic, document.querySelector('#gone').hidden]";
    let steps = |visit: Visit| {
        // What takes people a while is not interrupted here.
        let visit = visit.read("live.isPaused = true").click("#scale");
        let visit = visit.press(&["Tab", "End", "Enter", "Home", "Enter", "Tab", "End", "Enter"]);
        let visit = visit
            .read("live.isPaused = false")
            .read("scrollTo(0, 250); document.querySelector('#probes-scroll').scrollTop = 300; model.made")
            .read(state);
        visit.wait("model.counts.total === 81").read(state)
    };
    // Meanwhile, there is news.
    let seen = std::thread::scope(|scope| {
        let seen = scope.spawn(|| steps(Visit::to(&path)).go());
        std::thread::sleep(std::time::Duration::from_secs(4));
        add(80);
        seen.join().expect("a visit")
    });
    quiet(&seen);
    let [.., before, after] = &seen.values[..] else { panic!("{seen:?}") };
    let run = format!("run-{first}");
    assert_eq!(before, &json!([250, run, format!("#run={first}"), 300, first.to_string(), true, true]));
    assert_eq!(before, after);
    assert!(seen.requests.len() > 1, "it was loaded again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watch_keeps_the_page_current() {
    let target = target().await;
    let probe = |title: &str, path: &str| {
        format!("  - {{probe: probes.http, title: {title}, url: '{}', every: 10}}\n", target.url(path))
    };
    let configuration = |probes: &[String]| format!("groups:\n- name: site\n  probes:\n{}", probes.concat());
    let probes = [probe("Home", "/200"), probe("Broken", "/503")];
    let desk = Desk::with(&configuration(&probes));
    let page = desk.write("pages/page.html", "what was there before");
    let missing = desk.run(&["watch", "--html", "nowhere/page.html"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
    assert!(missing.err.contains("nowhere/page.html cannot be written: its directory does not exist"), "{missing:?}");

    let mut watching = Watching::start(&desk, &["--json", "--location", "here", "--html", "pages/page.html"]);
    let text = |page: &Path| std::fs::read_to_string(page).expect("a page");
    watching.until("an empty page", |_| text(&page).contains("\"probes\":[]")).await;
    // It is open from the beginning, and shows two ticks of two probes without anybody's doing.
    let visit =
        Visit::to(&page).wait("model.counts.total >= 4").read("document.querySelector('h1').textContent").read(RUN);
    let seen = tokio::task::spawn_blocking(|| visit.go()).await.expect("a visit");
    quiet(&seen);
    assert_eq!(seen.values[0], "1 of 2 probes is failing");
    let known: Vec<Value> = watching.summaries().iter().flat_map(|summary| results(summary).to_vec()).collect();
    let shown = known.iter().find(|result| result["trace_id"] == seen.values[1]["facts"]["Trace"]).expect("a run");
    assert_eq!((&shown["title"], &seen.values[1]["facts"]["Kind"]), (&json!("Broken"), &json!("http_status")));

    // A page that cannot be written stops nothing.
    let (pages, elsewhere) = (desk.path().join("pages"), desk.path().join("elsewhere"));
    std::fs::rename(&pages, &elsewhere).expect("a move");
    watching.until("a complaint", |watching| watching.err().contains("page.html cannot be written")).await;
    std::fs::rename(&elsewhere, &pages).expect("a move");
    // What is not watched any more is not shown.
    desk.write("config/sentrynet.yaml", configuration(&probes[..1]));
    watching.until("a page of one probe", |_| !text(&page).contains("Broken")).await;
    let ran = watching.stop().await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.err.matches("cannot be written").count(), 1, "{ran:?}");
    let seen = Visit::to(&page).read("model.probes.map((probe) => [probe.title, probe.total])").go();
    let homes = ran.json().into_iter().flat_map(|summary| results(&summary).to_vec());
    let homes = homes.filter(|result| result["title"] == "Home").count();
    assert_eq!(seen.values[0], json!([["Home", homes]]));
    assert_eq!(std::fs::read_dir(&pages).expect("a directory").count(), 1, "nothing else is left");
}
