//! Configurations as users write them: what loads, what it means, and what is said of mistakes.

use std::path::Path;
use std::time::Duration;

use sentrynet::config::{
    Assertion, Auth, Body, Check, Config, Document, Expected, HttpVersion, IpVersion, Json, JsonType, Probe, Problems,
    Request, Secret, SecretRef, Secrets, Spread, Text, TlsSettings, read, read_parts, reference, schema,
};
use serde_json::json;

fn try_load(text: &str) -> Result<Config, Problems> {
    let document = Document::parse("sentrynet.yaml", text.as_bytes())?;
    read(&document, &Secrets::from_env(&document.secret_refs()))
}

fn load(text: &str) -> Config {
    try_load(text).unwrap_or_else(|problems| panic!("{problems}\nin:\n{text}"))
}

fn problems(text: &str) -> Problems {
    try_load(text).expect_err("problems")
}

/// Each problem as `line:column path message (help)`.
fn listed(problems: &Problems) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let help = problem.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{} {} {}{help}", problem.line, problem.column, problem.path, problem.message)
        })
        .collect()
}

/// A configuration with one `probes.http` that has these lines besides its URL.
fn with_probe(lines: &str) -> String {
    let lines = lines.replace('\n', "\n        ");
    format!(
        "groups:\n  - probes:\n      - probe: probes.http\n        url: https://www.example.com/\n        {lines}\n"
    )
}

fn script(lines: &str) -> String {
    let lines = lines.replace('\n', "\n        ");
    format!("groups:\n  - probes:\n      - probe: probes.script\n        title: S\n        {lines}\n")
}

fn probe(lines: &str) -> Probe {
    load(&with_probe(lines)).groups[0].probes[0].clone()
}

