//! Deployed as people deploy it: `make deploy` with AWS's own SAM CLI, to moto in the place of AWS, and the function that SAM
//! built under AWS's own emulator, fired as the rules say that are there afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::answer::{results, strings};
use crate::support::deploy_env::DeployEnv;
use crate::support::kent::Kent;
use crate::support::rie::Function;
use crate::support::sample_target::sample_target;
use crate::support::template::input;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-southeast-2"];
const WEEK: u64 = 7 * 24 * 60;

/// Periods that divide the day, so that each firing has its tick, and are long enough for a latest firing to be fresh.
fn configuration(sample: &str) -> String {
    let text = "regions: [eu-west-1, us-east-1, ap-southeast-2]
tags: {team: web}
groups:
  - name: website
    tags: {target: website}
    probes:
      - {probe: probes.http, title: Home, url: 'SHOP/', every: 10m, burst: 2}
      - {probe: probes.http, title: Till, url: 'SHOP/till', every: 30m, tags: {page: home}}
  - name: turns
    spread: round-robin
    probes: [{probe: probes.http, title: Turn, url: 'SHOP/', every: 1h}]
  - name: home
    regions: [us-east-1]
    probes: [{probe: probes.http, title: Members, url: 'SHOP/', every: 2h, headers: {x-token: {ssm: /team/token}}}]
";
    text.replace("SHOP", sample.trim_end_matches('/'))
}

fn every(title: &str) -> u64 {
    match title {
        "Home" => 600,
        "Till" => 1800,
        "Turn" => 3600,
        "Members" => 7200,
        _ => panic!("{title}"),
    }
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).expect("a time")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A rule of a region and its targets.
type Rule = (Value, Vec<Value>);

/// The minutes after `from` at which these rules fire, by somebody else's reader of their expressions; with what they say
/// then.
fn firings(rules: &[Rule], from: OffsetDateTime, minutes: u64) -> Vec<(OffsetDateTime, Value)> {
    let rules: Vec<_> = rules.iter().filter(|(rule, _)| rule["State"] == "ENABLED").collect();
    let case = |rule: &Value| json!({"expression": rule["ScheduleExpression"], "from": from.unix_timestamp(), "minutes": minutes});
    let verdicts = crate::support::python("cron", "fire.py", rules.iter().map(|(rule, _)| case(rule)));
    let mut firings = Vec::new();
    for ((_, targets), verdict) in rules.iter().zip(verdicts) {
        assert!(verdict["problem"].is_null(), "{verdict}");
        for minute in verdict["fires"].as_array().expect("minutes") {
            let time = from + Duration::from_secs(60 * minute.as_u64().expect("a minute"));
            firings.extend(targets.iter().map(|target| (time, input(&target["InputTransformer"], &rfc3339(time)))));
        }
    }
    firings
}

/// The function that SAM built, as the stack of a region has it.
async fn function(deploy_env: &DeployEnv, region: &str) -> Function {
    let deployed = deploy_env.aws(region, &["lambda", "get-function-configuration", "--function-name", "sentrynet"]);
    let mut environment = deploy_env.moto.environment();
    environment.retain(|(name, _)| !name.ends_with("REGION"));
    environment.push(("AWS_REGION", region.to_owned()));
    environment.push(("AWS_LAMBDA_FUNCTION_TIMEOUT", deployed["Timeout"].to_string()));
    environment.push(("SENTRYNET_PREFIX", text(&deployed["Environment"]["Variables"]["SENTRYNET_PREFIX"]).to_owned()));
    Function::start(&deploy_env.workspace.path().join(".aws-sam/build/ProbeFunction/bootstrap"), environment).await
}

/// Fires a region's rules once more as they fired last, and returns the results of what is not stale by now.
async fn fire(rules: &[Rule], function: &Function, region: &str) -> Vec<Value> {
    loop {
        if let Some(made) = fire_once(rules, function, region).await {
            return made;
        }
    }
}

