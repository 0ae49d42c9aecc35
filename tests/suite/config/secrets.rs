//! Secrets never leave: planted in every place that takes one, said back by targets in every way, sought in all that
//! comes out.

use crate::support::cli::Workspace;
use crate::support::echo;
use crate::support::echo::GIVEN;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::search::{Found, READINGS};
use crate::support::target::{Target, answer};
use sentrynet::config::{Document, read};
use sentrynet::net::{Network, Resolver};
use sentrynet::runner::{Overrides, Runner, manual_runs};
use sentrynet::schema::{SecretRef, Secrets};
use sentrynet::secrets::{FILTERED, Secret};
use sentrynet::telemetry::Telemetry;
use time::OffsetDateTime;

/// Variables of the environment that hold secrets.
const VARIABLES: [(&str, &str); 13] = [
    ("QUERY", "query/secret value&more=1"),
    ("HEADER", "header-secret-4711"),
    ("USERNAME", "user-name-5512"),
    ("PASSWORD", "basic+secret:ä\"4711"),
    ("BEARER", "bearer.secret-with_dots~22"),
    ("BODY", "body \"secret\" \\ % + ' <ä&é> /4711"),
    ("LINES", "line-one-of-the-secret\nline-two-of-the-secret\n"),
    ("NESTED", "nested-secret-4711"),
    ("LISTED", "nested-secret-4711-and-longer"),
    ("LONG", "a-secret-that-a-cut-goes-through-and-that-is-longer-than-what-is-looked-for-first-0123456789"),
    ("TITLE", "title-secret-8181"),
    ("TAG", "tag-secret-8282"),
    ("EXPECTATION", "expected-secret-8383"),
];

/// Secrets that stand in the configuration itself.
const LITERALS: [&str; 11] = [
    "url-l1teral@/pw",
    "query-l1teral-key",
    "header-l1teral-key",
    "cookie-l1teral-session",
    "password-l1teral-in-body",
    "deep-l1teral/\"token",
    "form-l1teral p&w",
    "json-l1teral\"pw",
    "init-l1teral-secret",
    "bearer-l1teral-token",
    "dsn-l1teral-half",
];

/// What is no secret, and is said back along with all that are.
const CONTROL: &str = "cöntrol/& <4711>";

