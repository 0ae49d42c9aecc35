//! `sentrynet plan`: the rules, what they cost, and the ticks to come.

use std::collections::BTreeSet;

use crate::support::cli::Workspace;
use crate::support::schedules::instants;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

/// Three regions, all spreads, shared rules, and a group that stays at home.
const THREE: &str = "regions: [eu-west-1, us-east-1, ap-southeast-2]
groups:
  - tags: {target: website}
    probes:
      - {probe: probes.http, url: 'https://www.example.com/', every: 1m, burst: 2}
      - {probe: probes.http, url: 'https://www.example.org/', every: 5m}
  - tags: {target: api}
    spread: round-robin
    probes:
      - {probe: probes.http, url: 'https://api.example.com/', every: 1m}
      - {probe: probes.http, url: 'https://api.example.org/', every: 90}
  - tags: {target: shop}
    regions: [us-east-1]
    spread: together
    probes:
      - {probe: probes.http, url: 'https://shop.example.com/', every: 10}
      - {probe: probes.http, title: Till, url: {ssm: /till}, headers: {x-token: {env: TOKEN}}, every: 10}
      - {probe: probes.http, title: {ssm: /title}, url: 'https://shop.example.com/old', every: 24h}
";

fn rules(plan: &Value) -> Vec<String> {
    let rules = plan["rules"].as_array().expect("rules").iter();
    rules.map(|rule| rule["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_page_shows_every_rule_by_region_and_what_a_month_costs() {
    let ran = Workspace::with(THREE).run(&["plan"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let expected = "\
Rules in eu-west-1, us-east-1, ap-southeast-2
  region          every + phase  cron (UTC)           a day  runs/month  $/month
Every60: website: 1 probe every 1m
  eu-west-1       1m             * *                  1,440      87,600     1.87
  us-east-1       1m             * *                  1,440      87,600     1.87
  ap-southeast-2  1m             * *                  1,440      87,600     1.87
Every300: website: 1 probe every 5m
  eu-west-1       5m             0/5 *                  288       8,760     0.20
  us-east-1       5m + 1m        1/5 *                  288       8,760     0.20
  ap-southeast-2  5m + 3m        3/5 *                  288       8,760     0.20
Every60B: api: 1 probe every 1m
  eu-west-1       3m             0/3 *                  480      14,600     0.34
  us-east-1       3m + 1m        1/3 *                  480      14,600     0.34
  ap-southeast-2  3m + 2m        2/3 *                  480      14,600     0.34
Every90: api: 1 probe every 90s
  eu-west-1       270s           0,1,3,4,6,7,9,10...    960       9,733     0.54
  us-east-1       270s + 90s     0,1,3,4,6,7,9,10...    960       9,733     0.54
  ap-southeast-2  270s + 3m      0,1,3,4,6,7,9,10...    960       9,733     0.54
Every10: shop: 2 probes every 10s
  eu-west-1       disabled       * *                      0           0     0.00
  us-east-1       10s            * *                  1,440     525,600    13.52
  ap-southeast-2  disabled       * *                      0           0     0.00
Every86400: shop: 1 probe every 24h
  eu-west-1       disabled       0 0                      0           0     0.00
  us-east-1       24h            0 0                      1          30     0.00
  ap-southeast-2  disabled       0 0                      0           0     0.00
";
    assert!(ran.out.starts_with(expected), "{}", ran.out);
    for part in
        ["Lambda time (arm64, 128 MB)", "Sentry spans", "\nAWS and Sentry ", "List prices of 2025", "Assumptions: "]
    {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    assert!(ran.out.lines().all(|line| line.len() <= 80 && !line.contains('\u{1b}')), "{}", ran.out);
}

#[test]
fn json_is_one_object_with_all_figures() {
    let ran = Workspace::with(THREE).run(&["plan", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let [plan] = &ran.json()[..] else { panic!("{}", ran.out) };
    assert_eq!(plan["regions"], json!(["eu-west-1", "us-east-1", "ap-southeast-2"]));
    assert_eq!(rules(plan), ["Every60", "Every300", "Every60B", "Every90", "Every10", "Every86400"]);
    let turns = &plan["rules"][2];
    assert_eq!(turns["targets"], json!([{"group": "api", "every": 60, "probes": 1}]));
    let second = &turns["regions"][1];
    assert_eq!((&second["expression"], &second["state"]), (&json!("cron(1/3 * * * ? *)"), &json!("ENABLED")));
    assert_eq!(second["beats"], json!([{"period": 180, "phase": 60}]));
    let off = &plan["rules"][4]["regions"][0];
    assert_eq!((&off["state"], &off["beats"], &off["runs_a_month"]), (&json!("DISABLED"), &json!([]), &json!(0.0)));

    let number = |value: &Value| value.as_f64().expect("a number");
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6 * b.abs(), "{a} {b}");
    let regions =
        plan["rules"].as_array().into_iter().flatten().flat_map(|rule| rule["regions"].as_array().expect("regions"));
    let (mut runs, mut dollars) = (0.0, 0.0);
    for region in regions {
        runs += number(&region["runs_a_month"]);
        dollars += number(&region["dollars_a_month"]);
    }
    let totals = &plan["totals"];
    near(number(&totals["runs_a_month"]), runs);
    let bill: Vec<&Value> = plan["bill"].as_array().into_iter().flatten().collect();
    let of_stacks = bill.iter().filter(|item| item["what"] == "CloudWatch alarms");
    let alarms: f64 = of_stacks.map(|item| number(&item["dollars"])).sum();
    // Two in each of three regions; everything else is the rules'.
    near(alarms, 0.6);
    near(number(&totals["dollars_a_month"]), dollars + alarms);
    near(bill.iter().map(|item| number(&item["dollars"])).sum(), dollars + alarms);
    for item in bill {
        near(
            number(&item["amount"]) * number(&item["price"]) + 1.0,
            number(&item["dollars"]) * number(&item["per"]) + 1.0,
        );
        assert!(item["source"].as_str().is_some_and(|source| source.starts_with("https://")) && item["year"].is_u64());
    }
}

#[test]
fn parts_of_more_than_four_kibibytes_are_advanced_parameters_in_every_region() {
    let more = (0..40).map(|number| {
        format!("\n      - {{probe: probes.http, title: t{number}, url: 'https://{}.example/'}}", "b".repeat(60))
    });
    let large = format!("{}{}\n", THREE.trim_end(), more.collect::<String>());
    let amounts = |config: &str| -> Vec<f64> {
        let ran = Workspace::with(config).run(&["plan", "--json"]);
        let bill = ran.json()[0]["bill"].as_array().expect("a bill").clone();
        let of = |what: &str| bill.iter().find(|item| item["what"] == what).and_then(|item| item["amount"].as_f64());
        vec![of("SSM parameters over 4 KiB").expect("an item"), of("reads of these").expect("an item")]
    };
    assert_eq!(amounts(THREE), [0.0, 0.0]);
    // So are the settings, which every invocation reads.
    let tags: String = (0..30).map(|number| format!("  tag-{number}: {}\n", "a".repeat(150))).collect();
    let [parameters, reads] = amounts(&format!("tags:\n{tags}{}", THREE))[..] else { panic!("two amounts") };
    let firings = [1440.0 * 3.0, 288.0 * 3.0, 480.0 * 3.0, 960.0 * 3.0, 1440.0, 1.0];
    assert_eq!((parameters, reads.round()), (3.0, (firings.iter().sum::<f64>() * 365.0 / 12.0).round()));
    let [parameters, reads] = amounts(&large)[..] else { panic!("two amounts") };
    // It is read in the one region that the group runs in: every minute, every 5 minutes, and once a day.
    assert_eq!((parameters, reads.round()), (3.0, ((1440.0 + 288.0 + 1.0) * 365.0 / 12.0_f64).round()));
}

/// The ticks of a probe in a region, as lines, from `from` on for so many seconds.
fn lines(
    of: (&str, &str, &str, &str),
    period: u64,
    phase: u64,
    from: OffsetDateTime,
    seconds: u64,
) -> BTreeSet<String> {
    let (region, group, probe, rule) = of;
    let from = from.unix_timestamp() as u64;
    let text =
        |tick: u64| OffsetDateTime::from_unix_timestamp(tick as i64).expect("a time").format(&Rfc3339).expect("text");
    let line = |tick| json!({"region": region, "group": group, "probe": probe, "tick": text(tick), "rule": rule});
    instants(period, phase, from, from + seconds).map(|tick| line(tick).to_string()).collect()
}

#[test]
fn ticks_to_come_are_lines_of_json_in_order_of_time() {
    let ran = Workspace::with(THREE).run(&["plan", "--ticks", "2h", "--from", "2026-11-20T10:00:07+01:00"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.err);
    let from = datetime!(2026-11-20 09:00:07 UTC);
    let regions = ["eu-west-1", "us-east-1", "ap-southeast-2"];
    let mut expected = BTreeSet::new();
    for (place, region) in (0..).zip(regions) {
        for (group, probe, rule, period, phase) in [
            ("website", "GET https://www.example.com", "Every60", 60, 0),
            ("website", "GET https://www.example.org", "Every300", 300, [0, 60, 180][place as usize]),
            ("api", "GET https://api.example.com", "Every60B", 180, 60 * place),
            ("api", "GET https://api.example.org", "Every90", 270, 90 * place),
        ] {
            expected.extend(lines((region, group, probe, rule), period, phase, from, 7200));
        }
    }
    for probe in ["GET https://shop.example.com", "Till"] {
        expected.extend(lines(("us-east-1", "shop", probe, "Every10"), 10, 0, from, 7200));
    }
    let found: Vec<&str> = ran.out.lines().collect();
    assert_eq!(found.iter().map(|line| (*line).to_owned()).collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.len(), expected.len(), "each once");
    let ticks: Vec<String> = ran.json().iter().map(|line| line["tick"].as_str().expect("a tick").to_owned()).collect();
    assert!(ticks.is_sorted());
    assert!(found[0].starts_with(r#"{"region":"us-east-1","group":"shop","probe":"#), "{}", found[0]);

    // What stands elsewhere is not shown.
    let midnight = Workspace::with(THREE).run(&["plan", "--ticks", "1", "--from", "2026-11-21T00:00:00Z"]);
    let titles: Vec<Value> = midnight.json().iter().map(|line| line["probe"].clone()).collect();
    assert!(titles.contains(&json!("[Filtered]")), "{titles:?}");

    let now = OffsetDateTime::now_utc();
    let soon = Workspace::with(THREE).run(&["plan", "--ticks", "30s"]).json();
    let first = soon[0]["tick"].as_str().map(|text| OffsetDateTime::parse(text, &Rfc3339).expect("a time"));
    assert!(first.is_some_and(|first| first > now && first - now < time::Duration::minutes(1)), "{first:?} {now}");
}

#[test]
fn without_regions_the_one_at_hand_is_named_by_the_environment() {
    let text =
        "groups: [{name: one, spread: round-robin, probes: [{probe: probes.http, url: 'https://a.test/', every: 90}]}]";
    let arguments = ["plan", "--ticks", "3m", "--from", "2026-11-20T00:00:00Z"];
    for (workspace, region) in
        [(Workspace::with(text), "here"), (Workspace::with(text).variable("AWS_REGION", "sa-east-1"), "sa-east-1")]
    {
        let ran = workspace.run(&arguments);
        let times: Vec<_> = ran.json().iter().map(|line| (line["region"].clone(), line["tick"].clone())).collect();
        let times: Vec<_> =
            times.iter().map(|(region, tick)| (region.as_str().unwrap(), tick.as_str().unwrap())).collect();
        assert_eq!(times, [(region, "2026-11-20T00:00:00Z"), (region, "2026-11-20T00:01:30Z")]);
        assert!(workspace.run(&["plan"]).out.starts_with(&format!("Rules in {region}\n")));
    }
    // Regions that only groups name are regions.
    let ran = Workspace::with(&text.replace("spread:", "regions: [eu-west-3, eu-west-1], spread:")).run(&arguments);
    let regions: Vec<Value> = ran.json().iter().map(|line| line["region"].clone()).collect();
    assert_eq!(regions, ["eu-west-3", "eu-west-1"]);
}

#[test]
fn what_cannot_be_scheduled_is_refused_with_what_to_do() {
    let refused = |config: &str, arguments: &[&str], parts: &[&str]| {
        let ran = Workspace::with(config).run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        for part in parts {
            assert!(ran.err.contains(part), "{part} in {}", ran.err);
        }
    };
    refused(
        &THREE.replace("every: 10}", "every: 9}"),
        &["plan"],
        &["sentrynet.yaml:17:", "9s is too short: at least 10s"],
    );
    refused(
        &THREE.replace("every: 90}", "every: {env: EVERY}}"),
        &["plan", "--json"],
        &["sentrynet.yaml:11:", "the environment variable `EVERY`", "write the value here"],
    );
    let probe = "probes: [{probe: probes.http, url: 'http://a.test/', every: 24h}]";
    let groups = (0..1501).map(|number| format!("- {{name: g{number}, {probe}}}\n"));
    let many = format!("groups:\n{}", groups.collect::<String>());
    refused(
        &many,
        &["plan"],
        &["error: the configuration makes 301 rules", "--> config/sentrynet.yaml", "share a rule"],
    );
    for arguments in [
        &["plan", "--ticks", "soon"][..],
        &["plan", "--ticks", "1h", "--from", "today"],
        &["plan", "--from", "2026-11-20T00:00:00Z"],
        &["plan", "--json", "--ticks", "1h"],
    ] {
        refused(THREE, arguments, &["error: "]);
    }
    let ran = Workspace::empty().run(&["plan"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("there is no such file"), "{}", ran.err);
}
