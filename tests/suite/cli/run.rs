//! `sentrynet run` and the other commands, as people and scripts use them.

use crate::support::cli::Workspace;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::target::{Target, answer};
use serde_json::Value;

/// A target whose paths are the statuses that it answers with, e.g. `/503`.
async fn target() -> Target {
    Target::http(|request| {
        let path = request.line().split_once(" /").map_or("200", |(_, path)| path);
        answer(if path.is_empty() { "200" } else { path }, &[], "{}")
    })
    .await
}

/// Two groups: three probes, of which one fails where `status` is not 200.
fn two_groups(target: &Target, status: u16) -> String {
    format!(
        "groups:
- name: site
  tags: {{target: site}}
  probes:
  - {{probe: probes.http, title: Home, url: '{home}', tags: {{page: home}}, burst: 2}}
  - {{probe: probes.http, title: News, url: '{news}', tags: {{page: news}}}}
- name: api
  probes:
  - {{probe: probes.http, title: Status, url: '{home}', tags: {{page: home, kind: json}}}}
",
        home = target.url("/200"),
        news = target.url(&format!("/{status}")),
    )
}

fn titles(summary: &Value) -> Vec<&str> {
    summary["results"].as_array().expect("results").iter().filter_map(|result| result["title"].as_str()).collect()
}

