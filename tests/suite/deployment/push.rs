//! `sentrynet push`: from a file into the Parameter Store of several regions, and from there into the function.

use crate::support::answer::{results, strings};
use crate::support::cli::{Ran, Workspace};
use crate::support::moto::Moto;
use crate::support::proxy::{Call, Proxy};
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::rie::{Function, bootstrap};
use crate::support::sample_target::sample_target;
use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use serde_json::{Value, json};

const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-southeast-2"];
const DSN: &str = "https://publ1ckey@o0.ingest.sentry.io/4711";

/// A group of one probe, as an element of `groups`.
fn group(name: &str, url: &str) -> String {
    format!("- name: {name}\n  tags: {{target: a}}\n  probes:\n  - {{probe: probes.http, url: '{url}'}}\n")
}

/// What `push` makes of such a group.
fn pushed(name: &str, url: &str) -> String {
    group(name, url).trim_start_matches("- ").replace("\n  ", "\n")
}

fn groups(names: &[&str]) -> String {
    let groups: String = names.iter().map(|name| group(name, "https://a.example/")).collect();
    format!("groups:\n{groups}")
}

/// A workspace whose AWS is at this endpoint.
fn workspace(config: &str, endpoint: &str) -> Workspace {
    let keys = [("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_ENDPOINT_URL", endpoint)];
    keys.into_iter().fold(Workspace::with(config), |workspace, (name, value)| workspace.variable(name, value))
}

fn push(workspace: &Workspace, arguments: &[&str]) -> Ran {
    workspace.run(&[&["push", "--yes"], arguments].concat())
}

/// Exit 0, and nothing to complain about.
fn assert_fine(ran: &Ran) {
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
}

/// The names that were written or removed, in order.
fn changed(calls: &[Call]) -> Vec<String> {
    let name = |call: &Call| match call.target.as_deref()?.strip_prefix("AmazonSSM.")? {
        "PutParameter" => Some(format!("+{}", call.body["Name"].as_str()?)),
        "DeleteParameters" => Some(format!("-{}", strings_of(&call.body["Names"]).join(" -"))),
        _ => None,
    };
    calls.iter().filter_map(name).collect()
}

