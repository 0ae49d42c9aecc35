//! What is said of configurations with mistakes, and what is never shown.

use std::path::Path;

use sentrynet::config::{Document, read, read_parts};
use sentrynet::probe::Check;
use sentrynet::probe::http::Body;
use sentrynet::schema::{SecretRef, Secrets};
use sentrynet::secrets::Secret;
use sentrynet::template::{Json, Text};

use crate::support::texts::{listed, load, problems, script, with_probe};

#[test]
fn keys_have_to_be_set_before_a_script_uses_them() {
    let found = problems(&script(
        "init_keys: {user: alice}\nsteps:\n  - url: https://api.example/{usr}\n    set_keys: {token: $.token}\n    body: {t: '{token}'}\n  \
         - url: ftp://api.example/{token}\n    assertions: {tokne: 1}\n  - url: api.example\n    every: 30",
    ));
    assert_eq!(
        listed(&found),
        [
            "7:18 groups[0].probes[0].steps[0].url the key `usr` is not set before it is used (did you mean `user`? \
                    Otherwise write `{{` and `}}` for literal braces)",
            "9:23 groups[0].probes[0].steps[0].body.t the key `token` is not set before it is used (keys set at this point: \
             `user`; write `{{` and `}}` for literal braces)",
            "10:18 groups[0].probes[0].steps[1].url this is not a URL that can be probed: only `https://` and `http://` can be \
             probed",
            "12:18 groups[0].probes[0].steps[2].url this is not a URL that can be probed: it does not begin with `https://` or \
             `http://` (write `https://api.example`)",
            "13:13 groups[0].probes[0].steps[2].every unknown key `every` (`every` is a key of the probe, not of its steps)",
        ]
    );
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
        tls: {min_days: 7.5, cert: no-such-file.pem}
";
    let found = problems(text);
    assert_eq!(
        listed(&found),
        [
            "2:8 sentry.dsn this is not a DSN: no valid url provided (copy it from the project's settings in Sentry; it looks like \
             `https://key@o0.ingest.sentry.io/0`)",
            "3:3 sentry.enviroment unknown key `enviroment` (did you mean `environment`?)",
            "4:22 regions[1] expected an AWS region, found the string \"Ireland\" (regions are named like `eu-west-1` and \
             `us-east-1`)",
            "5:7 tags expected a map, found a list (write `name: value` on each line, without `- `)",
            "6:1 group unknown key `group` (did you mean `groups`?)",
            "8:11 groups[0].name a group's name consists of letters, digits, `-`, `_` and `.` (for example `my-group`)",
            "9:15 groups[0].regions[0] `us-east-1` is not among the configuration's `regions` (add it to `regions`)",
            "10:13 groups[0].spread expected `stagger`, `together` or `round-robin`, found the string \"random\" (expected \
             one of `stagger`, `together`, `round-robin`)",
            "13:9 groups[0].probes[0].ulr unknown key `ulr` (did you mean `url`?)",
            "14:16 groups[0].probes[0].every 0s is too short: at least 10s (to run more often, use `burst`)",
            "15:16 groups[0].probes[0].burst 101 is too large: at most 100",
            "16:18 groups[0].probes[0].timeout expected a duration, found the string \"10 parsecs\" (write seconds as a \
             number, or a string such as `500ms`, `30s`, `5m` or `1h`)",
            "17:16 groups[0].probes[1].probe expected a kind of probe, found the string \"probes.htpp\" (did you mean \
             `probes.http`?)",
            "18:14 groups[0].probes[1].url this is not a URL that can be probed: it does not begin with `https://` or \
             `http://` (write `https://www.example.com`)",
            "19:16 groups[0].probes[2].probe `probes.ssh` is not supported yet (expected one of `probes.http`, `probes.script`, `probes.tcp`)",
            "21:9 groups[0].probes[3] `probe` is missing (for example `probe: probes.http`)",
            "22:25 groups[0].probes[3].expected[1] expected a status code, found the string \"fine\" (write a code such as \
             `200`, a class such as `2xx`, a range such as `200-204`, or a list of these)",
            "24:19 groups[0].probes[3].set_keys.status this is not JSONPath: it ends unexpectedly at character 10 \
                    (write \
             one such as `$.status`, `$.users[0].name` or `$.users[?@.id == 1].name`)",
            "26:19 groups[0].probes[3].assertions.status none of the keys of this map is a condition (to compare with a \
             map, write `value: {…}`; conditions are `exists`, `value`, `not`, `lt`, `lte`, `gt`, `gte`, `contains`, \
             `matches`, `type` and `length`)",
            "27:16 groups[0].probes[3].auth.oauth2 `oauth2` is not supported yet (supported: `basic` and `bearer`)",
            "28:25 groups[0].probes[3].tls.min_days expected a whole number, found the number 7.5 (write a number from 0 to 3650)",
            "28:36 groups[0].probes[3].tls.cert this is not PEM text, and files cannot be used here (write the PEM \
                    text itself, or refer to a secret that holds it)",
        ]
    );
    let shown = found.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), found.len());
    let line = "sentrynet.yaml:14:16: groups[0].probes[0].every: 0s is too short: at least 10s; to run more often, use `burst`";
    assert!(lines.contains(&line), "{shown}");
}