/// The same; nothing if something became stale between the look at the clock and the run.
async fn fire_once(rules: &[Rule], function: &Function, region: &str) -> Option<Vec<Value>> {
    let now = OffsetDateTime::now_utc();
    let from = OffsetDateTime::from_unix_timestamp(now.unix_timestamp() / 60 * 60 - 86_400).expect("a time");
    let mut last: BTreeMap<(String, u64), Value> = BTreeMap::new();
    for (_, payload) in firings(rules, from, 24 * 60 + 1) {
        last.insert((text(&payload["group"]).to_owned(), payload["every"].as_u64().expect("seconds")), payload);
    }
    let mut made = Vec::new();
    for payload in last.into_values() {
        let answer = function.invoke(&payload).await;
        let every = time::Duration::seconds(payload["every"].as_i64().expect("seconds"));
        assert_eq!((&answer["location"], &answer["group"]), (&json!(region), &payload["group"]), "{answer:#}");
        assert!(!results(&answer).is_empty());
        for result in results(&answer) {
            assert_eq!(result["tick"], payload["time"], "a minute holds one tick, and these are whole minutes");
            let late = now - OffsetDateTime::parse(text(&result["tick"]), &Rfc3339).expect("a time");
            match text(&result["status"]) {
                "skipped" if late < every => return None,
                "skipped" => {}
                _ => {
                    assert!(late < every, "{result:#}");
                    made.push(result.clone());
                }
            }
        }
    }
    Some(made)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_regions_watch_as_planned_and_tell_sentry_where_from() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let deploy_env = DeployEnv::with(&configuration(&sample.url("")), &kent.dsn()).await;
    let token = ["ssm", "put-parameter", "--name", "/team/token", "--type", "SecureString", "--value", "hush-hush"];
    deploy_env.aws("us-east-1", &token);
    let ran = deploy_env.make(&["deploy"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);

    let rules = REGIONS.map(|region| deploy_env.rules(region));

    // A week: what fires is what is planned, with nothing missing and nothing to spare.
    let from = OffsetDateTime::from_unix_timestamp(1_795_132_800).expect("a time");
    let plan = deploy_env.workspace.run(&["plan", "--ticks", "168h", "--from", &rfc3339(from)]).json();
    for (region, rules) in REGIONS.into_iter().zip(&rules) {
        let planned: BTreeSet<String> = plan
            .iter()
            .filter(|line| line["region"] == region)
            .map(|line| format!("{} {} {}", line["tick"], line["group"], every(text(&line["probe"]))))
            .collect();
        let fires = firings(rules, from, WEEK);
        let fired: BTreeSet<String> = fires
            .iter()
            .map(|(_, payload)| format!("{} {} {}", payload["time"], payload["group"], payload["every"]))
            .collect();
        assert!(planned.len() > 1000, "{region}: {}", planned.len());
        assert_eq!(fired, planned, "{region}");
        assert_eq!(fires.len(), planned.len(), "{region}: something fires twice");
    }

    // Now: what the rules said last, to the function of each region.
    let hour = || OffsetDateTime::now_utc().unix_timestamp() / 3600;
    let began = hour();
    let mut expected: BTreeSet<(String, String)> = BTreeSet::new();
    let mut titles: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (region, rules) in REGIONS.into_iter().zip(&rules) {
        let function = function(&deploy_env, region).await;
        for result in fire(rules, &function, region).await {
            expected.insert((region.to_owned(), text(&result["trace_id"]).to_owned()));
            titles.entry(region).or_default().insert(text(&result["title"]).to_owned());
        }
        if region == "us-east-1" {
            by_hand(&deploy_env, &function);
        }
    }
    for region in REGIONS {
        assert!(titles[region].is_superset(&["Home", "Till"].map(str::to_owned).into()), "{titles:?}");
        assert_eq!(titles[region].contains("Members"), region == "us-east-1", "{titles:?}");
    }
    let turns = titles.values().filter(|titles| titles.contains("Turn")).count();
    assert!(turns == 1 || began != hour(), "one region a tick: {titles:?}");
    let transactions = kent.bodies("transaction").await;
    let tags = |body: &Value| (text(&body["tags"]["location"]).to_owned(), body["tags"]["team"] == "web");
    assert!(transactions.iter().all(|body| tags(body).1 && body["tags"]["probe"] == "probes.http"));
    let received: BTreeSet<(String, String)> = transactions
        .iter()
        .map(|body| (tags(body).0, text(&body["contexts"]["trace"]["trace_id"]).to_owned()))
        .collect();
    assert!(received.is_superset(&expected), "{expected:?} {received:?}");
    let regions: BTreeSet<&str> = received.iter().map(|(region, _)| region.as_str()).collect();
    assert_eq!(regions, REGIONS.into());
}

/// `make invoke`, as the function of this stack would answer; to the emulator it is called `function`.
fn by_hand(deploy_env: &DeployEnv, function: &Function) {
    let cli = format!("AWS=aws --endpoint-url {}", function.endpoint());
    let invoke = |group: &str, more: &[&str]| {
        let mut arguments = vec!["--silent", "invoke", "REGION=us-east-1", "STACK=function", &cli, group];
        arguments.extend(more);
        deploy_env.make(&arguments)
    };
    let ran = invoke("GROUP=website", &["PROBE=Home"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        (&answer["location"], strings(results(&answer), "title")),
        (&json!("us-east-1"), vec!["Home".to_owned(); 2])
    );

    let names =
        [("--function-name sentrynet", "--function-name function"), ("aws lambda", "aws --endpoint-url RIE lambda")];
    let words = [names[0], names[1], ("RIE", &function.endpoint()), ("eu-west-1", "us-east-1")];
    deploy_env.documented("echo '{\"group\"", "", &words);
    let answer = std::fs::read_to_string(deploy_env.workspace.path().join("answer.json")).expect("an answer");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(strings(results(&answer), "title"), ["Till"]);

    let ran = invoke("GROUP=webside", &[]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("webside") && ran.out.contains("ConfigurationError"), "{ran:?}");
    let ran = deploy_env.make(&["invoke", "GROUP=website"]);
    assert!(ran.code != 0 && ran.err.contains("make invoke GROUP=website REGION=eu-west-1"), "{ran:?}");
}