/// Every probe sends secrets and the control, and every target says back what it got.
fn configuration(target: &Target, key: &str, certificate: &str) -> String {
    let addr = target.addr;
    let common = "query: {q: {env: QUERY}, api_key: query-l1teral-key}, method: POST, \
                  headers: {x-probe: {env: HEADER}, X-Api-Key: header-l1teral-key, Cookie: lang=english; s=cookie-l1teral-session}";
    let body = format!(
        "body: {{control: '{CONTROL}', a: {{env: BODY}}, b: {{c: [{{env: NESTED}}, {{env: LISTED}}]}}, lines: {{env: LINES}}, \
         password: password-l1teral-in-body, deep: [{{user: {{auth_token: 'deep-l1teral/\"token'}}}}], long: {{env: LONG}}}}"
    );
    let basic = "auth: {basic: {username: {env: USERNAME}, password: {env: PASSWORD}}}";
    let mut probes = vec![
        format!(
            "{{probe: probes.http, title: Control, url: 'http://{addr}/json', expected: 200, body: '{CONTROL}', set_keys: {{said: $.said}}, assertions: {{said: x}}}}"
        ),
        format!("{{probe: probes.http, url: 'http://bob:url-l1teral%40%2Fpw@{addr}/plain', {common}, {body}}}"),
        format!(
            "{{probe: probes.http, title: {{env: TITLE}}, tags: {{t: {{env: TAG}}}}, url: 'http://{addr}/plain?control=4711', auth: {{bearer: {{env: BEARER}}}}, body: 'user=bob&password=form-l1teral%20p%26w'}}"
        ),
        format!(
            "{{probe: probes.http, title: JSON text, url: 'http://{addr}/plain', auth: {{bearer: bearer-l1teral-token}}, body: '{{\"user\": \"bob\", \"password\": \"json-l1teral\\\"pw\"}}'}}"
        ),
        format!("{{probe: probes.http, url: 'http://{addr}/away', {common}, {basic}, {body}, redirects: 1}}"),
        format!("{{probe: probes.http, url: 'http://{addr}/away', {basic}, redirects: 0}}"),
        format!(
            "{{probe: probes.http, url: 'http://{addr}/away', {basic}, redirects: 1, headers: {{x-control: '4711'}}}}"
        ),
        format!("{{probe: probes.http, url: 'http://{addr}/nowhere', {common}, {basic}, {body}}}"),
        format!(
            "{{probe: probes.http, url: 'http://{addr}/json', {common}, {basic}, {body}, expected: 200, set_keys: {{echo: $.echo, said: $.said}}, assertions: {{echo: {{env: EXPECTATION}}, said: x}}}}"
        ),
        format!("{{probe: probes.http, url: 'http://{addr}/cut', body: {{env: LONG}}}}"),
        format!("{{probe: probes.http, url: 'http://{addr}/far-cut', body: {{env: LONG}}}}"),
        format!(
            "{{probe: probes.http, url: 'https://{addr}/', timeout: 200ms, tls: {{insecure: true, cert: {certificate}, key: {key}}}}}"
        ),
    ];
    for writing in ["percent", "lower", "twice", "html", "base64", "hex"] {
        probes.push(format!("{{probe: probes.http, url: 'http://{addr}/{writing}', {common}, {basic}, {body}}}"));
    }
    // Keys that become credentials where they are used.
    for (path, place) in [
        ("plain", "headers: {authorization: 'Custom {ticket}, of bob'}"),
        ("base64", "headers: {authorization: 'Bearer {ticket}', x-api-key: access}"),
        ("percent", "headers: {cookie: 'lang=english; session={ticket}'}"),
        ("plain", "headers: {x-auth-token: ticket}, redirects: 0"),
        ("html", "body: {login: {password: '{ticket}'}, init: init}"),
        ("plain", "body: 'user=bob&password={ticket}'"),
        (
            "json",
            "query: {api_key: '{ticket}'}, expected: 200, method: POST, set_keys: {echo: $.echo}, assertions: {echo: x, access: x, init: x}",
        ),
    ] {
        probes.push(format!(
            "{{probe: probes.script, title: Log in, init_keys: {{init: {{secret: init-l1teral-secret}}}}, steps: [\
             {{url: 'http://{addr}/login', set_keys: {{ticket: $.ticket, access: $.access_token, all: $}}}}, \
             {{url: 'http://{addr}/{path}', {place}}}]}}"
        ));
    }
    probes.push(format!(
        "{{probe: probes.script, title: In the address, init_keys: {{address: '{addr}'}}, steps: [\
         {{url: 'http://{addr}/login', set_keys: {{ticket: $.access_token}}}}, \
         {{url: 'http://bob:{{ticket}}@{{address}}/plain'}}]}}"
    ));
    let probes: String = probes.iter().map(|probe| format!("  - {probe}\n")).collect();
    format!("sentry: {{dsn: 'http://key:dsn-l1teral-half@127.0.0.1:1/1'}}\ngroups:\n- name: one\n  probes:\n{probes}")
}

/// A private key, and the certificate that goes with it, as PEM.
fn key_pair() -> (String, String) {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    (pair.signing_key.serialize_pem(), pair.cert.pem())
}

/// All that must not be found, and the beginnings that a cut might leave of it.
fn sought(key: &str) -> Vec<String> {
    let variables = VARIABLES.iter().flat_map(|(_, value)| value.lines());
    let given = GIVEN.iter().map(|(_, value)| *value);
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let whole = variables.chain(LITERALS).chain(given).chain(lines);
    whole
        .flat_map(|secret| [secret.to_owned(), secret.chars().take(secret.chars().count() * 2 / 3).collect()])
        .collect()
}