fn request(lines: &str) -> Request {
    match probe(lines).check {
        Check::Http(request) => *request,
        Check::Script(_) => panic!("a script"),
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
    let config = load(
        "sentry:
  dsn: https://3641121feabb3b0fb5798fba2ae4e215@sentry.cridland.io/238947
  tags:
    location: mission-control
    another.tag: value
groups:
    - tags:
        target: demo
      probes:
      - probe: probes.http
        url: https://www.google.co.uk/
        every: 30
      - probe: probes.http
        url: https://www.bing.com/
        every: 60
        burst: 4
      - probe: probes.http
        url: https://www.duckduckgo.com/
      - probe: probes.http
        url: http://sentry.io/
",
    );
    let dsn = config.sentry.dsn.as_ref().map(Secret::expose);
    assert_eq!(dsn, Some("https://3641121feabb3b0fb5798fba2ae4e215@sentry.cridland.io/238947"));
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
        let request = request(&format!(
            "method: POST\nbody:\n  check:\n    - status\nexpected: 200\nset_keys:\n  status: \"$.status\"\nassertions:\n  status: {assertion}"
        ));
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
fn keys_have_to_be_set_before_a_script_uses_them() {
    let found = problems(&script(
        "init_keys: {user: alice}\nsteps:\n  - url: https://api.example/{usr}\n    set_keys: {token: $.token}\n    body: {t: '{token}'}\n  \
         - url: ftp://api.example/{token}\n    assertions: {tokne: 1}\n  - url: api.example\n    every: 30",
    ));
    assert_eq!(
        listed(&found),
        [
            "7:18 groups[0].probes[0].steps[0].url the key `usr` is not set before it is used (did you mean `user`?; write `{{` \
             and `}}` for braces that mean themselves)",
            "9:23 groups[0].probes[0].steps[0].body.t the key `token` is not set before it is used (keys set at this point: \
             `user`; write `{{` and `}}` for braces that mean themselves)",
            "10:18 groups[0].probes[0].steps[1].url this is not a URL that can be probed: only `https://` and `http://` can be \
             probed",
            "11:26 groups[0].probes[0].steps[1].assertions.tokne the key `tokne` is not set by `set_keys` (did you mean \
             `token`?)",
            "12:18 groups[0].probes[0].steps[2].url this is not a URL that can be probed: it does not begin with `https://` or \
             `http://` (write `https://api.example`)",
            "13:13 groups[0].probes[0].steps[2].every unknown key `every` (`every` is a key of the probe, not of its steps)",
        ]
    );
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
fn a_mistake_behind_an_anchor_is_told_once_and_where_it_stands() {
    let found = problems(
        "groups:
  - name: a
    probes:
      - &p
        probe: probes.http
        url: https://a.example/
        evry: 30
      - <<: *p
        url: https://b.example/
      - *p
",
    );
    assert_eq!(listed(&found), ["7:9 groups[0].probes[0].evry unknown key `evry` (did you mean `every`?)"]);
}

#[test]
fn all_mistakes_of_a_file_are_shown_with_their_places() {
    let text = "sentry:
  dsn: sentry.io
  enviroment: production
regions: [eu-west-1, Ireland]
tags: [a, b]
group:
groups:
  - name: my group
    regions: [us-east-1]
    spread: random
    probes:
      - probe: probes.http
        ulr: https://www.example.com/
        every: 0
        burst: 101
        timeout: 10 parsecs
      - probe: probes.htpp
        url: www.example.com
      - probe: probes.ssh
        host: example.com
      - url: https://www.example.com/
        expected: [200, fine]
        set_keys:
          status: $.status[
        assertions:
          status: {is: ok}
        auth: {oauth2: {token: x}}
        tls: {min_days: 7, cert: no-such-file.pem}
";
    let found = problems(text);
    assert_eq!(
        listed(&found),
        [
            "2:8 sentry.dsn this is not a DSN: no valid url provided (copy it from the project's settings in Sentry; it looks like \
             `https://key@o0.ingest.sentry.io/0`)",
            "3:3 sentry.enviroment unknown key `enviroment` (did you mean `environment`?)",
            "4:22 regions[1] expected an AWS region, found the text \"Ireland\" (regions are named like `eu-west-1` and \
             `us-east-1`)",
            "5:7 tags expected a map, found a list (write `name: value` in each line)",
            "6:1 group unknown key `group` (did you mean `groups`?)",
            "8:11 groups[0].name a group's name is made of letters, digits, `-`, `_` and `.` (for example `my-group`)",
            "9:15 groups[0].regions[0] `us-east-1` is not among the configuration's `regions` (add it to `regions`)",
            "10:13 groups[0].spread expected `stagger`, `together` or `round-robin`, found the text \"random\" (there is \
             `stagger`, `together` and `round-robin`)",
            "12:9 groups[0].probes[0] `url` is missing (for example `url: https://www.example.com/`)",
            "13:9 groups[0].probes[0].ulr unknown key `ulr` (did you mean `url`?)",
            "14:16 groups[0].probes[0].every 0s is too short: at least 1s",
            "15:16 groups[0].probes[0].burst 101 is too large: at most 100",
            "16:18 groups[0].probes[0].timeout expected a span of time, found the text \"10 parsecs\" (write seconds as a \
             number, or a text such as `500ms`, `30s`, `5m` or `1h`)",
            "17:16 groups[0].probes[1].probe expected a kind of probe, found the text \"probes.htpp\" (did you mean \
             `probes.http`?)",
            "18:14 groups[0].probes[1].url this is not a URL that can be probed: it does not begin with `https://` or \
             `http://` (write `https://www.example.com`)",
            "19:16 groups[0].probes[2].probe `probes.ssh` is not supported yet (there is `probes.http` and `probes.script`)",
            "21:9 groups[0].probes[3] `probe` is missing (for example `probe: probes.http`)",
            "22:25 groups[0].probes[3].expected[1] expected a status code, found the text \"fine\" (write a code such as \
             `200`, a class such as `2xx`, a range such as `200-204`, or a list of these)",
            "24:19 groups[0].probes[3].set_keys.status this is not JSONPath: it breaks off at character 10",
            "26:19 groups[0].probes[3].assertions.status none of the keys of this map is a condition (to compare with a \
             map, write `value: {…}`; conditions are `exists`, `value`, `not`, `lt`, `lte`, `gt`, `gte`, `contains`, \
             `matches`, `type` and `length`)",
            "27:16 groups[0].probes[3].auth.oauth2 `oauth2` is not supported yet (supported are `basic` and `bearer`)",
            "28:15 groups[0].probes[3].tls.min_days `min_days` is not supported yet (supported are `insecure`, `ca`, `cert` \
             and `key`)",
            "28:34 groups[0].probes[3].tls.cert this is not PEM text, and there is no directory to look for a file in (put \
             the PEM text itself here, or name a secret that holds it)",
        ]
    );
    let shown = found.to_string();
    assert!(shown.contains("sentrynet.yaml:14:16: groups[0].probes[0].every: 0s is too short: at least 1s\n  14 |         every: 0\n     |                ^\n"), "{shown}");
    assert!(
        shown.contains(
            "\n  13 |         ulr: https://www.example.com/\n     |         ^\n     = help: did you mean `url`?\n"
        ),
        "{shown}"
    );
    assert!(shown.ends_with("23 problems"), "{shown}");
}

#[test]
fn files_that_hold_no_configuration_are_refused_with_a_sentence() {
    let of = |bytes: &[u8]| match Document::parse("a.yaml", bytes) {
        Err(problems) => problems.to_string(),
        Ok(document) => read(&document, &Secrets::stand_ins()).expect_err("a problem").to_string(),
    };
    assert!(of(b"").starts_with("a.yaml: this is empty"));
    assert!(of(b"# nothing\n\n---\n").starts_with("a.yaml: this is empty"));
    assert!(of(b"- a\n- b\n").starts_with("a.yaml:1:1: expected a map, found a list"));
    assert!(of(b"hello").starts_with("a.yaml:1:1: expected a map, found the text \"hello\""));
    assert!(of(b"groups:\n").starts_with("a.yaml:1:7: groups: expected a list, found nothing"), "{}", of(b"groups:\n"));
    assert!(of(b"groups: {a: b}\n").starts_with("a.yaml:1:9: groups: expected a list, found a map"));
    assert!(of(b"sentry: {}\n").starts_with("a.yaml:1:1: `groups` is missing"));
    assert!(of(b"a: 1\nb: \xff\n").starts_with("a.yaml:2:4: this is not UTF-8: byte 8 is 0xff"));
    assert!(of(b"a: [1\nb: 2\n").contains("this is not YAML"));
    assert!(
        of(&vec![b'#'; 10 << 20]).starts_with("a.yaml: this is 10.0 MiB large, and a configuration has at most 1 MiB")
    );
    assert!(of("[".repeat(100_000).as_bytes()).contains("nested too deeply"));
    assert!(of("a: {".repeat(100_000).as_bytes()).contains("nested too deeply"));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("missing.yaml");
    let message = |path: &Path| Document::load(path).expect_err("a problem").to_string();
    assert_eq!(message(&missing), format!("{}: there is no such file", missing.display()));
    assert!(message(directory.path()).contains("this is a directory, not a file"));
    let large = directory.path().join("large.yaml");
    std::fs::write(&large, vec![b'#'; 10 << 20]).expect("a file");
    assert!(message(&large).contains("this is 10.0 MiB large"));
    let bom = directory.path().join("bom.yaml");
    std::fs::write(&bom, format!("\u{feff}{}", with_probe("burst: 2")).replace('\n', "\r\n")).expect("a file");
    let document = Document::load(&bom).expect("a document");
    assert_eq!(read(&document, &Secrets::default()).expect("a configuration").groups[0].probes[0].burst, 2);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, name) in ('a'..='y').zip('b'..='z') {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(", ")));
    }
    bomb.push_str("m: {<<: [*z, *z]}\n");
    assert!(problems(&bomb).to_string().contains("stand for too much"));
    let wide = format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 100_000].join(","), vec!["*a"; 100_000].join(","));
    assert!(problems(&wide).to_string().contains("stand for too much"));
}

