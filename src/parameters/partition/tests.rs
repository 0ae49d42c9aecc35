//! Configurations taken apart: every part stands alone and is, as far as that goes, the user's own text.

use crate::parameters::partition::*;

/// The parts, which were read back when this returns.
fn parts(text: &str) -> Partition {
    try_parts(text).unwrap_or_else(|diagnostics| panic!("{diagnostics}\nin:\n{text}"))
}

fn try_parts(text: &str) -> Result<Partition, Diagnostics> {
    Partition::of(
        &Document::parse("sentrynet.yaml", text.as_bytes())
            .unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{text}")),
    )
}

fn settings_of(parts: &Partition) -> Option<&str> {
    parts.settings.as_ref().map(Document::text)
}

fn texts(parts: &Partition) -> Vec<(&str, &str)> {
    parts.groups.iter().map(|(name, part)| (name.as_str(), part.text())).collect()
}

const PROBE: &str = "probes: [{probe: probes.http, url: 'https://a.example/'}]";

#[test]
fn a_part_is_the_user_s_own_text_with_its_comments() {
    let parts = parts(
        "# The whole file.

# Who is asked.
sentry:
  # Not this one.
  dsn: https://key@o0.ingest.sentry.io/0
  environment: production   # or staging
tags: { team: web }
regions:
- eu-west-1
# The groups.
groups:

    # The shop.
    - name: shop

      # Its pages.
      probes:
        - probe: probes.http
          url: \"https://shop.example/\"
  # A comment that is not indented.
          every: 30
    # Without a name.
    -   tags: {target: Front Page}
        probes:
        - {probe: probes.http, url: 'https://a.example/', body: {
            a: 1 } }
# The end.
",
    );
    assert_eq!(
        settings_of(&parts),
        Some(
            "# Who is asked.\nsentry:\n  # Not this one.\n  environment: production   # or staging\ntags: { team: web }\n\
             regions:\n- eu-west-1\n"
        )
    );
    let shop = "# The shop.\nname: shop\n\n# Its pages.\nprobes:\n  - probe: probes.http\n    url: \"https://shop.example/\"\n\
                # A comment that is not indented.\n    every: 30\n";
    let page = "# Without a name.\nname: front-page\ntags: {target: Front Page}\nprobes:\n- {probe: probes.http, url: \
                'https://a.example/', body: {\n    a: 1 } }\n";
    assert_eq!(texts(&parts), [("shop", shop), ("front-page", page)]);
    assert_eq!(parts.dsn.as_ref().map(Secret::expose), Some("https://key@o0.ingest.sentry.io/0"));
    assert_eq!(parts.regions.as_deref(), Some(&["eu-west-1".to_owned()][..]));
}

#[test]
fn what_groups_share_is_written_out_in_each() {
    let parts = parts(
        "tags: &t {every: 1m}
groups:
- name: one
  probes: [&p {probe: probes.http, url: 'https://a.example/', tags: *t}]
- &two
  name: two
  probes:
  - {<<: *p, url: 'https://b.example/'}
- <<: *two
  name: three
",
    );
    let probe = |url: &str| format!("probes:\n- probe: probes.http\n  url: https://{url}/\n  tags:\n    every: 1m\n");
    let expected = [
        ("one", format!("name: one\n{}", probe("a.example"))),
        ("two", format!("name: two\n{}", probe("b.example"))),
        ("three", format!("name: three\n{}", probe("b.example"))),
    ];
    assert_eq!(texts(&parts), expected.each_ref().map(|(name, text)| (*name, text.as_str())));
}