#[test]
fn files_that_hold_no_configuration_are_refused_with_a_sentence() {
    let of = |bytes: &[u8]| match Document::parse("a.yaml", bytes) {
        Err(problems) => problems.to_string(),
        Ok(document) => read(&document, &Secrets::placeholders()).expect_err("a problem").to_string(),
    };
    assert!(of(b"").starts_with("a.yaml: this is empty"));
    assert!(of(b"# nothing\n\n---\n").starts_with("a.yaml: this is empty"));
    assert!(of(b"- a\n- b\n").starts_with("a.yaml:1:1: expected a map, found a list"));
    assert!(of(b"hello").starts_with("a.yaml:1:1: expected a map, found the string \"hello\""));
    assert!(of(b"groups:\n").starts_with("a.yaml:1:7: groups: expected a list, found nothing"), "{}", of(b"groups:\n"));
    assert!(of(b"groups: {a: b}\n").starts_with("a.yaml:1:9: groups: expected a list, found a map"));
    assert!(of(b"sentry: {}\n").starts_with("a.yaml:1:1: `groups` is missing"));
    assert!(of(b"a: 1\nb: \xff\n").starts_with("a.yaml:2:4: this is not UTF-8: byte 8 is 0xff"));
    assert!(of(b"a: [1\nb: 2\n").starts_with("a.yaml:1:4: this `[` has no `]`"));
    assert!(
        of(&vec![b'#'; 10 << 20]).starts_with("a.yaml: this is 10.0 MiB large, and a configuration has at most 1 MiB")
    );
    assert!(of("[".repeat(100_000).as_bytes()).contains("nested too deeply"));
    assert!(of("a: {".repeat(100_000).as_bytes()).contains("nested too deeply"));
}

#[test]
fn a_text_that_two_versions_of_yaml_read_differently_is_refused() {
    let of = |text: &str| listed(&problems(text)).join("\n");
    // A comment to one, a key to the other: what must not be shown would be sought in the wrong place.
    let nel = of("user: bob # so far\u{85}password: hunter2\nevery: 30\n");
    assert!(nel.contains("this is ambiguous YAML") && !nel.contains("hunter2"), "{nel}");
    // Its own line ends are those that the place is counted by.
    let after = of("a: \"x\u{2028}y\"\nb: 2\nc: !!int x\n");
    assert_eq!(after, "3:4  this value does not match its tag");
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
    assert!(problems(&bomb).to_string().contains("expand to too much"));
    let wide = format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 100_000].join(","), vec!["*a"; 100_000].join(","));
    assert!(problems(&wide).to_string().contains("expand to too much"));
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
    assert!(read(&document, &Secrets::placeholders()).is_ok());
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
