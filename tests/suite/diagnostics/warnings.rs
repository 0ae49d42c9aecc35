//! What is warned of, and what looks like it and is meant.

use sentrynet::config::{Document, read};
use sentrynet::diagnostics::Diagnostics;
use sentrynet::schema::Secrets;

use crate::support::texts::listed;

fn warnings(text: &str) -> Diagnostics {
    let document = Document::parse("a.yaml", text.as_bytes()).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    read(&document, &Secrets::placeholders()).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    document.warnings()
}

fn codes(text: &str) -> Vec<&'static str> {
    warnings(text).iter().map(|problem| problem.code.as_str()).collect()
}

/// A group with tags and one probe of this kind.
fn group(kind: &str, lines: &str) -> String {
    let lines = lines.replace('\n', "\n        ");
    format!("groups:\n  - tags: {{target: a}}\n    probes:\n      - probe: {kind}\n        {lines}\n")
}

fn http(lines: &str) -> String {
    let url = if lines.contains("url:") { "" } else { "url: https://www.example.com/\n" };
    group("probes.http", &format!("{url}{lines}"))
}

fn script(lines: &str) -> String {
    group("probes.script", &format!("title: S\n{lines}"))
}

#[test]
fn what_is_meant_is_no_warning() {
    for text in [
        // The whole period, and what is not known.
        http("every: 40\nburst: 4"),
        http("every: 10"),
        http("every: {env: EVERY}\nburst: 100"),
        http("every: 20\nretries: 5\nretry_pause: 0"),
        // Nobody listens on the way to oneself, and not everything is a credential.
        http("url: http://localhost:8080/\nauth: {bearer: {env: TOKEN}}\ntls: {insecure: true}"),
        http("url: http://app.localhost/\nheaders: {cookie: a=b}"),
        http("url: http://alice:secret@127.0.0.53/"),
        http("url: 'http://[::1]:80/?token=0123456789'"),
        http(
            "url: http://www.example.com/?page=token\nheaders: {accept: text/html, x-author: me}\nbody: {author: me, env: prod}",
        ),
        http("url: {env: URL}\nauth: {bearer: {env: TOKEN}}"),
        http("auth: {bearer: {env: TOKEN}}\ntls: {insecure: false}"),
        http("tls: {insecure: true}"),
        script("init_keys: {base: 'https://a.example'}\nsteps: [{url: '{base}/a', auth: {bearer: {env: TOKEN}}}]"),
        script("init_keys: {host: a.example}\nsteps: [{url: 'http://{host}/a', auth: {bearer: {env: TOKEN}}}]"),
        // Redirects that are judged, or that may be.
        http("expected: 301\nredirects: 0"),
        http("expected: [200, 301]"),
        http("expected: 304"),
        http("method: HEAD"),
        // Limits that can be reached.
        http("degraded: 1s\nmax_duration: 2s\ntimeout: 3s"),
        http("max_duration: 15s\ntimeout: 20s"),
        http("timeout: {env: TIMEOUT}\nmax_duration: 15s"),
        // Keys that are used: in braces, as a whole text, in a format, in an assertion.
        http("set_keys: {a: $.a}\nassertions: {a: {exists: false}}"),
        script(
            "init_keys: {a: 1, w: 5, b: x, c: y, d: {e: 1}}\nsteps: [{url: 'https://a.example/{a:>{w}}', query: {q: b}, headers: {x-c: '{c!r}'}, body: [{x: '{d[e]}'}]}]",
        ),
        script(
            "steps:\n  - url: https://a.example/\n    set_keys: {a: $.a}\n  - url: https://a.example/\n    assertions: {a: 1}",
        ),
        script("init_keys: {a: 1}\nsteps: [{url: 'https://a.example/{a}', body: {b: {c: null}, d: {}}}]"),
    ] {
        assert_eq!(codes(&text), [""; 0], "{text}");
    }
}