#[test]
fn however_a_file_is_written_its_parts_read_the_same() {
    let groups = [
        "groups: [{name: a, PROBE}]",
        "groups:\n- name: a\n  PROBE\n-\n  name: b\n  PROBE",
        "groups:\n  -\n    # In between.\n    name: a\n    PROBE",
        "groups:\n- {\n  name: a, PROBE\n}",
        "groups:\n- name: a\n  probes: [\n    {probe: probes.http, url: 'https://a.example/'}\n  ]",
        "groups:\n- name: a\n  tags: {t: \"one\n     two\"}\n  PROBE",
        "groups:\n- ? name\n  : a\n  ? probes\n  : - probe: probes.http\n      url: https://a.example/",
        "groups:\n- name: a\n  probes:\n  - probe: probes.http\n    url: https://a.example/\n    body: |+\n      a\n\n\n",
        "groups:\n- name: a\n  probes:\n  - probe: probes.http\n    url: https://a.example/\n    body: |\n      # a\n       b\n\n# end",
        "groups:\n- name: a\n  PROBE\nsentry:\n  environment: a\n",
        "{groups: [{PROBE}], tags: {a: 1.10}, sentry: {dsn: 'https://k@a.example/1', environment: b}}",
        "  sentry:\n    dsn: https://k@a.example/1\n  groups:\n  - name: a\n    PROBE",
        "tags: &t {a: yes, b: 0x1F}\nsentry: {tags: *t}\ngroups: [{PROBE, tags: *t}]",
        "---\ngroups:\n- PROBE\n...\n",
        "groups:\n- PROBE\n- PROBE\n  tags: {target: 2024}",
        "sentry:\ntags:\nregions:\ngroups:\n- PROBE",
        "\"groups\":\n- \"name\": a\n  PROBE",
        "groups:\n- &a\n  PROBE\n- *a",
        "sentry:\n  dsn:\n    https://k@a.example/1\n  environment: a\ngroups:\n- PROBE",
        "sentry:\n  environment: a\n  dsn: >-\n    https://k@a.example/1\ngroups:\n- PROBE",
        "groups:\n- name: !!str a\n  PROBE",
    ];
    for text in groups {
        let text = text.replace("PROBE", PROBE);
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            parts(&text);
        }
    }
}

