//! The page of `run --html`, opened in Chromium.

use crate::support::browser::Visit;
use crate::support::page::{RUN, Results, configuration, quiet, shows, target, text};
use crate::support::target::{Target, answer};
use serde_json::{Value, json};

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