#[test]
fn a_group_s_name_given_twice_is_an_error_that_names_both_places() {
    let found = problems(
        "groups:
  - name: demo
    probes: [{probe: probes.http, url: 'https://a.example/'}]
  - name: demo
    probes: [{probe: probes.http, url: 'https://a.example/'}]
",
    );
    let expected =
        "4:11 groups[1].name there is another group `demo` in sentrynet.yaml:2:11 (names of groups are unique)";
    assert_eq!(listed(&found), [expected]);
}

#[test]
fn parts_from_ssm_make_one_configuration_and_problems_name_their_part() {
    let settings =
        Document::parse("/sentrynet/sentry", b"tags: {team: web}\nregions: [eu-west-1]\n").expect("settings");
    let group = |name: &str| {
        let text = format!(
            "name: {name}\nregions: [eu-west-1]\nprobes: [{{probe: probes.http, url: 'https://a.example/'}}]\n"
        );
        Document::parse(&format!("/sentrynet/groups/{name}"), text.as_bytes()).expect("a group")
    };
    let (one, two) = (group("one"), group("two"));
    let config = read_parts(Some(&settings), &[&one, &two], &Secrets::default()).expect("a configuration");
    assert_eq!(config.regions, ["eu-west-1"]);
    assert_eq!(config.group("two").expect("a group").tags["team"], "web");
    let again = read_parts(None, &[&one, &one], &Secrets::default()).expect_err("a problem").to_string();
    assert!(
        again.starts_with("/sentrynet/groups/one:1:7: name: there is another group `one` in /sentrynet/groups/one:1:7"),
        "{again}"
    );
    let broken = Document::parse("/sentrynet/groups/x", b"probes: [{probe: probes.http}]").expect("a document");
    let broken = read_parts(Some(&settings), &[&broken], &Secrets::default()).expect_err("a problem");
    assert_eq!(listed(&broken), ["1:10 probes[0] `url` is missing (for example `url: https://www.example.com/`)"]);
    assert!(read_parts(None, &[], &Secrets::default()).expect("nothing to do").groups.is_empty());
}

