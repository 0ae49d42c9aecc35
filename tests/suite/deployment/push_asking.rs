//! `sentrynet push` as people see it: what is shown, what is asked, and what is refused.

use std::process::{Command, Stdio};

use crate::support::cli::{Ran, Workspace};
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;

const DSN: &str = "https://publ1ckey:secr3thalf@o0.ingest.sentry.io/4711";

fn config(more: &str) -> String {
    format!(
        "groups:\n- name: a\n  tags: {{target: a}}\n  probes:\n  - probe: probes.http\n    url: https://a.example/\n    every: 1m\n{more}"
    )
}

/// A workspace whose AWS is at this endpoint.
fn workspace(config: &str, endpoint: &str) -> Workspace {
    let keys = [("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_ENDPOINT_URL", endpoint)];
    keys.into_iter().fold(Workspace::with(config), |workspace, (name, value)| workspace.variable(name, value))
}

/// Exit 2, nothing on standard output, and all of these in the sentences.
fn assert_refused(ran: &Ran, parts: &[&str]) {
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    for part in parts {
        assert!(ran.err.contains(part), "{part} in {}", ran.err);
    }
}

/// Runs it on a terminal on which somebody types this, and returns its exit code and what was to be seen.
fn on_a_terminal(workspace: &Workspace, typed: &str, more: &[(&str, &str)]) -> (i32, String) {
    let script = "import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], ['sentrynet', 'push', '--region', 'eu-west-1'])
seen = b''
while b'[y/N]' not in seen:
    seen += os.read(terminal, 4096)
os.write(terminal, sys.argv[2].encode())
try:
    while piece := os.read(terminal, 4096):
        seen += piece
except OSError:
    pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))";
    let mut python = Command::new(crate::support::tool("moto/bin/python"));
    python.args(["-c", script]).arg(assert_cmd::cargo::cargo_bin("sentrynet")).arg(typed);
    python.env_clear().envs(workspace.variables()).envs(more.iter().copied()).current_dir(workspace.path());
    let output = python.output().expect("Python runs");
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or_else(|| panic!("{output:?}")), seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_asked_and_only_a_yes_is_one() {
    let moto = Moto::start().await;
    let workspace =
        workspace(&config(""), &moto.endpoint()).variable("SENTRY_DSN", DSN).variable("TERM", "xterm-256color");
    for no in ["\n", "n\n", "yess\n", "\u{4}"] {
        let (code, seen) = on_a_terminal(&workspace, no, &[]);
        assert_eq!(code, 3, "{no:?}: {seen}");
        assert!(seen.contains("Write this to eu-west-1? [y/N]") && seen.contains("nothing was written"), "{seen}");
        assert!(seen.contains("\u{1b}[32m+name: a"), "what comes is green on a terminal: {seen:?}");
        assert_eq!(moto.parameters("eu-west-1").await.len(), 0);
    }
    let (code, seen) = on_a_terminal(&workspace, "Y\n", &[("NO_COLOR", "1")]);
    assert!(code == 0 && seen.contains("eu-west-1: 2 written, 0 removed"), "{seen}");
    assert!(seen.contains("+name: a") && !seen.contains("\u{1b}[32m"), "{seen:?}");
    assert_eq!(moto.parameters("eu-west-1").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_terminal_nothing_is_written_unasked() {
    let moto = Moto::start().await;
    let workspace = workspace(&config(""), &moto.endpoint());
    let ran = workspace.run(&["push", "--region", "eu-west-1", "--dsn", DSN]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("/sentrynet/groups/a: new"), "what there would be to do is shown: {}", ran.out);
    assert_eq!(ran.err, "nothing was written: no terminal to ask on, and no --yes given\n");
    let piped = workspace.command(&["push", "--region", "eu-west-1"]).write_stdin("y\n").output().expect("it runs");
    assert_eq!(piped.status.code(), Some(2));
    assert_eq!(moto.parameters("eu-west-1").await.len(), 0);
    assert_eq!(workspace.run(&["push", "-y", "--region", "eu-west-1", "--dsn", DSN]).code, 0);
    // With nothing to write there is nothing to ask.
    assert_eq!(workspace.run(&["push", "--region", "eu-west-1"]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_difference_is_shown_and_no_secret_is() {
    let moto = Moto::start().await;
    let secrets = |number: u32| {
        format!(
            "    title: 'Door {number}'
    # api_key: in-a-comment-{number}
    headers:
      authorization: header-secret-{number}
    query: {{access_token: query-secret-{number}, page: 5}}
    auth: {{bearer: bearer-secret-{number}}}
    body: |
      user=bob&password=form-secret-{number}
"
        )
        .replace("    headers:\n      authorization", "    headers:\n      x-api-key")
    };
    let workspace = workspace(&config(&secrets(1)), &moto.endpoint());
    let mut seen = Vec::new();
    let mut push = |arguments: &[&str]| {
        let ran = workspace.run(&[&["push", "--yes", "--region", "eu-west-1"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        seen.push(format!("{}{}", ran.out, ran.err));
        ran
    };
    let first = push(&["--dsn", DSN]);
    let warning = "warning: groups[0].probes[0].auth.bearer, groups[0].probes[0].query.access_token, groups[0].probes[0].body and \
                   1 more: this looks like a secret in plain text";
    assert!(first.err.starts_with(warning) && first.err.contains("{ssm: /path}"), "{}", first.err);
    assert!(first.out.contains("/sentrynet/dsn: new (not shown)\n"), "{}", first.out);
    assert!(moto.parameters("eu-west-1").await["/sentrynet/groups/a"].value.contains("bearer-secret-1"));

    workspace.write("config/sentrynet.yaml", config(&secrets(2)));
    let second = push(&["--dsn", &DSN.replace("secr3thalf", "0therhalf")]);
    let expected = "\
eu-west-1
/sentrynet/groups/a: changed, 388 bytes
@@ -5,13 +5,13 @@
 - probe: probes.http
   url: https://a.example/
   every: 1m
-  title: Door 1
+  title: Door 2
   headers:
-    x-api-key: [Filtered]
+    x-api-key: [Filtered]
   query:
-    access_token: [Filtered]
+    access_token: [Filtered]
     page: 5
   auth:
-    bearer: [Filtered]
+    bearer: [Filtered]
   body: |
-    [Filtered]
+    [Filtered]

/sentrynet/dsn: changed (not shown)

eu-west-1: 2 written, 0 removed
";
    let size = moto.parameters("eu-west-1").await["/sentrynet/groups/a"].value.len();
    assert_eq!(second.out, expected.replace("388", &size.to_string()));

    // What is there need not be YAML.
    moto.put("/sentrynet/groups/a", "auth:\n  bearer: \"broken-secret\nx: [\n").await;
    moto.put("/sentrynet/sentry", &format!("sentry: {{dsn: '{DSN}'}} # {DSN}\n\u{1b}[2J")).await;
    let third = push(&[]);
    assert!(third.out.contains("-  bearer: [Filtered]\n-[Filtered]\n+name: a\n"), "{}", third.out);
    assert!(third.out.contains("/sentrynet/sentry: removed\n"), "{}", third.out);
    for text in seen {
        for secret in
            ["secret-", "publ1ckey", "secr3thalf", "0therhalf", "in-a-comment", "broken-secret", "4711", "\u{1b}"]
        {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dsn_is_the_argument_s_then_the_environment_s_then_the_configuration_s_then_what_there_is() {
    let moto = Moto::start().await;
    let dsn = |number: u32| format!("https://key@o0.ingest.sentry.io/{number}");
    let with = format!("sentry: {{dsn: '{}'}}\n{}", dsn(1), config(""));
    let plain = workspace(&with, &moto.endpoint());
    let of = |workspace: &Workspace, arguments: &[&str]| {
        let ran = workspace.run(&[&["push", "--yes", "--region", "eu-west-1"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    };
    let held = async || moto.parameters("eu-west-1").await.remove("/sentrynet/dsn").map(|dsn| (dsn.value, dsn.version));

    of(&plain, &[]);
    assert_eq!(held().await, Some((dsn(1), 1)));
    let plain = plain.variable("SENTRY_DSN", &dsn(2));
    of(&plain, &[]);
    assert_eq!(held().await, Some((dsn(2), 2)));
    of(&plain, &["--dsn", &dsn(3)]);
    assert_eq!(held().await, Some((dsn(3), 3)));

    // No one names one: what is there stays, and if there is none, that is told.
    let without = workspace(&config(""), &moto.endpoint());
    assert_eq!(of(&without, &[]).err, "");
    assert_eq!(held().await, Some((dsn(3), 3)));
    let other = of(&without, &["--prefix", "/other"]);
    assert_eq!(
        other.err,
        "warning: in eu-west-1 there is no DSN: give --dsn, or set SENTRY_DSN in the function's environment\n"
    );
    // A reference is the function's to follow.
    moto.put_secret("/team/dsn", &dsn(4)).await;
    without.write("config/sentrynet.yaml", format!("sentry: {{dsn: {{ssm: /team/dsn}}}}\n{}", config("")));
    assert_eq!(of(&without, &["--prefix", "/third"]).err, "");
    let third = moto.parameters("eu-west-1").await;
    assert_eq!(third["/third/sentry"].value, "sentry: {dsn: {ssm: /team/dsn}}\n");
    assert!(!third.contains_key("/third/dsn"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_used_is_refused_before_aws_is_asked() {
    let proxy = Proxy::of("http://127.0.0.1:9".to_owned()).await;
    let good = workspace(&config(""), &proxy.url());
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--region", "Ireland"], &["not an AWS region such as eu-west-1"]),
        (&["--region", "eu-west-1", "other.yaml"], &["CONFIG goes before --region"]),
        (&["--region"], &["--region"]),
        (&["--region", "eu-west-1", "--dsn", "nonsense"], &["invalid DSN"]),
        (&["--region", "eu-west-1", "--dsn", ""], &["invalid DSN"]),
        (&["--region", "eu-west-1", "--prefix", "watch"], &["`watch`", "must begin with `/`"]),
        (&["--region", "eu-west-1", "--prefix", "/ssm-watch"], &["`/ssm-watch`", "reserved by AWS"]),
        (&["no.yaml", "--region", "eu-west-1"], &["error: there is no such file\n--> no.yaml"]),
        (&[], &["no AWS region is known", "--region", "`regions`", "AWS_REGION"]),
    ];
    for (arguments, parts) in cases {
        assert_refused(&good.run(&[&["push", "--yes"], arguments].concat()), parts);
    }
    for (config, parts) in [
        (
            config("    urll: x\n"),
            &["--> config/sentrynet.yaml:8:5\n", "groups[0].probes[0].urll", "did you mean `url`?"][..],
        ),
        (format!("regions: [{{env: HOME}}]\n{}", config("")), &["refer to secrets", "--region"]),
        (config("").replace("name: a", "name: {env: HOME}"), &["groups[0].name", "give the group a `name`"]),
    ] {
        assert_refused(&workspace(&config, &proxy.url()).run(&["push", "--yes"]), parts);
    }
    assert_eq!(proxy.calls().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_leaves_early_stops_no_writing() {
    let moto = Moto::start().await;
    let workspace = workspace(&config(""), &moto.endpoint());
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("sentrynet"))
        .args(["push", "--yes", "--region", "eu-west-1", "--dsn", DSN])
        .env_clear()
        .envs(workspace.variables())
        .current_dir(workspace.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(moto.parameters("eu-west-1").await.len(), 2);
}

#[test]
fn help_names_what_there_is_to_say() {
    let ran = Workspace::empty().run(&["push", "--help"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for part in ["--region", "--prefix", "--dsn", "--kms-key", "--yes", "SENTRYNET_PREFIX", "8 KiB", "Exit codes"] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
}