#[test]
fn groups_are_told_apart_by_tags_wherever_these_stand() {
    let probe = "{probe: probes.http, url: 'https://a.example/'}";
    let tagged = "{probe: probes.http, url: 'https://a.example/', tags: {page: home}}";
    for text in [
        format!("tags: {{target: a}}\ngroups: [{{probes: [{probe}]}}]"),
        format!("sentry: {{tags: {{target: a}}}}\ngroups: [{{probes: [{probe}]}}]"),
        format!("groups: [{{probes: [{tagged}]}}, {{tags: {{target: a}}, probes: [{probe}]}}]"),
        // One title in two groups is told apart by them.
        format!("groups: [{{tags: {{target: a}}, probes: [{probe}]}}, {{tags: {{target: b}}, probes: [{probe}]}}]"),
    ] {
        assert_eq!(codes(&text), [""; 0], "{text}");
    }
    // What all groups have tells none from the others.
    let text = format!(
        "tags: {{team: web}}\ngroups: [{{name: a, probes: [{probe}]}}, {{name: b, tags: {{}}, probes: [{probe}]}}]"
    );
    assert_eq!(codes(&text), ["no-tags"; 2]);
}

#[test]
fn credentials_are_known_wherever_they_stand() {
    for lines in [
        "url: http://a.example/\nauth: {basic: {username: a, password: b}}",
        "url: http://alice:secret@a.example/",
        "url: http://a.example/?access_token=0123456789",
        "url: HTTP://a.example/\nheaders: {Authorization: Bearer x}",
        "url: http://a.example/\nheaders: {cookie: session=1}",
        "url: http://a.example/\nheaders: {x-any: {ssm: /any}}",
        "url: http://a.example/\nquery: {api_key: 1}",
        "url: http://a.example/\nbody: {user: {password: x}}",
        "url: http://a.example/\nbody: [{any: {env: ANY}}]",
        "url: http://a.example/\nbody: user=a&password=b",
        "url: http://10.0.0.1/\nauth: {bearer: {env: TOKEN}}\ntls: {insecure: true}",
    ] {
        let text = http(lines);
        assert_eq!(codes(&text), ["plain-credentials"], "{text}");
        assert!(!warnings(&text).to_string().contains("secret"));
    }
    let text =
        script("init_keys: {base: 'http://a.example'}\nsteps: [{url: '{base}/a', headers: {authorization: Bearer x}}]");
    assert_eq!(codes(&text), ["plain-credentials"]);
}

#[test]
fn warnings_have_places_and_say_what_to_do() {
    let found =
        warnings(&http("burst: 61\nset_keys: {status: $.status}\nassertions: {status: ok, stauts: {exists: false}}"));
    assert_eq!(
        listed(&found),
        [
            "6:16 groups[0].probes[0].burst a burst of 61 runs can take 610s (`burst` × `timeout`), and the next is due after 5m \
             (when the target hangs, ticks are late or skipped; set at most `timeout: 4.9s`, or at least `every: 610s`)",
            "8:34 groups[0].probes[0].assertions.stauts nothing sets the key `stauts`, so this assertion always holds (did you \
             mean `status`?)",
        ]
    );
    let lines = found.to_string();
    assert!(lines.starts_with("a.yaml:6:16: warning: groups[0].probes[0].burst: a burst"), "{lines}");
    let later = warnings(&script(
        "steps:\n  - url: https://a.example/\n    assertions: {token: 1}\n  - url: https://a.example/\n    set_keys: {token: $.a}",
    ));
    assert!(
        later.to_string().contains("only a later step sets the key `token`, so this assertion cannot hold"),
        "{later}"
    );
}

#[test]
fn where_there_is_an_error_there_is_no_warning_that_it_explains() {
    let text = "groups:
  - nmae: a
    tgas: {target: a}
    probes:
      - {probe: probes.http, url: 'https://a.example/', every: 10, burst: 2}
      - {probe: probes.http, url: 'https://b.example/', every: 10, burst: 2, tiemout: 5s}
";
    let document = Document::parse("a.yaml", text.as_bytes()).expect("a document");
    let errors = read(&document, &Secrets::placeholders()).expect_err("problems");
    let all = document.errors_and_warnings(errors);
    let codes: Vec<_> = all.iter().map(|problem| (problem.line, problem.code.as_str())).collect();
    assert_eq!(codes, [(2, "unknown-key"), (3, "unknown-key"), (5, "short-period"), (6, "unknown-key")]);
}