#[test]
fn secrets_are_found_looked_up_and_kept_out_of_sight() {
    let text = with_probe(
        "headers: {x-api-key: {ssm: /app/key}, env: prod}\nbody: {password: {env: PATH}, env: prod, inner: {env: prod}}\nauth: {bearer: {ssm: /app/token}}",
    );
    let document = Document::parse("sentrynet.yaml", text.as_bytes()).expect("a document");
    let references = document.secret_refs();
    let ssm: Vec<_> = references.iter().filter(|reference| matches!(reference, SecretRef::Ssm(_))).collect();
    assert_eq!(ssm, [&SecretRef::Ssm("/app/key".into()), &SecretRef::Ssm("/app/token".into())]);

    let mut secrets = Secrets::from_env(&references);
    let missing = read(&document, &secrets).expect_err("problems");
    assert_eq!(
        listed(&missing),
        [
            "5:30 groups[0].probes[0].headers.x-api-key the SSM parameter `/app/key` cannot be used: it was not looked up",
            "7:24 groups[0].probes[0].auth.bearer the SSM parameter `/app/token` cannot be used: it was not looked up",
        ]
    );
    secrets.insert(SecretRef::Ssm("/app/key".into()), Ok(Secret::new("correct-horse")));
    secrets.insert(SecretRef::Ssm("/app/token".into()), Ok(Secret::new("battery\nstaple")));
    let found = read(&document, &secrets).expect_err("a problem").to_string();
    assert!(
        found.contains("auth.bearer: this cannot be sent in an HTTP header") && !found.contains("staple"),
        "{found}"
    );
    secrets.insert(SecretRef::Ssm("/app/token".into()), Ok(Secret::new("battery-staple")));
    let config = read(&document, &secrets).expect("a configuration");
    assert_eq!(config.redactor.text("a correct-horse and a battery-staple"), "a [Filtered] and a [Filtered]");
    assert!(read(&document, &Secrets::stand_ins()).is_ok());
    let debug = format!("{document:?} {secrets:?} {config:?}");
    assert!(!debug.contains("horse") && !debug.contains("staple"), "{debug}");
    let Check::Http(request) = &config.groups[0].probes[0].check else { panic!("http") };
    let Some(Body::Json(Json::Map(body))) = &request.body else { panic!("a map") };
    assert!(matches!(&body[0].1, Json::Text(Text::Plain(text)) if *text == std::env::var("PATH").unwrap_or_default()));
    assert!(matches!(&body[2].1, Json::Map(_)));
}