/// The titles that a choice runs, by group.
fn chosen(workspace: &Workspace, arguments: &[&str]) -> Vec<(String, Vec<String>)> {
    let ran = workspace.run(&[&["run", "--json"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let owned = |summary: &Value| {
        (summary["group"].as_str().unwrap().to_owned(), titles(summary).into_iter().map(str::to_owned).collect())
    };
    ran.json().iter().map(owned).collect()
}

fn named(groups: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |titles: &[&str]| titles.iter().map(|title| (*title).to_owned()).collect();
    groups.iter().map(|(group, titles)| ((*group).to_owned(), owned(titles))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exit_code_tells_ok_from_failed_from_not_delivered() {
    let target = target().await;
    let sentry = Receiver::start(Behaviour::default()).await;
    let broken = Receiver::start(Behaviour { status: 500, ..Behaviour::default() }).await;
    let (fine, failing) = (Workspace::with(&two_groups(&target, 200)), Workspace::with(&two_groups(&target, 503)));
    let good = ["run", "--dsn", &sentry.dsn().to_string()].map(str::to_owned);
    // One group will do: each waits for a Sentry that is not well.
    let refused = ["run", "--group", "site", "--dsn", "http://key@127.0.0.1:1/1"].map(str::to_owned);
    let answered = ["run", "--group", "site", "--dsn", &broken.dsn().to_string()].map(str::to_owned);
    for (workspace, arguments, code, says) in [
        (&fine, &good[..1], 0, "there is no DSN"),
        (&fine, &good, 0, "4 of 4 envelopes delivered"),
        (&failing, &good, 1, "5 of 5 envelopes delivered"),
        (&failing, &good[..1], 1, "there is no DSN"),
        (&fine, &refused, 3, "could not be reached"),
        (&failing, &refused, 3, "0 of 4 envelopes delivered"),
        (&fine, &answered, 3, "answered 500"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = workspace.run(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.out.contains(says), "{says} in {}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_only_slow_exits_0() {
    let target = Target::http(|_| {
        std::thread::sleep(std::time::Duration::from_millis(30));
        answer("200 OK", &[], "")
    });
    let url = target.await;
    let workspace = Workspace::with(&format!(
        "groups: [{{name: slow, probes: [{{probe: probes.http, url: '{}', degraded: 20ms}}]}}]",
        url.url("/")
    ));
    let ran = workspace.run(&["run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("1 degraded in "), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_is_one_line_a_group_and_people_s_text_goes_to_standard_error() {
    let target = target().await;
    let sentry = Receiver::start(Behaviour::default()).await;
    let workspace = Workspace::with(&two_groups(&target, 404));
    let ran = workspace.run(&["run", "--json", "--location", "here", "--dsn", &sentry.dsn().to_string()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let summaries = ran.json();
    assert_eq!(summaries.len(), 2);
    let site = &summaries[0];
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let expected = "group location time duration_ms runs ok degraded failed skipped delivery results"
        .split(' ')
        .collect::<Vec<_>>();
    assert_eq!(keys(site), expected);
    assert_eq!(keys(&site["delivery"]), ["envelopes", "delivered", "lost", "spooled", "duration_ms"]);
    assert_eq!((&site["group"], &site["location"]), (&"site".into(), &"here".into()));
    assert_eq!(
        ["runs", "ok", "degraded", "failed", "skipped"].map(|count| site[count].as_u64().unwrap()),
        [3, 2, 0, 1, 0]
    );
    assert_eq!((&site["delivery"]["envelopes"], &site["delivery"]["delivered"]), (&4.into(), &4.into()));
    let failed = &site["results"][2];
    let expected = "title probe status tick burst started duration_ms kind error phases trace_id event_id address http_status stall_ms";
    assert_eq!(keys(failed), expected.split(' ').collect::<Vec<_>>());
    assert_eq!((&failed["kind"], &failed["http_status"]), (&"http_status".into(), &404.into()));
    assert_eq!(failed["address"], target.addr.to_string());
    assert_eq!(keys(&failed["phases"][0]), ["op", "start_ms", "duration_ms", "ok"]);
    assert!(ran.err.contains("News") && ran.err.contains("http_status: status 404"), "{}", ran.err);
    assert_eq!(sentry.received().len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_probes_and_tags_choose_what_is_run() {
    let target = target().await;
    let workspace = Workspace::with(&two_groups(&target, 200));
    let all = named(&[("site", &["Home", "Home", "News"]), ("api", &["Status"])]);
    assert_eq!(chosen(&workspace, &[]), all);
    assert_eq!(chosen(&workspace, &["--group", "api"]), all[1..]);
    assert_eq!(chosen(&workspace, &["--probe", "News"]), named(&[("site", &["News"])]));
    assert_eq!(
        chosen(&workspace, &["--filter", "page=home"]),
        named(&[("site", &["Home", "Home"]), ("api", &["Status"])])
    );
    assert_eq!(chosen(&workspace, &["--filter", "page=home", "--filter", "kind=json"]), named(&[("api", &["Status"])]));
    assert_eq!(chosen(&workspace, &["--group", "site", "--filter", "page=news"]), named(&[("site", &["News"])]));
    assert_eq!(chosen(&workspace, &["--filter", "target=site"]), all[..1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_choice_that_fits_nothing_says_what_there_is() {
    let target = target().await;
    let workspace = Workspace::with(&two_groups(&target, 200));
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--group", "ap"], &["\"ap\"", "\"site\"", "\"api\"", "did you mean"]),
        (&["--group", "api", "--probe", "Stat"], &["\"Stat\"", "\"Status\""]),
        (&["--probe", "Nothing"], &["\"Nothing\"", "\"Home\"", "\"News\"", "\"Status\""]),
        (&["--filter", "page=nowhere"], &["page=nowhere", "page=home", "page=news"]),
        (&["--filter", "page"], &["TAG=VALUE"]),
        (&["--group", "site", "--filter", "kind=json"], &["kind=json"]),
    ];
    for (arguments, parts) in cases {
        let ran = workspace.run(&[&["run"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert_eq!(ran.out, "");
        for part in parts {
            assert!(ran.err.contains(part), "{part} in {}", ran.err);
        }
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_location_is_the_argument_s_then_the_region_s_then_the_user_s_tag() {
    let target = target().await;
    let sentry = Receiver::start(Behaviour::default()).await;
    let config = format!(
        "tags: {{location: mission-control}}\ngroups: [{{name: one, probes: [{{probe: probes.http, url: '{}'}}]}}]",
        target.url("/")
    );
    for (region, arguments, location) in [
        (None, &[][..], "mission-control"),
        (Some("eu-west-1"), &[], "eu-west-1"),
        (Some("eu-west-1"), &["--location", "laptop"], "laptop"),
        (None, &["--location", "laptop"], "laptop"),
    ] {
        let mut workspace = Workspace::with(&config).variable("SENTRY_DSN", &sentry.dsn().to_string());
        if let Some(region) = region {
            workspace = workspace.variable("AWS_REGION", region);
        }
        let ran = workspace.run(&[&["run", "--json"], arguments].concat());
        assert_eq!(ran.json()[0]["location"], location);
        let received = sentry.received().pop().expect("an envelope");
        let items = received.envelope.items().expect("items");
        let transaction: Value = serde_json::from_slice(&items[0].payload).expect("JSON");
        assert_eq!(transaction["tags"]["location"], location);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dsn_is_the_argument_s_then_the_environment_s_then_the_configuration_s() {
    let target = target().await;
    let behaviour = Behaviour::default;
    let [configured, variable, argument] =
        [Receiver::start(behaviour()).await, Receiver::start(behaviour()).await, Receiver::start(behaviour()).await];
    let config = format!(
        "sentry: {{dsn: '{}'}}\ngroups: [{{name: one, probes: [{{probe: probes.http, url: '{}'}}]}}]",
        configured.dsn(),
        target.url("/")
    );
    let counts = || [&configured, &variable, &argument].map(|sentry| sentry.received().len());
    let workspace = Workspace::with(&config);
    assert_eq!(workspace.run(&["run"]).code, 0);
    assert_eq!(counts(), [1, 0, 0]);
    let workspace = workspace.variable("SENTRY_DSN", &variable.dsn().to_string());
    assert_eq!(workspace.run(&["run"]).code, 0);
    assert_eq!(counts(), [1, 1, 0]);
    assert_eq!(workspace.run(&["run", "--dsn", &argument.dsn().to_string()]).code, 0);
    assert_eq!(counts(), [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_dsn_results_are_shown_and_nothing_is_delivered() {
    let target = target().await;
    let workspace = Workspace::with(&two_groups(&target, 200));
    let ran = workspace.run(&["run"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("Home") && ran.out.contains("nothing delivered: there is no DSN"), "{}", ran.out);
    let summary = &workspace.run(&["run", "--json"]).json()[0];
    assert_eq!(["envelopes", "delivered", "lost"].map(|count| summary["delivery"][count].as_u64()), [Some(0); 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_named_where_there_are_several() {
    let target = target().await;
    let workspace = Workspace::with(&two_groups(&target, 200));
    let ran = workspace.run(&["run"]);
    let at = |part: &str| ran.out.find(part).unwrap_or_else(|| panic!("{part} in {}", ran.out));
    assert!(at("site\n") < at("Home") && at("News") < at("api\n") && at("api\n") < at("Status"), "{}", ran.out);
    let ran = workspace.run(&["run", "--group", "api"]);
    assert!(!ran.out.contains("api\n"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipes_get_no_escape_codes_and_no_progress() {
    let target = target().await;
    for variable in ["NO_COLOR", "TERM"] {
        let workspace =
            Workspace::with(&two_groups(&target, 503)).variable(variable, "1").variable("LANG", "en_GB.UTF-8");
        for arguments in [&["run"][..], &["run", "--json"], &["--help"], &["run", "--no-such"], &["check"]] {
            let ran = workspace.run(arguments);
            let is_plain = |text: &str| !text.contains(|c: char| c.is_control() && c != '\n');
            assert!(is_plain(&ran.out) && is_plain(&ran.err), "{arguments:?}: {ran:?}");
            assert!(!ran.err.contains("running"), "{ran:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipe_gets_colours_where_it_asks_for_them() {
    let target = target().await;
    for (locale, mark) in [("C.UTF-8", "█"), ("C", "w")] {
        let workspace = Workspace::with(&two_groups(&target, 503)).variable("CI", "true").variable("LANG", locale);
        let workspace = workspace.variable("CLICOLOR_FORCE", "1");
        let ran = workspace.run(&["run"]);
        for part in ["\u{1b}[38;5;160mfailed", &format!("\u{1b}[38;5;33m{mark}\u{1b}[0m \u{1b}[2mwait\u{1b}[0m")] {
            assert!(ran.out.contains(part), "{part:?} in {:?}", ran.out);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quiet_says_only_what_is_not_well_and_programs_get_everything() {
    let target = target().await;
    let (fine, failing) = (Workspace::with(&two_groups(&target, 200)), Workspace::with(&two_groups(&target, 503)));
    let ran = fine.run(&["run", "--quiet"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let ran = failing.run(&["run", "-q", "--json"]);
    assert_eq!((ran.code, ran.json().len()), (1, 2), "{ran:?}");
    let said: Vec<&str> = ran.err.lines().collect();
    let [group, row, why] = said[..] else { panic!("{ran:?}") };
    assert!(group == "site" && row.starts_with("failed News "), "{ran:?}");
    assert_eq!(why, "       http_status: status 503 (Service Unavailable), expected 200");
    // What is not delivered is not well.
    let ran = fine.run(&["run", "-q", "--group", "api", "--dsn", "http://key@127.0.0.1:1/1"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.out.starts_with("0 of 1 envelopes delivered to Sentry in ") && ran.out.contains("\n  Sentry at "),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_phase_has_a_line_where_that_is_asked_for() {
    let target = target().await;
    let ran = Workspace::with(&two_groups(&target, 200)).run(&["run", "--group", "api", "--phases"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let names: Vec<&str> = ran.out.lines().filter_map(|line| line.strip_prefix("    ")?.split(' ').next()).collect();
    assert_eq!(names, ["net.tcp", "http.send", "http.wait", "http.recv"], "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_leaves_early_stops_no_probe_and_no_delivery() {
    let target = target().await;
    let sentry = Receiver::start(Behaviour::default()).await;
    let workspace = Workspace::with(&two_groups(&target, 503));
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("sentrynet"))
        .args(["run", "--dsn", &sentry.dsn().to_string()])
        .current_dir(workspace.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), ""));
    assert_eq!(sentry.received().len(), 5);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_that_cannot_be_written_are_no_success() {
    let target = target().await;
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
    let workspace = Workspace::with(&two_groups(&target, 200));
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin("sentrynet"))
        .args(["run", "--json"])
        .current_dir(workspace.path())
        .stdout(full)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("cannot write the output: "), "{output:?}");
}
