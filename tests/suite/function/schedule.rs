//! The real function as rules fire it: the ticks of its region, and what becomes of those that come too late.

use std::time::Duration;

use crate::support::answer::{results, strings};
use crate::support::cli::Workspace;
use crate::support::kent::Kent;
use crate::support::rie::Function;
use crate::support::sample_target::{file, sample_target};
use crate::support::target::{Target, answer};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).expect("a time")
}

/// The function in a region.
async fn function(config: &std::path::Path, kent: &Kent, region: &str) -> Function {
    Function::with_file(config, Some(kent.dsn()), [("AWS_REGION", region.to_owned())]).await
}

/// The ticks that a firing of long ago finds: all of them, too late to be run.
async fn ticks(function: &Function, group: &str, every: u64, from: OffsetDateTime, window: u64) -> Vec<String> {
    let firing = json!({"group": group, "every": every, "time": rfc3339(from), "window": window});
    let answer = function.invoke(&firing).await;
    let runs = results(&answer);
    assert!(strings(runs, "status").iter().all(|status| *status == "skipped"), "{answer:#}");
    strings(runs, "tick")
}

const SPREADS: &str = "regions: [eu-west-1, us-east-1, ap-southeast-2]
groups:
  - name: stagger
    probes: [{probe: probes.http, url: 'SHOP', every: 5m}]
  - name: together
    spread: together
    probes: [{probe: probes.http, url: 'SHOP', every: 90}]
  - name: turns
    spread: round-robin
    probes: [{probe: probes.http, url: 'SHOP', every: 40}]
  - name: two
    regions: [ap-southeast-2, eu-west-1]
    spread: round-robin
    probes: [{probe: probes.http, url: 'SHOP', every: 1h}]
";

#[tokio::test]
async fn in_each_region_the_function_picks_the_ticks_that_the_plan_shows() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let text = SPREADS.replace("SHOP", &sample.url("/"));
    let config = file(&text);
    let from = datetime!(2026-11-20 10:00 UTC);
    let plan = Workspace::with(&text).run(&["plan", "--ticks", "3h", "--from", &rfc3339(from)]).json();
    for region in ["eu-west-1", "us-east-1", "ap-southeast-2"] {
        let function = function(config.path(), &kent, region).await;
        for (group, every) in [("stagger", 300), ("together", 90), ("turns", 40), ("two", 3600)] {
            let is_it = |line: &&Value| line["region"] == region && line["group"] == group;
            let planned: Vec<&str> = plan.iter().filter(is_it).filter_map(|line| line["tick"].as_str()).collect();
            let found = ticks(&function, group, every, from, 3 * 3600).await;
            if (region, group) == ("us-east-1", "two") {
                // Its rule is disabled there. By hand, it is as if it were alone.
                assert_eq!((planned.len(), found.len()), (0, 3));
                continue;
            }
            assert!(!planned.is_empty() && found == planned, "{group} in {region}: {found:?} {planned:?}");
        }
        let log = function.own_log();
        let warned: Vec<&str> = log
            .iter()
            .filter(|line| line["level"] == "WARN")
            .filter_map(|line| line["message"].as_str())
            .filter(|message| message.contains("not one of the group's regions"))
            .collect();
        let expected = "us-east-1 is not one of the group's regions (ap-southeast-2, eu-west-1): its probes run as if it were the only \
                        region";
        assert_eq!(warned, if region == "us-east-1" { vec![expected] } else { Vec::new() });
    }
}

#[tokio::test]
async fn minutes_without_a_tick_run_nothing_and_late_ones_are_told_in_the_log() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let config = file(&SPREADS.replace("SHOP", &sample.url("/")));
    let function = function(config.path(), &kent, "us-east-1").await;
    // A third of 5 minutes later, in whole minutes.
    for (minute, found) in [(0, vec![]), (1, vec!["2026-11-20T10:01:00Z"]), (2, vec![])] {
        let from = datetime!(2026-11-20 10:00 UTC) + Duration::from_secs(60 * minute);
        assert_eq!(ticks(&function, "stagger", 300, from, 60).await, found, "minute {minute}");
    }
    let log = function.own_log();
    let told: Vec<&Value> = log.iter().filter(|line| line["level"] == "WARN").collect();
    let [told] = told[..] else { panic!("{told:?}") };
    assert_eq!((&told["group"], &told["runs"]), (&json!("stagger"), &json!(1)));
    assert!(told["message"].as_str().is_some_and(|text| text.starts_with("skipped: stale: ")), "{told}");
    let done: Vec<&Value> = log.iter().filter(|line| line["message"] == "done").map(|line| &line["skipped"]).collect();
    assert_eq!(done, [0, 1, 0]);
}

/// The ten seconds that have begun, or the next ones, where a busy machine could be late for these.
fn ten_seconds(now: OffsetDateTime) -> OffsetDateTime {
    let second = now.unix_timestamp();
    let into = second.rem_euclid(10);
    OffsetDateTime::from_unix_timestamp(second - into + if into > 2 { 10 } else { 0 }).expect("a time")
}

#[tokio::test]
async fn ticks_within_the_minute_are_waited_for_and_each_makes_its_burst() {
    let (target, kent) = (Target::http(|_| answer("200 OK", &[], "fine")).await, Kent::start().await);
    let probe = format!("{{probe: probes.http, url: '{}', every: 10, burst: 4}}", target.url("/"));
    let config = file(&format!("groups: [{{name: often, probes: [{probe}]}}]"));
    let timeout = ("AWS_LAMBDA_FUNCTION_TIMEOUT", "90".to_owned());
    let function = Function::with_file(config.path(), Some(kent.dsn()), [timeout]).await;
    let from = ten_seconds(OffsetDateTime::now_utc());
    let answer = function.invoke(&json!({"group": "often", "every": 10, "time": rfc3339(from), "window": 30})).await;
    let runs = results(&answer);
    assert_eq!((runs.len(), target.connections()), (12, 12));
    assert_eq!(answer["ok"], 12, "{answer:#}");
    assert_eq!(answer["delivery"]["delivered"], 12);
    for (tick, burst) in (0..).zip(runs.chunks(4)) {
        let tick = from + Duration::from_secs(10 * tick);
        assert_eq!(strings(burst, "tick"), [rfc3339(tick).as_str(); 4]);
        let started =
            |run: &Value| OffsetDateTime::parse(run["started"].as_str().expect("text"), &Rfc3339).expect("a time");
        assert!(burst.iter().all(|run| started(run) >= tick), "{burst:#?}");
        assert!(burst.is_sorted_by_key(started), "{burst:#?}");
    }
}
