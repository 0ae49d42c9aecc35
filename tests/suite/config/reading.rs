//! Configurations as users write them: what loads, and what it means.

use std::time::Duration;

use sentrynet::config::{Document, Spread, read, reference, schema};
use sentrynet::net::{HttpVersion, IpVersion, TlsSettings};
use sentrynet::probe::http::{Auth, Body, Request};
use sentrynet::probe::json::{Assertion, JsonType};
use sentrynet::probe::{Check, Probe};
use sentrynet::schema::Secrets;
use sentrynet::schema::value::Expected;
use sentrynet::secrets::Secret;
use sentrynet::template::{Json, Text};
use serde_json::json;

use crate::support::python_readme;
use crate::support::texts::{load, script, with_probe};

/// A configuration with one `probes.http` that has these lines besides its URL.
fn probe(lines: &str) -> Probe {
    (*load(&with_probe(lines)).groups[0].probes[0]).clone()
}

fn request(lines: &str) -> Request {
    match probe(lines).check {
        Check::Http(request) => *request,
        other => panic!("{other:?}"),
    }
}

fn plain(text: &Text) -> &str {
    match text {
        Text::Plain(text) => text,
        Text::Template(_) => panic!("a template"),
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_first_readme_s_example_loads_as_it_is() {
    let config = load(&python_readme::configuration(python_readme::PAGES));
    assert_eq!(config.sentry.dsn.as_ref().map(Secret::expose), Some(python_readme::DSN));
    let group = config.group("demo").expect("a group named after its target");
    assert_eq!(group.tags["target"], "demo");
    assert_eq!(group.tags["another.tag"], "value");
    let seen: Vec<_> = group.probes.iter().map(|probe| (probe.title.as_str(), probe.every, probe.burst)).collect();
    let expected = [
        ("GET https://www.google.co.uk", seconds(30), 1),
        ("GET https://www.bing.com", seconds(60), 4),
        ("GET https://www.duckduckgo.com", seconds(300), 1),
        ("GET http://sentry.io", seconds(300), 1),
    ];
    assert_eq!(seen, expected);
    assert_eq!(group.probes[0].tags["location"], "mission-control");
}

#[test]
fn the_later_readme_s_example_loads_with_short_and_long_assertions() {
    for assertion in ["ok", "{value: ok}", "{exists: true, value: ok}"] {
        let status =
            python_readme::status("https://api.example/status").replace("status: ok", &format!("status: {assertion}"));
        let config = load(&python_readme::configuration(&status));
        let Check::Http(request) = &config.groups[0].probes[0].check else { panic!("a request") };
        assert_eq!(request.method, http::Method::POST);
        assert_eq!(request.expected, Expected(vec![200..=200]));
        let Some(Body::Json(Json::Map(body))) = &request.body else { panic!("a map") };
        let Json::List(items) = &body[0].1 else { panic!("a list") };
        assert!(matches!(&items[0], Json::Text(Text::Plain(text)) if text == "status"));
        assert_eq!(request.set_keys[0].0, "status");
        assert_eq!(request.set_keys[0].1.text, "$.status");
        assert_eq!(request.assertions[0].1.value, Some(json!("ok")));
    }
    let unset = request("set_keys: {status: $.status}\nassertions: {status: {exists: false}}");
    assert_eq!(unset.assertions[0].1.exists, Some(false));
}

#[test]
fn a_script_s_steps_share_keys() {
    let config = load(&script(
        "init_keys:\n  test: true\n  count: 1.50\nsteps:\n  - url: https://api.example/{test}\n    body:\n      thing: test\n    \
         set_keys: {token: $.token}\n  - url: https://api.example/me\n    headers: {Authorization: 'Bearer {token}'}\n    \
         query: {t: '{test}', n: [1.50, b]}\n    assertions: {token: {type: string}, test: true}",
    ));
    let probe = &config.groups[0].probes[0];
    assert_eq!((probe.title.as_str(), probe.kind()), ("S", "probes.script"));
    let Check::Script(script) = &probe.check else { panic!("a script") };
    assert_eq!(script.init_keys, [("test".to_owned(), json!(true)), ("count".to_owned(), json!(1.5))]);
    assert!(matches!(&script.steps[0].url, Text::Template(template) if template.keys().eq(["test"])));
    assert_eq!(script.steps[0].expected, Expected(vec![201..=201]));
    assert_eq!(script.steps[1].headers[0].0, "authorization");
    let query: Vec<&str> = script.steps[1].query.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(query, ["t", "n", "n"]);
    assert!(matches!(&script.steps[1].query[1].1, Json::Text(Text::Plain(text)) if text == "1.50"));
}

#[test]
fn every_key_has_its_default() {
    let config = load(&with_probe("retries: 0"));
    assert_eq!(config.sentry.environment, None);
    assert!(config.sentry.dsn.is_none() && config.regions.is_empty());
    let group = &config.groups[0];
    assert_eq!((group.name.as_str(), group.spread), ("group-1", Spread::Stagger));
    assert!(group.tags.is_empty() && group.regions.is_empty());
    let probe = &group.probes[0];
    assert_eq!(
        (probe.title.as_str(), probe.identity.as_str()),
        ("GET https://www.example.com", "GET https://www.example.com")
    );
    assert_eq!((probe.every, probe.burst, probe.timeout), (seconds(300), 1, seconds(10)));
    assert_eq!((probe.retries, probe.retry_pause), (0, seconds(1)));
    assert!(probe.tags.is_empty());
    let request = request("retries: 0");
    assert_eq!(plain(&request.url), "https://www.example.com/");
    assert_eq!((request.method, request.expected), (http::Method::GET, Expected(vec![200..=200])));
    assert!(request.query.is_empty() && request.headers.is_empty() && request.body.is_none());
    assert!(request.set_keys.is_empty() && request.assertions.is_empty());
    assert_eq!((request.redirects, request.max_body), (10, 1_048_576));
    assert!(request.auth.is_none() && request.ip.is_none() && request.http.is_none());
    assert_eq!(request.tls, TlsSettings::default());
    assert!(request.max_duration.is_none() && request.degraded.is_none() && !request.propagate);
}

#[test]
fn the_expected_status_follows_the_method_unless_it_is_given() {
    assert_eq!(request("body: hello").expected, Expected(vec![201..=201]));
    assert_eq!(request("method: post").expected, Expected(vec![201..=201]));
    assert_eq!(request("method: PUT\nbody: hello").expected, Expected(vec![200..=200]));
    assert_eq!(request("expected: [2xx, 301, 400-404]").expected, Expected(vec![200..=299, 301..=301, 400..=404]));
}

#[test]
fn every_key_of_a_request_is_read() {
    let request = request(
        "method: put\nquery: {q: a b, n: 1}\nheaders: {X-Version: 1.10, Accept: '*/*'}\nbody: text\nredirects: 0\nmax_body: 512KiB\n\
         auth: {basic: {username: alice, password: wonder}}\ntls: {insecure: yes}\nip: 6\nhttp: 1.1\nmax_duration: 2s\n\
         degraded: 500ms\npropagate: true\nset_keys: {a: $.a}\nassertions: {a: {not: null, lt: 5, lte: b, gt: 1, gte: 1.5, \
         contains: x, matches: ^x, type: integer, length: 3}}",
    );
    assert_eq!(plain(&request.headers[0].1), "1.10");
    assert!(matches!(&request.body, Some(Body::Text(Text::Plain(text))) if text == "text"));
    assert_eq!((request.redirects, request.max_body), (0, 524_288));
    let Some(Auth::Basic { username, password }) = &request.auth else { panic!("basic") };
    assert_eq!((username.expose(), password.expose()), ("alice", "wonder"));
    assert!(request.tls.insecure && request.propagate);
    assert_eq!((request.ip, request.http), (Some(IpVersion::V6), Some(HttpVersion::Http1)));
    assert_eq!((request.max_duration, request.degraded), (Some(seconds(2)), Some(Duration::from_millis(500))));
    let Assertion { exists, value, not, lt, lte, gt, gte, contains, matches, type_, length } = &request.assertions[0].1;
    assert_eq!((exists, value, not), (&None, &None, &Some(json!(null))));
    assert_eq!((lt, lte, gt, gte), (&Some(json!(5)), &Some(json!("b")), &Some(json!(1)), &Some(json!(1.5))));
    assert_eq!((contains, type_, length), (&Some(json!("x")), &Some(JsonType::Integer), &Some(3)));
    assert!(matches.as_ref().is_some_and(|pattern| pattern.is_match("xy")));
}

#[test]
fn tags_merge_from_general_to_particular_and_stay_as_written() {
    let config = load(
        "sentry: {tags: {a: sentry, b: sentry}}
tags: {c: top, d: 1.10, e: yes, f: true, g: 0x1F}
groups:
  - tags: {b: group, c: group, target: Front Page}
    probes:
      - {probe: probes.http, url: 'https://a.example/', tags: {c: probe}}
",
    );
    let tags = &config.groups[0].probes[0].tags;
    let expected = [
        ("a", "sentry"),
        ("b", "group"),
        ("c", "probe"),
        ("d", "1.10"),
        ("e", "yes"),
        ("f", "true"),
        ("g", "0x1F"),
        ("target", "Front Page"),
    ];
    assert!(tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected), "{tags:?}");
    assert_eq!(config.groups[0].name, "front-page");
}

#[test]
fn groups_and_probes_without_names_get_different_ones() {
    let config = load(
        "groups:
  - {tags: {target: a}, probes: [&p {probe: probes.http, url: 'https://a.example/1'}, {<<: *p, url: 'https://a.example/2'}, {<<: *p, title: 'GET https://a.example #2'}]}
  - {tags: {target: a}, probes: [*p]}
  - {name: b, probes: [*p]}
  - {tags: {target: B}, probes: [*p]}
",
    );
    let names: Vec<_> = config.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["a", "group-2", "b", "group-4"]);
    let identities: Vec<_> = config.groups[0].probes.iter().map(|probe| probe.identity.as_str()).collect();
    assert_eq!(identities, ["GET https://a.example", "GET https://a.example #3", "GET https://a.example #2"]);
}