#[test]
fn nothing_looks_like_the_name_of_another_parameter() {
    let parts = parts(
        "groups:\n- name: a\n  # {{ }}\n  probes:\n  - probe: probes.script\n    title: S\n    steps:\n    - url: https://a.example/\n      \
         body: '{{\"user\": 1}}'\n",
    );
    let (_, text) = texts(&parts)[0];
    assert!(!text.contains("{{") && text.contains(r#"body: "{\x7b\"user\": 1}}""#), "{text}");
}

#[test]
fn comments_go_where_the_text_would_cost_something_with_them_or_give_a_secret_away() {
    let comment = format!("  # {}\n", "x".repeat(STANDARD_TIER));
    let text = |comment: &str| format!("groups:\n- name: a\n{comment}  {PROBE}\n");
    let written = "name: a\nprobes:\n- probe: probes.http\n  url: https://a.example/\n";
    assert_eq!(texts(&parts(&text(&comment))), [("a", written)]);
    assert_eq!(texts(&parts(&text("  # password: hunter2\n"))), [("a", written)]);
    assert_eq!(texts(&parts(&text("  # fine\n"))), [("a", format!("name: a\n# fine\n{PROBE}\n").as_str())]);
}

/// A group of so many probes of about `bytes` bytes.
fn large(name: &str, probes: usize, bytes: usize) -> String {
    let mut text = format!("- name: {name}\n  tags: {{target: shop}}\n  probes:\n");
    for number in 1..=probes {
        let body = "\u{e4}".repeat((bytes - 80) / 2);
        text += &format!("  - {{probe: probes.http, title: P{number}, url: 'https://a.example/', body: {body}}}\n");
    }
    text
}

#[test]
fn a_group_that_is_too_large_is_refused_and_told_how_to_be_split() {
    let refusal = |groups: &str| {
        let diagnostics = try_parts(&format!("groups:\n{groups}")).expect_err("too large");
        let diagnostic = diagnostics.iter().next().expect("a problem").clone();
        assert_eq!((diagnostic.line, diagnostic.column, diagnostic.path.as_str()), (2, 3, "groups[0]"), "{diagnostic}");
        (diagnostic.message, diagnostic.help.expect("help"))
    };
    // 8.6 KiB in bytes, of which there are about half as many characters.
    let (message, help) = refusal(&large("shop", 11, 800));
    assert!(message.starts_with("the group `shop` takes 8.") && message.ends_with("8 KiB at most"), "{message}");
    let expected = "leave the first 10 of its 11 probes in it, and move the other 1 to a second group with the same tags: `shop-2`";
    assert_eq!(help, expected);
    // What it says works.
    parts(&format!("groups:\n{}{}", large("shop", 10, 800), large("shop-2", 1, 800)));

    let (_, help) = refusal(&format!("{}{}", large("shop", 50, 800), large("shop-2", 1, 100)));
    assert!(
        help.contains("the other 40 to 4 more groups") && help.ends_with("`shop-3`, `shop-4`, `shop-5`, …"),
        "{help}"
    );

    let (_, help) = refusal(&large("shop", 1, 9000));
    assert!(help.contains("its probe `P1` alone is too large") && help.contains("{ssm: /path}"), "{help}");
}

#[test]
fn settings_that_are_too_large_are_refused() {
    let tags: String = (0..100).map(|number| format!("  t{number}: {}\n", "x".repeat(100))).collect();
    let diagnostics = try_parts(&format!("tags:\n{tags}groups:\n- {PROBE}\n")).expect_err("too large").to_string();
    assert!(
        diagnostics.contains("the settings (everything but groups) take 1") && diagnostics.contains("8 KiB"),
        "{diagnostics}"
    );
}

#[test]
fn a_group_s_name_has_to_be_known() {
    for (group, path) in [
        (format!("{{name: {{env: NAME}}, {PROBE}}}"), "groups[0].name"),
        (format!("{{tags: {{target: {{ssm: /target}}}}, {PROBE}}}"), "groups[0].tags.target"),
    ] {
        let diagnostics = try_parts(&format!("groups: [{group}]")).expect_err("a name from a secret");
        assert_eq!(diagnostics.iter().map(|diagnostic| diagnostic.path.as_str()).collect::<Vec<_>>(), [path]);
        assert!(diagnostics.to_string().contains("give the group a `name`"), "{diagnostics}");
    }
    parts(&format!("groups: [{{name: a, tags: {{target: {{ssm: /target}}}}, {PROBE}}}]"));
}

#[test]
fn references_stay_references() {
    let parts = parts(
        "sentry: {dsn: {ssm: /team/dsn}, environment: {env: STAGE}}\nregions: [{env: REGION}]\ngroups:\n- probes:\n  - {probe: probes.http, \
         url: {env: URL}, auth: {bearer: {ssm: /token}}}\n",
    );
    let expected = "sentry: {dsn: {ssm: /team/dsn}, environment: {env: STAGE}}\nregions: [{env: REGION}]\n";
    assert_eq!((settings_of(&parts), parts.dsn.is_none(), &parts.regions), (Some(expected), true, &None));
    let mut secrets: Vec<String> = parts.secret_refs().map(|reference| reference.to_string()).collect();
    secrets.sort();
    assert_eq!(secrets.len(), 5, "{secrets:?}");
    assert_eq!(parts.literals, [""; 0]);
}

#[test]
fn without_settings_there_is_no_part_of_them() {
    for settings in ["", "sentry:\n", "sentry: {dsn: 'https://k@a.example/1'}\ntags:\n"] {
        let parts = parts(&format!("{settings}groups:\n- {PROBE}\n"));
        assert_eq!(settings_of(&parts), None, "{settings}");
    }
}

#[test]
fn certificates_in_files_become_part_of_the_text_and_keys_do_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a certificate");
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    // As from `openssl x509 -text`, and with the key in the same file.
    let all = format!("Certificate:\n    Data:\n{}{key}", certificate.replace('\n', "\r\n"));
    for (name, content) in [("ca.pem", &certificate), ("all.pem", &all), ("key.pem", &key)] {
        std::fs::write(directory.path().join(name), content).expect("a file");
    }
    let path = directory.path().join("sentrynet.yaml");
    let with = |tls: &str| {
        let text = format!(
            "groups:\n- name: a\n  probes:\n  - {{probe: probes.http, url: 'https://a.example/', tls: {tls}}}\n  - {{probe: \
             probes.script, title: S, steps: [{{url: 'https://a.example/', tls: {tls}}}]}}\n"
        );
        std::fs::write(&path, text).expect("a file");
        Partition::of(&Document::load(&path).expect("a document"))
    };
    for tls in ["{ca: ca.pem}", "{cert: all.pem, key: {ssm: /key}}"] {
        let parts = with(tls).expect("parts");
        let text = texts(&parts)[0].1;
        assert_eq!(text.matches("-----BEGIN CERTIFICATE-----").count(), 2, "{text}");
        assert!(!text.contains("PRIVATE") && !text.contains(".pem") && !text.contains("Data:"), "{text}");
    }
    let refused = with("{cert: ca.pem, key: key.pem}").expect_err("a private key");
    let places: Vec<_> = refused.iter().map(|diagnostic| (diagnostic.line, diagnostic.path.as_str())).collect();
    assert_eq!(places, [(4, "groups[0].probes[0].tls.key"), (5, "groups[0].probes[1].steps[0].tls.key")]);
    assert!(refused.to_string().contains("SecureString"), "{refused}");
}

#[test]
fn an_invalid_configuration_is_not_taken_apart() {
    let diagnostics = try_parts("groups:\n- nmae: a\n  probes: []\n").expect_err("problems");
    assert_eq!(diagnostics.len(), 2, "{diagnostics}");
}

fn literals(probe: &str) -> Vec<String> {
    let text = format!("groups:\n- probes:\n  - {}\n", probe.replace('\n', "\n    "));
    let document = Document::parse("a.yaml", text.as_bytes()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let parts = Partition::of(&document).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    parts.literals.iter().filter_map(|path| path.strip_prefix("groups[0].probes[0].")).map(str::to_owned).collect()
}

#[test]
fn secrets_that_are_written_out_are_found_by_their_places_and_names() {
    let found = literals(
        "probe: probes.http\nurl: https://bob:pw@a.example/?page=2\nquery: {api_key: abc, page: 2}\n\
         headers: {X-Api-Key: abc, accept: text/html}\nbody: {user: bob, deep: [{password: 12345}]}\n\
         auth: {basic: {username: bob, password: hunter2}}",
    );
    let expected = ["auth.basic.password", "url", "query.api_key", "body.deep[0].password", "headers.X-Api-Key"];
    assert_eq!(found, expected);
    assert_eq!(literals("probe: probes.http\nurl: https://a.example/\nauth: {bearer: abc}"), ["auth.bearer"]);
    assert_eq!(literals("probe: probes.http\nurl: https://a.example/\nbody: user=bob&password=hunter2"), ["body"]);
}

#[test]
fn references_and_keys_of_scripts_are_none() {
    let found = literals(
        "probe: probes.script\ntitle: S\ninit_keys: {password: {env: PASSWORD}, pin: {ssm: /pin}}\nsteps:\n- url: https://a.example/\n  \
         body: {password: password, pin: '{pin}'}\n  set_keys: {token: $.token}\n- url: https://a.example/?token={token}\n  \
         headers: {authorization: 'Bearer {token}'}\n- url: https://a.example/\n  auth: {bearer: {env: TOKEN}}\n  query: {api_key: {ssm: /key}}",
    );
    assert_eq!(found, [""; 0]);
}
