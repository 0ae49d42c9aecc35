//! `sentrynet compile`: the SAM template of a configuration.

use crate::support::cli::{Ran, Workspace};
use crate::support::template::{in_region, input, parse, repository, rules};
use serde_json::{Value, json};

/// Three regions, all spreads, and a group that stays at home.
const THREE: &str = "regions: [eu-west-1, us-east-1, ap-southeast-2]
groups:
  - name: website
    probes:
      - {probe: probes.http, url: 'https://www.example.com/', every: 1m, burst: 2}
      - {probe: probes.http, url: 'https://www.example.org/', every: 5m}
  - name: api
    spread: round-robin
    probes:
      - {probe: probes.http, url: 'https://api.example.com/', every: 1m}
      - {probe: probes.http, url: 'https://api.example.com/', every: 90}
  - name: shop.example_com-1
    regions: [us-east-1]
    probes:
      - {probe: probes.http, url: 'https://shop.example.com/', every: 30, burst: 3, timeout: 20s}
      - {probe: probes.http, title: Till, url: {ssm: /till}, headers: {x-token: {ssm: '/team/token:3'}}, every: 10m}
";

fn compiled(workspace: &Workspace) -> Value {
    let ran = workspace.run(&["compile"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    parse(&read(workspace, "template.yaml"))
}

fn read(workspace: &Workspace, path: &str) -> String {
    std::fs::read_to_string(workspace.path().join(path)).expect("a file")
}

#[test]
fn the_rules_are_those_of_the_plan_in_every_region() {
    let workspace = Workspace::with(THREE);
    let template = compiled(&workspace);
    let plan = workspace.run(&["plan", "--json"]).json().remove(0);
    let rules = rules(&template);
    let planned = plan["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), planned.len());
    for ((name, rule), planned) in rules.iter().zip(planned) {
        assert_eq!(*name, planned["name"]);
        assert_eq!(rule["Name"], json!({"Fn::Sub": format!("${{AWS::StackName}}-{name}")}));
        for region in planned["regions"].as_array().expect("regions") {
            let place = region["region"].as_str().expect("a region");
            let value = |name: &str| in_region(&template, &rule[name], place);
            assert_eq!(value("ScheduleExpression"), &region["expression"], "{name} in {place}");
            assert_eq!(value("State"), &region["state"], "{name} in {place}");
        }
        let targets = rule["Targets"].as_array().expect("targets");
        let planned = planned["targets"].as_array().expect("targets");
        assert_eq!(targets.len(), planned.len());
        for (target, planned) in targets.iter().zip(planned) {
            let time = "2026-11-20T10:00:00Z";
            let payload = json!({"group": planned["group"], "every": planned["every"], "time": time, "window": 60});
            assert_eq!(input(&target["InputTransformer"], time), payload);
            assert_eq!(target["Arn"], json!({"Fn::GetAtt": ["ProbeFunction", "Arn"]}));
            assert_eq!(target["RetryPolicy"], json!({"MaximumEventAgeInSeconds": 60}));
            assert_eq!(target["DeadLetterConfig"], json!({"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}));
        }
    }
    let states: Vec<&Value> = rules.iter().map(|(_, rule)| in_region(&template, &rule["State"], "eu-west-1")).collect();
    assert_eq!(states, ["ENABLED", "ENABLED", "ENABLED", "ENABLED", "DISABLED", "DISABLED"]);
}

#[test]
fn without_regions_nothing_depends_on_the_region() {
    let template = compiled(&Workspace::with(
        &THREE
            .replace("regions: [eu-west-1, us-east-1, ap-southeast-2]\n", "")
            .replace("    regions: [us-east-1]\n", ""),
    ));
    assert_eq!((&template["Mappings"], &template["Rules"]), (&Value::Null, &Value::Null));
    for (name, rule) in rules(&template) {
        assert_eq!(rule["State"], "ENABLED", "{name}");
        assert!(rule["ScheduleExpression"].is_string(), "{name}");
    }
}

#[test]
fn a_region_that_is_not_configured_is_refused() {
    let template = compiled(&Workspace::with(THREE));
    let [assertion] = &template["Rules"]["IsRegionConfigured"]["Assertions"].as_array().expect("assertions")[..] else {
        panic!("{template:#}")
    };
    let regions = ["eu-west-1", "us-east-1", "ap-southeast-2"];
    assert_eq!(assertion["Assert"], json!({"Fn::Contains": [regions, {"Ref": "AWS::Region"}]}));
    assert!(assertion["AssertDescription"].as_str().is_some_and(|text| text.contains("`regions`")));
}

#[test]
fn a_changed_period_changes_its_rules_and_nothing_else() {
    let workspace = Workspace::with(THREE);
    let before = compiled(&workspace);
    workspace.write("config/sentrynet.yaml", THREE.replace("every: 5m", "every: 15m"));
    let after = compiled(&workspace);
    let names = |template| rules(template).iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&before), ["Every60", "Every300", "Every60B", "Every90", "Every30", "Every600"]);
    assert_eq!(names(&after), ["Every60", "Every900", "Every60B", "Every90", "Every30", "Every600"]);
    let rule = &after["Resources"]["Every900"]["Properties"];
    let expression = |region| in_region(&after, &rule["ScheduleExpression"], region);
    assert_eq!(expression("eu-west-1"), "cron(0/15 * * * ? *)");
    assert_eq!(expression("ap-southeast-2"), "cron(10/15 * * * ? *)");
    assert_eq!(input(&rule["Targets"][0]["InputTransformer"], "now")["every"], 900);
    let rest = |template: &Value, rule: &str| {
        let mut resources = template["Resources"].clone();
        resources.as_object_mut().expect("resources").remove(rule);
        resources
    };
    assert_eq!(rest(&before, "Every300"), rest(&after, "Every900"));
}

#[test]
fn the_same_configuration_makes_the_same_bytes() {
    let workspace = Workspace::with(THREE);
    let said = workspace.run(&["compile"]).out;
    assert_eq!(said, "template.yaml: 6 rules for eu-west-1, us-east-1, ap-southeast-2\n");
    let text = read(&workspace, "template.yaml");
    let path = workspace.path().join("config/sentrynet.yaml");
    let whole = path.to_str().expect("UTF-8");
    for arguments in [&["compile", "--out", "other.yaml"][..], &["compile", whole, "--out", "other.yaml"]] {
        assert_eq!(workspace.run(arguments).code, 0);
        assert_eq!(read(&workspace, "other.yaml"), text);
    }
    assert_eq!(workspace.run(&["compile"]).out, "template.yaml is up to date\n");
}

fn is(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
    for part in parts {
        assert!(ran.err.contains(part), "{part:?} in {}", ran.err);
    }
}

#[test]
fn check_tells_whether_the_template_is_stale_and_writes_nothing() {
    let workspace = Workspace::with(THREE);
    is(
        &workspace.run(&["compile", "--check"]),
        1,
        &["template.yaml does not exist: run `sentrynet compile config/sentrynet.yaml`"],
    );
    assert!(!workspace.path().join("template.yaml").exists());
    compiled(&workspace);
    let text = read(&workspace, "template.yaml");
    let ran = workspace.run(&["compile", "--check"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "template.yaml is up to date\n"));

    workspace.write("config/sentrynet.yaml", THREE.replace("every: 1m, burst: 2", "every: 2m, burst: 2"));
    let parts = [
        "template.yaml is out of date: run `sentrynet compile config/sentrynet.yaml` to update it\n",
        "\n-  Every60:\n+  Every120:\n",
    ];
    let ran = workspace.run(&["compile", "--check"]);
    is(&ran, 1, &parts);
    // Warnings come before it.
    let difference = ran.err.rsplit("template.yaml is out of date").next().unwrap_or_default();
    assert!(difference.lines().count() <= 32, "{}", ran.err);
    assert_eq!(read(&workspace, "template.yaml"), text);
}

#[test]
fn what_cannot_be_used_ends_with_2() {
    let workspace = Workspace::with(&THREE.replace("every: 90", "every: 9"));
    is(&workspace.run(&["compile", "--check"]), 2, &["config/sentrynet.yaml:11:", "every"]);
    let workspace = Workspace::with(&THREE.replace("every: 90", "every: {env: PERIOD}"));
    is(&workspace.run(&["compile"]), 2, &["groups[1].probes[1].every", "it is kept elsewhere"]);
    assert!(!workspace.path().join("template.yaml").exists());
    let workspace = Workspace::with(THREE);
    is(&workspace.run(&["compile", "--out", "no/such/template.yaml"]), 2, &["its directory does not exist"]);
    is(&workspace.run(&["compile", "--out", "config"]), 2, &["config cannot be read: it is a directory"]);
    is(&workspace.run(&["compile", "no.yaml"]), 2, &["error: there is no such file\n--> no.yaml"]);
}

#[test]
fn an_invocation_may_take_as_long_as_its_runs_may() {
    let timeout = |text: &str| {
        let template = compiled(&Workspace::with(text));
        template["Resources"]["ProbeFunction"]["Properties"]["Timeout"]["Fn::If"][2].as_u64().expect("seconds")
    };
    // The burst of second 0 may last until second 60. That of second 30 is stale then. 30 are for everything else.
    assert_eq!(timeout(THREE), 90);
    let minutely = "groups: [{name: a, probes: [{probe: probes.http, url: 'https://a.example', every: 1m}]}]";
    assert_eq!(timeout(minutely), 60);
}

#[test]
fn the_shipped_template_is_what_the_shipped_configuration_makes() {
    let mut command = Workspace::empty().command(&["compile", "--check"]);
    let output = command.current_dir(repository()).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn sam_has_an_environment_for_every_region_of_the_shipped_configuration() {
    let text = |path: &str| std::fs::read_to_string(repository().join(path)).expect("a file");
    let configuration: Value = serde_yaml::from_str(&text("config/sentrynet.yaml")).expect("YAML");
    let regions: Vec<&str> =
        configuration["regions"].as_array().expect("regions").iter().filter_map(Value::as_str).collect();
    assert!(regions.len() > 1);
    let samconfig = text("samconfig.toml");
    let sections: Vec<&str> = samconfig.split("\n[").skip(1).collect();
    let section = |name: &str| {
        let found = sections.iter().filter_map(|section| section.strip_prefix(&format!("{name}]\n")));
        found.map(str::trim).collect::<Vec<_>>().concat()
    };
    for region in &regions {
        assert_eq!(
            section(&format!("{region}.global.parameters")),
            format!("{}\nregion = \"{region}\"", section("default.global.parameters"))
        );
        assert_eq!(section(&format!("{region}.deploy.parameters")), section("default.deploy.parameters"));
    }
    let environments = sections.iter().filter(|section| section.contains(".deploy.parameters]")).count();
    assert_eq!(environments, regions.len() + 1);
}

#[test]
fn the_largest_schedule_that_eventbridge_takes_is_a_template_that_cloudformation_takes() {
    let group = |number: usize| {
        format!(
            "  - {{name: {:x<64}, probes: [{{probe: probes.http, url: 'https://a.example/', every: 5m}}]}}\n",
            format!("group-{number}-")
        )
    };
    let groups: String = (0..1500).map(group).collect();
    let workspace = Workspace::with(&format!("regions: [eu-west-1, us-east-1]\ngroups:\n{groups}"));
    let template = compiled(&workspace);
    assert_eq!(rules(&template).len(), 300);
    let size = read(&workspace, "template.yaml").len();
    assert!(size < 1_000_000, "{size} bytes");
}
