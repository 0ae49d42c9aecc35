//! The JSON Schema, judged by a validator that is not ours: what editors would say of configurations.

use sentrynet::config::schema;
use serde_json::{Value, json};

use crate::support::python_readme;
use crate::support::texts::load;

/// What the validator complains about in each of the texts.
fn complaints<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Vec<String>> {
    let schema: Value = serde_json::from_str(&schema()).expect("JSON");
    // The AWS SAM CLI brings the validator along.
    let verdicts =
        crate::support::python("sam", "validate.py", texts.map(|text| json!({"schema": schema, "yaml": text})));
    let path = |complaint: &Value| complaint["path"].as_str().expect("a path").to_owned();
    verdicts.iter().map(|verdict| verdict.as_array().expect("a list").iter().map(path).collect()).collect()
}

/// Everything there is, in all the ways that it can be written.
const EVERYTHING: &str = "sentry:
  dsn: {env: HOME}
  environment: production
  tags: {location: here, version: 1.10, on: true}
tags:
regions: [eu-west-1, us-east-1]
groups:
  - name: website
    tags: {target: website}
    regions: [eu-west-1]
    spread: round-robin
    probes:
      - &page
        probe: probes.http
        title: Front page
        url: https://www.example.com/
        every: 90
        burst: 2
        timeout: 1.5s
        retries: 1
        retry_pause: 0
        tags: {page: home}
        method: put
        query: {q: [a, 1, {env: HOME}], n: 1, secret: {env: HOME}}
        headers: {accept: text/html, x-number: 5, x-api-key: {env: HOME}}
        body: [1, {a: null}]
        expected: [200, 2xx, 300-304]
        set_keys: {a: $.a}
        assertions: {a: {exists: yes, not: null, lt: 5, matches: ^a, type: array, length: 3, contains: x}}
        redirects: 0
        max_body: 512KiB
        auth: {basic: {username: alice, password: {env: HOME}}}
        tls: {insecure: off, min_days: 7}
        ip: 4
        http: 1.1
        max_duration: 2
        degraded: 500ms
        propagate: no
      - <<: *page
        title: Another page
        url: {env: HOME}
        every: {env: HOME}
        auth: {bearer: {env: HOME}}
        ip: '6'
        http: 2
        assertions: {a: [1]}
      - probe: probes.script
        title: Log in
        init_keys: {user: alice}
        steps:
          - url: '{user}'
            headers:
            expected: 3xx
            set_keys: {token: $.token}
            assertions: {token: null}
";

#[test]
fn editors_have_nothing_to_say_of_what_is_valid() {
    let shipped = std::fs::read_to_string("config/sentrynet.yaml").expect("a file");
    assert!(shipped.starts_with("# yaml-language-server: $schema=sentrynet.schema.json\n"));
    let status = python_readme::status("https://api.example/status");
    let python = python_readme::configuration(&[python_readme::PAGES, &status].concat());
    // A list is no assertion, a URL and a period are not what $HOME holds, and the rest is as it should be.
    let valid = EVERYTHING.replace("        assertions: {a: [1]}\n", "");
    load(
        &valid
            .replace("url: {env: HOME}", "url: https://a.example")
            .replace("every: {env: HOME}", "every: 1m")
            .replace("dsn: {env: HOME}", "dsn: https://a@b.example/1"),
    );
    assert_eq!(complaints([shipped.as_str(), &python, &valid].into_iter()), [[""; 0]; 3]);
    let found = complaints(std::iter::once(EVERYTHING)).concat();
    assert!(found.iter().any(|path| path == "$.groups[0].probes[1].assertions.a"), "{found:?}");
}

/// Which of the broken configurations beside this test a schema can tell, and where.
#[test]
fn editors_underline_what_a_schema_can_know() {
    let cases = [
        ("misspelt_keys", "$.sentry"),
        ("wrong_types", "$.tags"),
        ("missing_url", "$.groups[0].probes[0]"),
        ("every_5", "$.groups[0].probes[0].every"),
        ("twice", "$.regions"),
        ("jsonpath", "$.groups[0].probes[0].set_keys.status"),
        ("secret", "$.groups[0].probes[0].auth.bearer"),
        ("expected_20x", "$.groups[0].probes[0].expected"),
        ("list_for_map", "$.groups[0].tags"),
        ("map_for_list", "$.groups"),
        ("anchor", "$.groups[0].probes[0]"),
        ("steps", "$.groups[0].probes[0]"),
    ];
    let texts: Vec<String> = cases
        .iter()
        .map(|(name, _)| std::fs::read_to_string(format!("tests/diagnostics/{name}.yaml")).expect("a file"))
        .collect();
    for ((name, path), found) in cases.iter().zip(complaints(texts.iter().map(String::as_str))) {
        assert!(found.iter().any(|found| found == path), "{name}: {found:?}");
    }
}

#[test]
fn every_key_is_described_and_has_an_example() {
    let schema: Value = serde_json::from_str(&schema()).expect("JSON");
    let definitions = schema["$defs"].as_object().expect("definitions");
    let objects = definitions.iter().filter(|(name, _)| !matches!(name.as_str(), "secret" | "probe"));
    let mut keys = 0;
    for (name, object) in objects.chain([(&"file".to_owned(), &schema)]) {
        assert!(object["description"].is_string(), "{name}");
        for (key, property) in object["properties"].as_object().expect("properties") {
            assert!(property["description"].is_string(), "{name}.{key}: {property}");
            assert_eq!(property["examples"].as_array().map(Vec::len), Some(1), "{name}.{key}: {property}");
            keys += 1;
        }
    }
    assert!(keys > 80, "{keys}");
    let every = &definitions["probes.http"]["properties"]["every"];
    assert_eq!((&every["default"], &every["examples"]), (&json!(300), &json!(["5m"])));
}
