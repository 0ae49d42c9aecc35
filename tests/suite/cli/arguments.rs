//! What the program says of itself, and of arguments and configurations that it cannot use.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::cli::{Ran, Workspace};
use crate::support::target::{Target, answer};

const GOOD: &str =
    "groups: [{name: one, tags: {target: one}, probes: [{probe: probes.http, url: 'http://127.0.0.1:1/'}]}]";

/// Exit 2, nothing on standard output, and all of these in the sentences.
fn assert_refused(ran: &Ran, parts: &[&str]) {
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    for part in parts {
        assert!(ran.err.contains(part), "{part} in {}", ran.err);
    }
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn configurations_that_cannot_be_used_are_refused_with_their_place() {
    let probe = |probe: &str| format!("groups:\n- name: one\n  probes:\n  - {probe}\n");
    let http = |keys: &str| probe(&format!("{{probe: probes.http, {keys}}}"));
    let twice = "groups:\n- {name: one, probes: [{probe: probes.http, url: 'http://a.test/'}]}\n".to_owned()
        + "- {name: one, probes: [{probe: probes.http, url: 'http://b.test/'}]}\n";
    let cases: [(&str, Vec<u8>, &[&str]); 10] = [
        ("empty", Vec::new(), &["bad.yaml", "empty"]),
        ("a list for a map", b"- groups\n".to_vec(), &["--> bad.yaml:1:1\n"]),
        (
            "an unknown probe kind",
            probe("{probe: probes.htp, url: 'http://a.test/'}").into(),
            &["--> bad.yaml:4:13\n", "probes.htp", "did you mean", "probes.http"],
        ),
        ("a duplicate group", twice.into(), &["--> bad.yaml:3:10\n", "groups[1].name", "one"]),
        ("a missing URL", http("every: 30").into(), &["--> bad.yaml:4:5\n", "url", "missing"]),
        ("a bad URL", http("url: nonsense").into(), &["--> bad.yaml:4:31\n", "groups[0].probes[0].url"]),
        (
            "a bad JSONPath",
            http("url: 'http://a.test/', set_keys: {a: '$..['}").into(),
            &["bad.yaml:4:", "groups[0].probes[0].set_keys.a"],
        ),
        ("not UTF-8", b"groups:\n- \xff\xfe\n".to_vec(), &["--> bad.yaml:2:3\n", "UTF-8"]),
        ("10 MB", "# a\n".repeat(2_500_000).into(), &["bad.yaml", "MiB large"]),
        ("a wrong type", http("url: 'http://a.test/', burst: many").into(), &["bad.yaml:4:", "burst", "many"]),
    ];
    for (name, content, parts) in cases {
        let workspace = Workspace::empty();
        workspace.write("bad.yaml", content);
        for command in ["run", "check", "plan"] {
            let ran = workspace.run(&[command, "bad.yaml"]);
            assert_refused(&ran, parts);
            assert!(ran.err.len() < 2000, "{name}: {}", ran.err);
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let workspace = Workspace::empty();
    assert_refused(&workspace.run(&["run"]), &["error: there is no such file", "--> config/sentrynet.yaml"]);
    assert_refused(&workspace.run(&["check", "other.yaml"]), &["error: there is no such file", "--> other.yaml"]);
    assert_refused(&workspace.run(&["run", "."]), &["this is a directory"]);
}

#[test]
fn all_mistakes_are_told_and_nothing_is_run() {
    let workspace = Workspace::empty();
    workspace
        .write("c.yaml", "groups:\n- name: one\n  probs: []\n  probes:\n  - {probe: probes.http, url: 1, burst: 0}\n");
    let ran = workspace.run(&["run", "c.yaml"]);
    assert_refused(
        &ran,
        &["--> c.yaml:3:3\n", "probes", "--> c.yaml:5:31\n", "--> c.yaml:5:41\n", "3 errors in c.yaml"],
    );
}

#[test]
fn the_configuration_is_looked_for_in_its_usual_place() {
    let workspace = Workspace::with(GOOD);
    let ran = workspace.run(&["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "config/sentrynet.yaml: 1 group, 1 probe: valid\n"));
    assert_eq!(workspace.run(&["run"]).code, 1);
}

#[test]
fn a_secret_that_is_not_there_is_named_with_its_place() {
    let workspace = Workspace::with(
        "groups:\n- name: one\n  probes:\n  - probe: probes.http\n    url: http://127.0.0.1:1/\n    auth: {bearer: {env: NO_SUCH_TOKEN}}\n",
    );
    let parts = ["--> config/sentrynet.yaml:6:20\n", "groups[0].probes[0].auth.bearer", "NO_SUCH_TOKEN"];
    assert_refused(&workspace.run(&["run"]), &parts);
    assert_eq!(workspace.run(&["check"]).code, 0);
    assert_eq!(workspace.variable("NO_SUCH_TOKEN", "t-4711").run(&["run"]).code, 1);
}

#[test]
fn a_dsn_that_is_none_is_refused_before_anything_is_run() {
    for dsn in ["nonsense", "https://sentry.io/1", "https://key@sentry.io", ""] {
        let ran = Workspace::with(GOOD).run(&["run", "--dsn", dsn]);
        assert_refused(&ran, &["DSN"]);
    }
    assert_refused(&Workspace::with(GOOD).variable("SENTRY_DSN", "nonsense").run(&["run"]), &["DSN"]);
}

#[test]
fn bad_arguments_are_refused() {
    let workspace = Workspace::with(GOOD);
    let cases: [&[&str]; 6] = [
        &["rum"],
        &["run", "--no-such"],
        &["run", "--group"],
        &["run", "a.yaml", "b.yaml"],
        &["run", "--filter", "novalue"],
        &["schema", "extra"],
    ];
    for arguments in cases {
        assert_refused(&workspace.run(arguments), &["error: "]);
    }
    assert_eq!(workspace.run(&[]).code, 2);
}

#[test]
fn help_names_the_commands_the_exit_codes_and_the_environment() {
    let workspace = Workspace::empty();
    let ran = workspace.run(&["--help"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for part in ["check", "run", "plan", "compile", "push", "resend", "schema", "demo", "Exit codes", "SENTRY_DSN"] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    let ran = workspace.run(&["run", "--help"]);
    for part in [
        "--group",
        "--probe",
        "--filter",
        "--location",
        "--dsn",
        "--json",
        "--phases",
        "--quiet",
        "Exit codes",
        "config/sentrynet.yaml",
    ] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    let ran = workspace.run(&["--version"]);
    assert_eq!(ran.out, concat!("sentrynet ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_reader_that_leaves_early_is_no_panic() {
    let program = assert_cmd::cargo::cargo_bin("sentrynet");
    let mut child = std::process::Command::new(program)
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    assert_eq!(first, "{\n");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn the_demo_shows_its_issues_and_delivers_everything() {
    let ran = Workspace::empty().variable("SENTRY_DSN", "http://key@127.0.0.1:1/1").run(&["demo"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    for part in [
        "connect_refused in A server that is down",
        "tls_expired in An expired certificate",
        "net.tls",
        "6 ok, 2 failed in ",
        "10 of 10 envelopes delivered to Sentry",
    ] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
}

/// The secrets that are planted, none of which may be seen.
const SECRETS: [(&str, &str); 6] = [
    ("USERINFO", "pw%40-in-url"),
    ("QUERY", "query/secret value"),
    ("HEADER", "header-secret-4711"),
    ("PASSWORD", "basic+secret:4711"),
    ("BODY", "body \"secret\" 4711"),
    ("LONG", "a-secret-that-a-cut-goes-through-4711"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_seen_nowhere_even_where_the_target_echoes_them() {
    // Everything that came goes back: in headers, in `Location` and in the body.
    let target = Target::http(|request| {
        let all = format!("{} {}", request.head.replace("\r\n", " "), request.text().replace('\n', " "));
        let json = serde_json::json!({"echo": all, "cut": format!("{}{}", "x".repeat(180), request.text())});
        let status = request.line().split(['/', '?']).nth(1).unwrap_or_default();
        let (echo, location) = (format!("x-echo: {all}"), format!("location: http://[{all}"));
        answer(status, &[&echo, &location], &json.to_string())
    });
    let target = target.await;
    let url = |path: &str| format!("http://user:pw%40-in-url@{}{path}", target.addr);
    let common = "method: POST, query: {q: {env: QUERY}}, headers: {x-probe: {env: HEADER}}";
    let basic = "auth: {basic: {username: user, password: {env: PASSWORD}}}";
    let config = format!(
        "groups:
- name: one
  probes:
  - {{probe: probes.http, url: '{unexpected}', {common}, body: {{b: {{env: BODY}}}}}}
  - {{probe: probes.http, url: 'http://{addr}/500', {common}, {basic}, body: {{env: BODY}}}}
  - {{probe: probes.http, url: '{redirect}', {common}, body: {{env: LONG}}}}
  - {{probe: probes.http, url: 'http://{addr}/307', {basic}, redirects: 1}}
  - {{probe: probes.http, url: '{found}', {common}, body: {{env: BODY}}, expected: 200, set_keys: {{echo: $.echo}}, assertions: {{echo: x}}}}
  - {{probe: probes.http, url: 'http://{addr}/200', body: {{env: LONG}}, expected: 200, set_keys: {{cut: $.cut}}, assertions: {{cut: x}}}}
",
        unexpected = url("/500"),
        redirect = url("/302"),
        found = url("/200"),
        addr = target.addr,
    );
    let mut workspace = Workspace::with(&config);
    for (name, value) in SECRETS {
        workspace = workspace.variable(name, value);
    }
    let pair = |pair: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(pair)
    };
    let mut unseen =
        vec!["pw@-in-url".to_owned(), "secret".to_owned(), pair("user:pw@-in-url"), pair("user:basic+secret:4711")];
    unseen.extend(SECRETS.iter().map(|(_, value)| (*value).to_owned()));
    // Envelopes that are not delivered are written to standard error.
    for arguments in [&["run"][..], &["run", "--json"], &["run", "--dsn", "http://key@127.0.0.1:1/1"]] {
        let ran = workspace.run(&[arguments, &["--html", "page.html"]].concat());
        assert!(ran.code == 1 || ran.code == 3, "{ran:?}");
        let page = std::fs::read_to_string(workspace.path().join("page.html")).expect("a page");
        let (_, data) = page.split_once(" id=\"data\">").expect("data");
        let (data, _) = data.split_once("</script>").expect("an end");
        assert!(data.contains("[Filtered]"), "{data}");
        let all = format!("{}{}{data}", ran.out, ran.err);
        assert!(all.contains("[Filtered]") && all.contains("6 failed"), "{all}");
        for secret in &unseen {
            let around = |at: usize| {
                all.chars().skip(all[..at].chars().count().saturating_sub(200)).take(300).collect::<String>()
            };
            assert!(
                !all.contains(secret.as_str()),
                "{secret} is in …{}…",
                all.find(secret.as_str()).map(around).unwrap_or_default()
            );
        }
    }
}