fn assert_hidden(place: &str, text: &str, key: &str) {
    let found = Found::read(text);
    for secret in sought(key) {
        if let Some((reading, around)) = found.find(&secret) {
            panic!("{secret:?} is in {place} ({reading}): …{around}…");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_reaches_sentry_holds_a_secret() {
    let (target, receiver) = (echo::start().await, Receiver::start(Behaviour::default()).await);
    let (key, certificate) = key_pair();
    let yaml = configuration(&target, "{env: KEY}", "{env: CERTIFICATE}");
    let document = Document::parse("test.yaml", yaml.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    let mut secrets = Secrets::default();
    for (name, value) in VARIABLES.into_iter().chain([("KEY", &*key), ("CERTIFICATE", &*certificate)]) {
        secrets.insert(SecretRef::Env(name.to_owned()), Ok(Secret::new(value)));
    }
    let config = read(&document, &secrets).unwrap_or_else(|problems| panic!("{problems}"));
    let overrides = Overrides { dsn: Some(receiver.dsn().to_string()), ..Overrides::default() };
    let runner = Runner::new(Network::new(Resolver::system()), overrides, Telemetry::default());
    let (group, now) = (&config.groups[0], OffsetDateTime::now_utc());
    let finished = runner.run(&config, group, manual_runs(&group.probes, now), now, None).await.expect("a run");
    assert_eq!((finished.summary.failed, finished.summary.delivery.lost), (group.probes.len(), 0));

    let received: Vec<String> =
        receiver.received().iter().map(|one| String::from_utf8(one.bytes.clone()).expect("text")).collect();
    assert_eq!(received.len(), 2 * group.probes.len());
    let received = received.join("\n");
    let secrets: Vec<&Secret> = finished.outcomes.iter().flat_map(|outcome| &outcome.secrets).collect();
    assert!(secrets.len() > GIVEN.len());
    let secrets = format!("{secrets:?}");
    let summary = serde_json::to_string(&finished.summary).expect("JSON");
    for (place, text) in [("an envelope", &received), ("the summary", &summary), ("the types", &secrets)] {
        assert_hidden(place, text, &key);
    }

    // What is no secret came through in every way in which the secrets came.
    let found = Found::read(&received);
    for (reading, _) in READINGS {
        assert!(found.has(reading, CONTROL), "{reading}");
    }
    let said = Found::read(&summary);
    assert!(said.has("plain", CONTROL), "{summary}");
    for part in
        ["lang=english", "user=bob", "/plain?control=4711", "POST http", "content-type: application/json", FILTERED]
    {
        assert!(found.has("plain", part), "{part}");
    }
}

#[test]
fn nothing_on_a_terminal_or_in_a_log_holds_a_secret() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (target, sentry) = runtime.block_on(async {
        // A Sentry that refuses, and quotes what it was sent.
        let sentry = Target::http(|request| {
            let auth = request.header("x-sentry-auth").unwrap_or_default();
            answer("400 Bad Request", &[], &serde_json::json!({"detail": format!("control-4711 {auth}")}).to_string())
        });
        (echo::start().await, sentry.await)
    });
    let (key, certificate) = key_pair();
    let mut workspace = Workspace::with(&configuration(&target, "key.pem", "certificate.pem"));
    workspace.write("config/key.pem", &key);
    workspace.write("config/certificate.pem", &certificate);
    for (name, value) in VARIABLES.into_iter().chain([("RUST_LOG", "trace")]) {
        workspace = workspace.variable(name, value);
    }
    let refusing = format!("http://key:dsn-l1teral-half@{}/1", sentry.addr);
    for arguments in [&["run"][..], &["run", "--json"], &["run", "--json", "--dsn", &refusing]] {
        let ran = workspace.run(arguments);
        assert_eq!(ran.code, 3, "{ran:?}");
        let (out, err) = (Found::read(&ran.out), Found::read(&ran.err));
        assert_hidden("standard output", &ran.out, &key);
        assert_hidden("standard error", &ran.err, &key);
        // The results here, the envelopes that did not arrive there.
        assert!(out.has("plain", CONTROL) && out.has("plain", FILTERED), "{}", ran.out);
        for (reading, _) in READINGS {
            assert!(err.has(reading, CONTROL), "{arguments:?}: {reading}");
        }
        let is_quoted = ran.err.contains("control-4711");
        assert_eq!(is_quoted, arguments.contains(&"--dsn"), "{}", ran.err);
    }
}

#[test]
fn no_problem_with_a_configuration_quotes_a_secret() {
    let probe = |lines: &str| {
        format!("groups:\n- probes:\n  - probe: probes.http\n    url: https://a.example/ # control-4711\n    {lines}\n")
    };
    for text in [
        probe("auth: {bearer: hunter2-and-more, control-4711: 1}"),
        probe("auth: {basic: {username: bob, password: hunter2-and-more, control-4711: 1}}"),
        probe("headers: {X-Api-Key: hunter2-and-more, 'control 4711': 1}"),
        probe("headers: {Cookie: id=hunter2-and-more, 'control 4711': 1}"),
        probe("body: {password: hunter2-and-more}\n    control-4711: 1"),
        probe("control-4711: 'password=hunter2-and-more&user=bob'"),
        probe("control-4711: '{\"access_token\": \"hunter2-and-more\"}'"),
        probe("control-4711: https://bob:hunter2-and-more@a.example/"),
        probe("control-4711: https://a.example/?page=1&sig=hunter2-and-more"),
        probe("query: {api_key: hunter2-and-more}\n    control-4711: 1"),
        probe("query: {api_key: {control-4711: hunter2-and-more}}"),
        probe("tls: {key: \"-----BEGIN PRIVATE KEY-----\\nhunter2-and-more\", control-4711: 1}"),
        "sentry: {dsn: 'https://key:hunter2-and-more@o0.example/x', control-4711: 1}\ngroups: []\n".to_owned(),
    ] {
        let ran = Workspace::with(&text).run(&["check"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        let said = Found::read(&ran.err);
        assert!(said.has("plain", "control") && said.find("hunter2").is_none(), "{text}\n{}", ran.err);
    }
}