#[test]
fn literal_secrets_are_redacted_too() {
    let config = load(
        &with_probe("headers: {Authorization: Bearer tick-tack, Cookie: choco-chip}\nbody: x")
            .replace("https://www.example.com/", "https://bob:hush-hush@www.example.com/"),
    );
    let text = config.redactor.text("tick-tack, choco-chip, hush-hush, Bearer tick-tack");
    assert_eq!(text, "[Filtered], [Filtered], [Filtered], [Filtered]");
    assert_eq!(config.groups[0].probes[0].title, "POST https://www.example.com");
    let basic = load(&with_probe("auth: {basic: {username: alice, password: wonderland}}"));
    assert_eq!(basic.redactor.text("alice in wonderland"), "alice in [Filtered]");
}

#[test]
fn no_problem_shows_a_secret() {
    let cases = [
        with_probe("auth: {basic: {username: alice, pasword: hunter2}}"),
        with_probe("auth: {basic: {usrname: alice, password: hunter2}}"),
        with_probe("auth: {digest: hunter2, evry: 1}"),
        with_probe("auth: {bearer: [hunter2]}"),
        with_probe("auth:\n  bearer: hunter2\n  bearer: hunter2\n"),
        with_probe("autorization: hunter2"),
        with_probe("headers: {Authorization: \"hunter2\\n\", Accpt: \"\\n\"}"),
        with_probe("headers: {X-Api-Key: [hunter2]}"),
        with_probe("url2: https://bob:hunter2@example.com/"),
        with_probe("body: 5\npasswd: |\n  hunter2\n   hunter2\n"),
        with_probe("tls: {key: hunter2hunter2hunter2}"),
        with_probe("tls: {key: \"-----BEGIN PRIVATE KEY-----hunter2\"}"),
        "sentry: {dsn: 'https://hunter2@', tags: 1}\n".to_owned(),
        "sentry: {dsn: hunter2, x: y}\n".to_owned(),
        "auth:\n  password: [hunter2\n".to_owned(),
        "auth:\n  basic:\n    username: a\n    pw: \"hunter2\n".to_owned(),
        "password: \"a\n hunter2\" x\n".to_owned(),
        "password: !!int hunter2\n".to_owned(),
        "token: !hunt hunter2\n".to_owned(),
        "dsn: 'https://hunter2@x/1\n".to_owned(),
        "headers: {authorization: hunter2, authorization: hunter2}\n".to_owned(),
        script("steps: [{url: 'https://bob:hunter2@a.example/{x}'}]"),
        script("steps: [{url: 'https://a.example/', headers: {authorization: 'hunter2 {x} {y'}}]"),
    ];
    for text in cases {
        let found = problems(&text);
        for shown in [found.to_string(), format!("{found:?}")] {
            assert!(!shown.contains("hunter2"), "{text}\n{shown}");
        }
    }
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
    assert!(swapped.contains("`key.pem` holds no readable certificate"), "{swapped}");
    assert!(swapped.contains("`ca.pem` holds no readable private key"), "{swapped}");
    let missing = with("{ca: no.pem}").expect_err("a problem").to_string();
    assert!(missing.contains("`no.pem` cannot be read"), "{missing}");
    assert!(with("{cert: ca.pem}").expect_err("a problem").to_string().contains("`cert` needs `key`"));
}

#[test]
fn check_counts_what_there_is_or_shows_what_is_wrong() {
    let check = |path: &Path| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = sentrynet::cli::check::check(path, &mut out, &mut err).expect("no error");
        (code, String::from_utf8(out).expect("UTF-8"), String::from_utf8(err).expect("UTF-8"))
    };
    let (code, out, err) = check(Path::new("config/sentrynet.yaml"));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "config/sentrynet.yaml: 2 groups, 4 probes: fine\n", ""));
    let (code, out, err) = check(Path::new("config/missing.yaml"));
    assert_eq!((code, out.as_str(), err.as_str()), (2, "", "config/missing.yaml: there is no such file\n"));
}

/// `UPDATE=1 cargo test --test configuration` writes the files anew.
#[test]
fn the_committed_schema_and_reference_are_fresh() {
    for (path, fresh) in [("config/sentrynet.schema.json", schema()), ("docs/configuration.md", reference())] {
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &fresh).expect("a file");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == fresh, "{path} is stale: run `UPDATE=1 cargo test --test configuration`");
    }
}