#[test]
fn merge_keys_work_as_in_pyyaml() {
    let request = request(
        "body:\n  base: &base {z: 1, a: 2}\n  more: &more {<<: *base, a: 3, m: 4}\n  list: {<<: [*more, *base], own: 5, z: 6}\n  text: \
         {'<<': 7}",
    );
    let Some(Body::Json(Json::Map(body))) = &request.body else { panic!("a map") };
    let names = |index: usize| match &body[index].1 {
        Json::Map(entries) => entries
            .iter()
            .map(|(name, value)| match value {
                Json::Scalar(value) => format!("{name}={value}"),
                _ => panic!("a scalar"),
            })
            .collect::<Vec<_>>(),
        _ => panic!("a map"),
    };
    assert_eq!(names(1), ["z=1", "a=3", "m=4"]);
    assert_eq!(names(2), ["z=6", "a=3", "m=4", "own=5"]);
    assert_eq!(names(3), ["<<=7"]);
}

#[test]
fn names_of_pem_files_count_from_the_configuration_s_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a certificate");
    std::fs::write(directory.path().join("ca.pem"), key.cert.pem()).expect("a file");
    std::fs::write(directory.path().join("key.pem"), key.signing_key.serialize_pem()).expect("a file");
    let path = directory.path().join("sentrynet.yaml");
    let with = |tls: &str| {
        std::fs::write(&path, with_probe(&format!("tls: {tls}"))).expect("a file");
        let document = Document::load(&path).expect("a document");
        read(&document, &Secrets::default())
    };
    let config = with("{ca: ca.pem, cert: ca.pem, key: key.pem}").expect("a configuration");
    let Check::Http(request) = &config.groups[0].probes[0].check else { panic!("http") };
    assert_eq!(request.tls.ca.as_deref(), Some(key.cert.pem().as_str()));
    assert!(request.tls.key.is_some());
    let swapped = with("{cert: key.pem, key: ca.pem}").expect_err("problems").to_string();
    assert!(swapped.contains("`key.pem` contains no valid certificate"), "{swapped}");
    assert!(swapped.contains("`ca.pem` contains no valid private key"), "{swapped}");
    let missing = with("{ca: no.pem}").expect_err("a problem").to_string();
    assert!(missing.contains("`no.pem` cannot be read"), "{missing}");
    assert!(with("{cert: ca.pem}").expect_err("a problem").to_string().contains("`cert` needs `key`"));
}

/// `UPDATE=1 cargo test --test suite config::` writes the files anew.
#[test]
fn the_committed_schema_and_reference_are_fresh() {
    for (path, fresh) in [("config/sentrynet.schema.json", schema()), ("docs/configuration.md", reference())] {
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &fresh).expect("a file");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == fresh, "{path} is stale: run `UPDATE=1 cargo test --test suite config::`");
    }
}