fn strings_of(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pushed_to_three_regions_is_what_the_function_runs() {
    let (sample, moto) = (sample_target().await, Moto::start().await);
    let sentry = Receiver::start(Behaviour::default()).await;
    let config = format!(
        "# All of it.
sentry:
  dsn: {dsn}
  environment: staging # for now
tags: {{version: 1.10}}
groups:
# The shop.
- tags: &tags {{target: Shop}}
  probes:
  - &home {{probe: probes.http, title: Home, url: '{home}', headers: {{x-token: {{ssm: /shop/token}}}}}}
- name: till
  tags: *tags
  probes:
  - {{<<: *home, title: Till}}
",
        dsn = sentry.dsn(),
        home = sample.url("/"),
    );
    moto.put("/sentrynet/groups/gone", "probes: []").await;
    for name in ["/sentrynet/password", "/sentrynet/groups/deep/er", "/sentrynets/groups/x", "/shop/token"] {
        moto.put_secret(name, "somebody's").await;
    }
    let workspace = workspace(&config, &moto.endpoint());
    let ran = push(&workspace, &["--region", REGIONS[0], REGIONS[1], "--region", REGIONS[2]]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for line in
        ["eu-west-1: 4 written, 1 removed", "us-east-1: 4 written, 0 removed", "ap-southeast-2: 4 written, 0 removed"]
    {
        assert!(ran.out.lines().any(|other| other == line), "{line} in {}", ran.out);
    }
    // Only eu-west-1 has the token, and a group that is gone: the others are shown together.
    assert!(ran.err.contains("in us-east-1 and ap-southeast-2 there is no parameter /shop/token"), "{}", ran.err);
    let headings = ran.out.lines().filter(|line| REGIONS.iter().any(|region| line.starts_with(region)));
    assert_eq!(headings.take(2).collect::<Vec<_>>(), ["eu-west-1", "us-east-1, ap-southeast-2"]);
    assert_eq!(ran.out.matches("/sentrynet/groups/gone: removed").count(), 1);

    let probe = |title: &str| {
        format!(
            "probes:\n- probe: probes.http\n  title: {title}\n  url: {}\n  headers:\n    x-token:\n      ssm: /shop/token\n",
            sample.url("/")
        )
    };
    let home = "# The shop.\nname: shop\ntags: &tags {target: Shop}\nprobes:\n- &home {probe: probes.http, ";
    for region in REGIONS {
        let held = moto.parameters(region).await;
        let ours = held.iter().filter(|(name, _)| name.starts_with("/sentrynet/") && held[*name].value != "somebody's");
        let ours: Vec<_> = ours.map(|(name, held)| (name.as_str(), held.is_secure, held.is_advanced)).collect();
        let expected = [
            ("/sentrynet/dsn", true, false),
            ("/sentrynet/groups/shop", false, false),
            ("/sentrynet/groups/till", false, false),
            ("/sentrynet/sentry", false, false),
        ];
        assert_eq!(ours, expected);
        assert_eq!(held["/sentrynet/dsn"].value, sentry.dsn().to_string());
        assert_eq!(
            held["/sentrynet/sentry"].value,
            "# All of it.\nsentry:\n  environment: staging # for now\ntags: {version: 1.10}\n"
        );
        assert!(held["/sentrynet/groups/shop"].value.starts_with(home), "{held:?}");
        assert_eq!(
            held["/sentrynet/groups/till"].value,
            format!("name: till\ntags:\n  target: Shop\n{}", probe("Till"))
        );
        let others = held.values().filter(|held| held.value == "somebody's").count();
        assert_eq!(others, if region == "eu-west-1" { 4 } else { 0 });
    }
    let again = push(&workspace, &["--region", "eu-west-1"]);
    assert_fine(&again);
    assert_eq!(again.out, "eu-west-1\nno changes\n");

    moto.client("us-east-1")
        .await
        .put_parameter()
        .name("/shop/token")
        .value("t0ken")
        .r#type(ParameterType::SecureString)
        .send()
        .await
        .expect("a parameter");
    let environment = moto.environment().into_iter().map(|(name, value)| match name {
        "AWS_REGION" | "AWS_DEFAULT_REGION" => (name, "us-east-1".to_owned()),
        _ => (name, value),
    });
    let function = Function::start(bootstrap(), environment.collect::<Vec<_>>()).await;
    for (group, title) in [("shop", "Home"), ("till", "Till")] {
        let answer = function.invoke(&json!({"group": group})).await;
        assert_eq!(strings(results(&answer), "title"), [title]);
        assert_eq!(strings(results(&answer), "status"), ["ok"]);
        let received = sentry.received().pop().expect("an envelope");
        let items = received.envelope.items().expect("items");
        let transaction: Value = serde_json::from_slice(&items[0].payload).expect("JSON");
        assert_eq!(transaction["environment"], "staging");
        let tags = &transaction["tags"];
        assert_eq!(
            (&tags["version"], &tags["target"], &tags["location"]),
            (&json!("1.10"), &json!("Shop"), &json!("us-east-1"))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_differs_is_written_and_what_is_gone_is_removed_last() {
    let moto = Moto::start().await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let names: Vec<String> = (10..33).map(|number| format!("g{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let config = |rest: &str| format!("sentry: {{dsn: '{DSN}'}}\ntags: {{a: b}}\n{rest}");
    let workspace = workspace(&config(&groups(&names)), &proxy.url());
    assert_fine(&push(&workspace, &["--region", "eu-west-1"]));
    let first = changed(&proxy.calls());
    assert_eq!((first.len(), &first[23..]), (25, &["+/sentrynet/dsn".to_owned(), "+/sentrynet/sentry".to_owned()][..]));

    let fewer = groups(&names[..11]) + &group("g10-b", "https://b.example/");
    workspace.write("config/sentrynet.yaml", config(&fewer).replace("a: b", "a: c"));
    let ran = push(&workspace, &["--region", "eu-west-1"]);
    assert_fine(&ran);
    let second = changed(&proxy.calls());
    let removed =
        |names: &[&str]| names.iter().map(|name| format!("-/sentrynet/groups/{name}")).collect::<Vec<_>>().join(" ");
    assert_eq!(
        second,
        [
            "+/sentrynet/groups/g10-b".to_owned(),
            "+/sentrynet/sentry".to_owned(),
            removed(&names[11..21]),
            removed(&names[21..])
        ]
    );
    assert!(ran.out.ends_with("eu-west-1: 2 written, 12 removed\n"), "{}", ran.out);
    let held = moto.parameters("eu-west-1").await;
    assert_eq!((held.len(), held["/sentrynet/groups/g10"].version, held["/sentrynet/sentry"].version), (14, 1, 2));

    // Without settings there is no parameter of them.
    workspace.write("config/sentrynet.yaml", fewer);
    assert_fine(&push(&workspace, &["--region", "eu-west-1"]));
    assert_eq!(changed(&proxy.calls()), ["-/sentrynet/sentry"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_reads_in_between_finds_groups_that_go_with_the_settings() {
    let moto = Moto::start().await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let config = |regions: &str, group: &str| {
        format!(
            "regions: {regions}\ngroups: [{{name: a, tags: {{target: a}}, regions: {group}, probes: [{{probe: probes.http, url: 'https://a.example/'}}]}}]"
        )
    };
    let workspace = workspace("", &proxy.url());
    let order = |regions: &str, group: &str| {
        workspace.write("config/sentrynet.yaml", config(regions, group));
        assert_eq!(push(&workspace, &["--region", "eu-west-1"]).code, 0);
        changed(&proxy.calls())
            .iter()
            .map(|name| name.trim_start_matches("+/sentrynet/").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(order("[eu-west-1]", "[eu-west-1]"), ["groups/a", "sentry"]);
    // A region more, and the group goes there: it would not be among the old settings' regions.
    assert_eq!(order("[eu-west-1, us-east-1]", "[us-east-1]"), ["sentry", "groups/a"]);
    // A region less: the old group would not be among the new ones.
    assert_eq!(order("[eu-west-1]", "[eu-west-1]"), ["groups/a", "sentry"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_region_that_fails_does_not_stop_the_others() {
    let moto = Moto::start().await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let workspace =
        workspace(&format!("tags: {{a: b}}\n{}", groups(&["one", "two"])), &proxy.url()).variable("SENTRY_DSN", DSN);
    let to_all = ["--region", "eu-west-1,us-east-1,ap-southeast-2"];
    proxy.refuse("us-east-1", "PutParameter", "groups/two", "AccessDeniedException");
    proxy.refuse("ap-southeast-2", "DescribeParameters", "", "UnrecognizedClientException");
    let ran = push(&workspace, &to_all);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.out.contains("eu-west-1: 4 written, 0 removed\nus-east-1: 1 written, 0 removed, incomplete\n"),
        "{}",
        ran.out
    );
    for part in [
        "not allowed to write the SSM parameters /sentrynet/groups/two in us-east-1: the role needs ssm:PutParameter",
        "AWS rejects the current credentials in ap-southeast-2",
        "push again",
    ] {
        assert!(ran.err.contains(part), "{part} in {}", ran.err);
    }
    // AWS may quote what it refuses.
    proxy.refuse("eu-west-1", "PutParameter", "sentrynet/dsn", "ValidationException");
    let ran = push(&workspace, &["--region", "eu-west-1", "--dsn", &DSN.replace("publ1c", "an0ther")]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("refused to write /sentrynet/dsn: ValidationException: because"), "{}", ran.err);
    assert!(!ran.err.contains("an0ther") && !ran.err.contains("4711"), "{}", ran.err);
    proxy.calls();
    proxy.refuse_nothing();
    let ran = push(&workspace, &to_all);
    assert_fine(&ran);
    let second = proxy.calls();
    let of =
        |region: &str| second.iter().filter(|call| call.region.as_deref() == Some(region)).cloned().collect::<Vec<_>>();
    let written = ["eu-west-1", "us-east-1", "ap-southeast-2"].map(|region| changed(&of(region)).len());
    assert_eq!(written, [0, 3, 4]);

    // Nothing can be read anywhere: there is nothing to ask about.
    proxy.refuse("eu-west-1", "GetParameters", "", "AccessDeniedException");
    let ran = workspace.run(&["push", "--region", "eu-west-1"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("not allowed to read the SSM parameters"), "{}", ran.err);
    proxy.refuse("us-east-1", "DeleteParameters", "", "AccessDeniedException");
    workspace.write("config/sentrynet.yaml", format!("tags: {{a: b}}\n{}", groups(&["one"])));
    let ran = push(&workspace, &["--region", "us-east-1"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains("not allowed to remove the SSM parameters /sentrynet/groups/two in us-east-1"),
        "{}",
        ran.err
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_large_is_of_the_advanced_tier_and_stays_so() {
    let moto = Moto::start().await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let config = |bytes: usize| {
        let body = "\u{e4}".repeat(bytes / 2);
        format!(
            "groups:\n- name: a\n  tags: {{target: a}}\n  probes:\n  - {{probe: probes.http, url: 'https://a.example/', body: {body}}}\n"
        )
    };
    let workspace = workspace(&config(4100), &proxy.url()).variable("SENTRY_DSN", DSN);
    let ran = push(&workspace, &["--region", "eu-west-1"]);
    assert_fine(&ran);
    assert!(ran.out.contains("/sentrynet/groups/a: new, 4192 bytes, advanced tier"), "{}", ran.out);
    assert!(moto.parameters("eu-west-1").await["/sentrynet/groups/a"].is_advanced);

    workspace.write("config/sentrynet.yaml", config(100));
    let ran = push(&workspace, &["--region", "eu-west-1"]);
    assert!(ran.out.contains("/sentrynet/groups/a: changed, 192 bytes, advanced tier"), "{}", ran.out);
    assert!(moto.parameters("eu-west-1").await["/sentrynet/groups/a"].is_advanced, "there is no way back");

    proxy.calls();
    workspace.write("config/sentrynet.yaml", config(8200));
    let ran = push(&workspace, &["--region", "eu-west-1"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for part in
        ["error: the group `a` takes 8.1 KiB", "--> config/sentrynet.yaml:2:3\n", "8 KiB at most", "{ssm: /path}"]
    {
        assert!(ran.err.contains(part), "{part} in {}", ran.err);
    }
    assert_eq!(proxy.calls().len(), 0, "AWS is not even asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_encrypted_stays_encrypted_with_its_key() {
    let moto = Moto::start().await;
    let client = moto.client("eu-west-1").await;
    let put = |name: &str, kind: ParameterType, value: &str| {
        client.put_parameter().name(name).r#type(kind).value(value).tier(ParameterTier::Standard)
    };
    let secure = put("/p/groups/a", ParameterType::SecureString, "probes: []").key_id("alias/ours");
    secure.send().await.expect("a parameter");
    put("/p/dsn", ParameterType::String, DSN).send().await.expect("a parameter");
    let workspace =
        workspace(&groups(&["a"]), &moto.endpoint()).variable("SENTRY_DSN", DSN).variable("SENTRYNET_PREFIX", "/p/");
    assert_fine(&push(&workspace, &["--region", "eu-west-1"]));
    let held = moto.parameters("eu-west-1").await;
    let group = &held["/p/groups/a"];
    assert_eq!(
        (group.is_secure, group.key.as_deref(), &group.value),
        (true, Some("alias/ours"), &pushed("a", "https://a.example/"))
    );
    assert!(held["/p/dsn"].is_secure, "{held:?}");
    for (key, version) in [("alias/ours", 3), ("alias/ours", 3), ("alias/theirs", 4)] {
        assert_fine(&push(&workspace, &["--region", "eu-west-1", "--kms-key", key]));
        let dsn = moto.parameters("eu-west-1").await.remove("/p/dsn").expect("a DSN");
        assert_eq!((dsn.key.as_deref(), dsn.version, dsn.value.as_str()), (Some(key), version, DSN));
    }
    let other = DSN.replace("4711", "4712");
    assert_fine(&push(&workspace, &["--region", "eu-west-1", "--dsn", &other]));
    let dsn = moto.parameters("eu-west-1").await.remove("/p/dsn").expect("a DSN");
    assert_eq!((dsn.key.as_deref(), dsn.value), (Some("alias/theirs"), other));

    let proxy = Proxy::of(moto.endpoint()).await;
    proxy.refuse("eu-west-1", "PutParameter", "/p/dsn", "HierarchyTypeMismatchException");
    let workspace = workspace.variable("AWS_ENDPOINT_URL", &proxy.url());
    let ran = push(&workspace, &["--region", "eu-west-1"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("aws ssm delete-parameter --region eu-west-1 --name /p/dsn"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_writes_are_tried_again() {
    let moto = Moto::start().await;
    let proxy = Proxy::of(moto.endpoint()).await;
    let workspace = workspace(&groups(&["a"]), &proxy.url());
    // Two calls list, none reads, as there is nothing; the next ones write.
    let throttled = || json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
    for _ in 0..5 {
        proxy.answer_next(400, throttled());
    }
    let ran = push(&workspace, &["--region", "eu-west-1", "--dsn", DSN]);
    assert_fine(&ran);
    assert!(ran.out.ends_with("eu-west-1: 2 written, 0 removed\n"), "{}", ran.out);
}
