use serde_json::json;
use time::macros::datetime;

use crate::config::Spread;
use crate::probe::Check;
use crate::probe::script::Script;
use crate::runner::payload::*;

fn read(payload: Value) -> Result<Payload, String> {
    Payload::from_json(payload).map_err(|error| error.to_string())
}

fn refused(payload: Value) -> String {
    read(payload).unwrap_err()
}

fn by_hand(group: &str) -> Payload {
    Payload { group: group.to_owned(), firing: None, probe: None, tags: Tags::new() }
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn probe(title: &str, every: u64, pairs: &[(&str, &str)]) -> Arc<Probe> {
    Arc::new(Probe {
        title: title.to_owned(),
        identity: title.to_owned(),
        every: Duration::from_secs(every),
        burst: 1,
        timeout: Duration::from_secs(10),
        retries: 0,
        retry_pause: Duration::from_secs(1),
        tags: tags(pairs),
        check: Check::Script(Box::new(Script { init_keys: Vec::new(), steps: Vec::new() })),
    })
}

fn group() -> Group {
    Group {
        name: "demo".to_owned(),
        tags: Tags::new(),
        regions: Vec::new(),
        spread: Spread::default(),
        probes: vec![
            probe("Home", 30, &[("target", "demo"), ("page", "home")]),
            probe("Login", 300, &[("target", "demo"), ("page", "login")]),
            probe("Search", 30, &[("target", "demo"), ("page", "search")]),
        ],
    }
}

fn selected(payload: Value) -> Result<Vec<String>, String> {
    let payload = read(payload)?;
    let group = group();
    let probes = payload.select(&group).map_err(|error| error.to_string())?;
    Ok(probes.into_iter().map(|probe| probe.title.clone()).collect())
}

#[test]
fn a_rule_names_the_group_the_period_and_the_window() {
    let payload = json!({"group": "demo", "every": 60, "time": "2026-11-20T10:00:00Z", "window": 300});
    let firing = Firing {
        every: Duration::from_secs(60),
        time: Some(datetime!(2026-11-20 10:00 UTC)),
        window: Duration::from_secs(300),
    };
    assert_eq!(read(payload), Ok(Payload { firing: Some(firing), ..by_hand("demo") }));
}

#[test]
fn by_hand_the_group_is_enough() {
    assert_eq!(read(json!({"group": "demo"})), Ok(by_hand("demo")));
    assert_eq!(
        read(json!({"group": "demo", "tags": {"page": "home", "n": 1}, "probe": "Home"})),
        Ok(Payload { probe: Some("Home".to_owned()), tags: tags(&[("page", "home"), ("n", "1")]), ..by_hand("demo") })
    );
}

#[test]
fn without_a_time_the_window_is_the_one_that_has_begun() {
    let firing = |payload| read(payload).unwrap().firing.unwrap();
    let now = datetime!(2026-11-20 10:03:20.5 UTC);
    let minute = firing(json!({"group": "demo", "every": 30}));
    assert_eq!((minute.window, minute.start(now)), (Duration::from_secs(60), datetime!(2026-11-20 10:03 UTC)));
    let five = firing(json!({"group": "demo", "every": 30, "window": 300}));
    assert_eq!(five.start(now), datetime!(2026-11-20 10:00 UTC));
    let told = firing(json!({"group": "demo", "every": 30, "time": "2026-11-20T09:00:00+01:00"}));
    assert_eq!(told.start(now), datetime!(2026-11-20 08:00 UTC));
}

#[test]
fn what_is_not_a_payload_is_refused_with_a_reason() {
    for (payload, reason) in [
        (json!(null), "the payload must be a JSON object such as {\"group\": \"demo\"}, not null"),
        (json!([{"group": "demo"}]), "the payload must be a JSON object such as {\"group\": \"demo\"}, not a list"),
        (json!({}), "the payload has no \"group\": {\"group\": \"demo\"}"),
        (json!({"group": 7}), "\"group\" in the payload must be the name of a group, not 7"),
        (json!({"group": ""}), "\"group\" in the payload must be the name of a group, not \"\""),
        (
            json!({"group": "demo", "evry": 60}),
            "unknown key \"evry\" in the payload (did you mean \"every\"?); expected one of \"group\", \"every\", \
             \"time\", \"window\", \"probe\", \"tags\"",
        ),
        (json!({"group": "demo", "time": "2026-11-20T10:00:00Z"}), "\"time\" in the payload requires \"every\""),
        (json!({"group": "demo", "window": 60}), "\"window\" in the payload requires \"every\""),
        (
            json!({"group": "demo", "every": 60, "time": "yesterday"}),
            "\"time\" in the payload must be a time such as \"2026-11-20T10:00:00Z\" (RFC 3339), not \"yesterday\"",
        ),
        (
            json!({"group": "demo", "tags": ["page"]}),
            "\"tags\" in the payload must be an object of tag names and values such as {\"page\": \"home\"}, not a list",
        ),
        (
            json!({"group": "demo", "tags": {"page": null}}),
            "\"tags\" in the payload must be an object of tag names and values such as {\"page\": \"home\"}, not null",
        ),
    ] {
        assert_eq!(refused(payload), reason);
    }
    for every in [json!(0), json!(-60), json!("60"), json!(1e300), json!(null), json!(true)] {
        let reason = refused(json!({"group": "demo", "every": every}));
        assert!(
            reason.contains("\"every\" in the payload must be a number of seconds greater than 0, not"),
            "{reason}"
        );
    }
    for window in [json!(0), json!(86_401), json!(-1)] {
        let reason = refused(json!({"group": "demo", "every": 60, "window": window}));
        assert!(reason.contains("\"window\" in the payload must be"), "{reason}");
    }
}

#[test]
fn long_values_are_cut_in_errors() {
    let long = "ü".repeat(1000);
    let group = by_hand(&long).unknown_group(["demo"]).to_string();
    for reason in [refused(json!({"group": "demo", "every": long})), refused(json!({(long): 1})), group] {
        assert!(reason.chars().count() < 200, "{reason}");
    }
}

#[test]
fn an_unknown_group_is_answered_with_the_known_ones() {
    let error = by_hand("dmeo").unknown_group(["demo", "shop"]);
    assert_eq!(error.to_string(), "unknown group \"dmeo\" (did you mean \"demo\"?); available: \"demo\", \"shop\"");
    assert_eq!(by_hand("x").unknown_group([]).to_string(), "unknown group \"x\"; available: none");
}

#[test]
fn probes_are_chosen_by_period_title_and_tags() {
    let titles = |titles: &[&str]| Ok(titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>());
    assert_eq!(selected(json!({"group": "demo"})), titles(&["Home", "Login", "Search"]));
    assert_eq!(selected(json!({"group": "demo", "every": 30})), titles(&["Home", "Search"]));
    assert_eq!(selected(json!({"group": "demo", "every": 30.0})), titles(&["Home", "Search"]));
    assert_eq!(selected(json!({"group": "demo", "probe": "Login"})), titles(&["Login"]));
    assert_eq!(selected(json!({"group": "demo", "tags": {"page": "home"}})), titles(&["Home"]));
    assert_eq!(selected(json!({"group": "demo", "tags": {"target": "demo"}, "every": 300})), titles(&["Login"]));
}

#[test]
fn a_choice_that_leaves_nothing_is_an_error_that_says_what_there_is() {
    for (payload, reason) in [
        (
            json!({"group": "demo", "probe": "Logn"}),
            "no probe of group \"demo\" is titled \"Logn\" (did you mean \"Login\"?); available: \"Home\", \"Login\", \"Search\"",
        ),
        (json!({"group": "demo", "every": 60}), "no probe of group \"demo\" runs every 60s; available: 30s, 300s"),
        (
            json!({"group": "demo", "probe": "Home", "tags": {"page": "login"}}),
            "no probe of group \"demo\" has the tags page=login; available: page=home, target=demo",
        ),
    ] {
        assert_eq!(selected(payload), Err(reason.to_owned()));
    }
}
