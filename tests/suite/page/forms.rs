//! The page by day and by night, on a phone, of thousands of runs, and kept current.

use std::path::Path;

use crate::support::answer::results;
use crate::support::browser::{Visit, all};
use crate::support::cli::Workspace;
use crate::support::failed::failed;
use crate::support::outcomes::ok;
use crate::support::page::{RUN, Results, configuration, quiet, shows, target, text};
use crate::support::watching::Watching;
use sentrynet::cli::history::History;
use sentrynet::cli::page::PageFile;
use sentrynet::outcome::FailureKind;
use sentrynet::secrets::Redactor;
use serde_json::{Value, json};

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
    assert_eq!(well.values[0], json!(["The probe is ok", 1, true, true, 2]));
    assert_eq!(many.values[0], json!(["All 25 probes are ok", 100, true, true, 2501]));
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
    let workspace = Workspace::empty();
    let mut page = PageFile::new(&workspace.path().join("page.html")).expect("a file");
    page.write(&history).expect("a page");
    let rows = "[document.querySelectorAll('#runs tbody tr').length, document.querySelector('#range').textContent,
      document.querySelector('#runs time').dateTime, document.querySelector('#newer').disabled,
      document.querySelector('#older').disabled, document.querySelectorAll('#runs [aria-current]').length]";
    let head = "[document.querySelector('#counts').textContent, document.querySelector('#footer').textContent,
      document.querySelector('#issues data').textContent, document.querySelector('.up').textContent]";
    let trace = |number| run(number).identity.trace_id();
    let visit = Visit::to(&workspace.path().join("page.html")).read(rows).click("#older").read(rows).read(head);
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
    assert!(text(&seen.values[2][1]).contains("Details are kept of the last 1,000 runs"), "{}", seen.values[2][1]);
}

#[test]
fn a_page_that_is_kept_current_loads_itself_again_and_keeps_what_was_chosen() {
    let mut history = History::keeping(10);
    let workspace = Workspace::empty();
    let (path, ready) = (workspace.path().join("page.html"), workspace.path().join("ready"));
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
    assert_eq!(empty.values[0], json!(["No runs yet", 0]));
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
        visit.touch(&ready).wait("model.counts.total === 81").read(state)
    };
    // Meanwhile, there is news.
    let seen = std::thread::scope(|scope| {
        let seen = scope.spawn(|| steps(Visit::to(&path)).go());
        while !ready.exists() && !seen.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
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
    let workspace = Workspace::with(&configuration(&probes));
    let page = workspace.write("pages/page.html", "what was there before");
    let missing = workspace.run(&["watch", "--html", "nowhere/page.html"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
    assert!(missing.err.contains("nowhere/page.html cannot be written: its directory does not exist"), "{missing:?}");

    let mut watching = Watching::start(&workspace, &["--json", "--location", "here", "--html", "pages/page.html"]);
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
    let (pages, elsewhere) = (workspace.path().join("pages"), workspace.path().join("elsewhere"));
    std::fs::rename(&pages, &elsewhere).expect("a move");
    watching.until("a complaint", |watching| watching.err().contains("page.html cannot be written")).await;
    std::fs::rename(&elsewhere, &pages).expect("a move");
    // What is not watched any more is not shown.
    workspace.write("config/sentrynet.yaml", configuration(&probes[..1]));
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
