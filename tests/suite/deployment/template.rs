//! The template as AWS's own tools see it: SAM, CloudFormation's transform, cfn-lint; and what it allows to whom.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::support::cli::Workspace;
use crate::support::template::{repository, transformed};
use serde_json::{Value, json};

/// Everything that makes templates differ: a region in which nothing runs, and secrets of all kinds.
const RICH: &str = "regions: [eu-west-1, us-east-1, ap-southeast-2]
sentry: {dsn: {ssm: /team/dsn}}
groups:
  - name: website
    regions: [us-east-1, eu-west-1]
    probes:
      - {probe: probes.http, url: {ssm: 'arn:aws:ssm:eu-west-1:123456789012:parameter/theirs:3'}, every: 5m}
      - {probe: probes.http, title: b, url: 'https://www.example.org/', headers: {x-token: {ssm: token}}, every: 45}
  - name: rare
    regions: [us-east-1]
    spread: round-robin
    probes: [{probe: probes.http, url: {env: HERE}, every: 3d}]
";

/// What is the same everywhere, and rare: the alarm looks back for more than a day.
const PLAIN: &str =
    "groups: [{name: rare, probes: [{probe: probes.http, url: 'https://www.example.com/', every: 24h}]}]";

fn compiled(configuration: &str) -> String {
    let workspace = Workspace::with(&configuration.replace("3d", "72h"));
    let ran = workspace.run(&["compile"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    std::fs::read_to_string(workspace.path().join("template.yaml")).expect("a template")
}

fn shipped() -> String {
    std::fs::read_to_string(repository().join("template.yaml")).expect("a template")
}

/// What a tool of SAM's environment says about files of these contents, and whether it is content.
fn judged(tool: &str, arguments: &[&str], files: &[(&str, &str)]) -> (bool, String) {
    let workspace = Workspace::empty();
    let mut command = Command::new(crate::support::tool(&format!("sam/bin/{tool}")));
    command.args(arguments).current_dir(workspace.path()).env("SAM_CLI_TELEMETRY", "0").env("HOME", workspace.path());
    for (name, content) in files {
        command.arg(workspace.write(name, content));
    }
    let output = command.output().expect("the tool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

#[test]
fn sam_finds_nothing_wrong() {
    let arguments = ["validate", "--lint", "--region", "eu-west-1", "--template-file"];
    let (is_fine, said) = judged("sam", &arguments, &[("template.yaml", &shipped())]);
    assert!(is_fine && said.contains("is a valid SAM Template"), "{said}");
}

#[test]
fn cfn_lint_finds_nothing_wrong_with_what_cloudformation_makes_of_it() {
    let templates = [shipped(), compiled(RICH), compiled(PLAIN)];
    let mut broken = compiled(RICH);
    for (right, wrong) in [
        ("MaximumEventAgeInSeconds: 60}", "MaximumEventAgeInSeconds: 59}"),
        ("Dimensions:", "Dimension:"),
        ("[Silence, !Ref AWS::Region, Period]", "[Silence, !Ref AWS::Region, Perod]"),
    ] {
        assert!(broken.contains(right), "{right} in {broken}");
        broken = broken.replace(right, wrong);
    }
    let made = transformed(templates.iter().chain([&broken]).map(String::as_str));
    let files: Vec<(String, String)> = made
        .iter()
        .enumerate()
        .map(|(number, template)| (format!("{number}.json"), serde_json::to_string_pretty(template).expect("JSON")))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let regions = ["--regions", "eu-west-1", "us-east-1", "ap-southeast-2", "--format", "parseable", "--template"];
    let (fine, broken) = files.split_at(templates.len());
    let (is_fine, said) = judged("cfn-lint", &regions, fine);
    assert!(is_fine && said.is_empty(), "{said}");
    // That it does look there.
    let (is_fine, said) = judged("cfn-lint", &regions, broken);
    assert!(!is_fine, "{said}");
    for part in ["59 is less than the minimum of 60", "'Dimension'", "'Perod'"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

/// The statements of all policies by the name of their resource.
fn statements(template: &Value) -> Vec<(&str, &Value)> {
    fn collect<'a>(name: &'a str, value: &'a Value, into: &mut Vec<(&'a str, &'a Value)>) {
        if let Some(statements) = value["Statement"].as_array() {
            into.extend(statements.iter().map(|statement| (name, statement)));
        }
        let (map, list) = (value.as_object(), value.as_array());
        map.into_iter().flatten().map(|(_, value)| value).chain(list.into_iter().flatten()).for_each(|value| {
            collect(name, value, into);
        });
    }
    let mut found = Vec::new();
    for (name, resource) in template["Resources"].as_object().expect("resources") {
        collect(name, resource, &mut found);
    }
    found
}

/// One or several texts or functions, as texts.
fn texts(value: &Value) -> BTreeSet<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(map) if map.contains_key("Fn::Sub") => map["Fn::Sub"].as_str().expect("a text").to_owned(),
        other => other.to_string(),
    };
    value.as_array().map_or_else(|| [text(value)].into(), |items| items.iter().map(text).collect())
}

#[test]
fn the_function_may_do_its_work_and_nothing_else() {
    for configuration in [RICH, PLAIN] {
        let template = &transformed([compiled(configuration).as_str()])[0];
        let mut may: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, statement) in statements(template) {
            assert_eq!(statement["Effect"], "Allow");
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{action}");
                may.entry(name.to_owned()).or_default().insert(action);
            }
            let resources = texts(&statement["Resource"]);
            // Lambda's network interfaces cannot be named beforehand.
            let is_open = resources.iter().any(|resource| resource == "*" || resource.contains(":*"));
            assert_eq!(is_open, name == "VpcPolicy", "{name}: {resources:?}");
        }
        let set =
            |actions: &[&str]| -> BTreeSet<String> { actions.iter().map(|action| (*action).to_owned()).collect() };
        let interfaces = [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ];
        let work =
            ["sts:AssumeRole", "ssm:GetParameters", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];
        let expected = [
            ("FunctionRole", set(&work)),
            ("KeyPolicy", set(&["kms:Decrypt"])),
            ("VpcPolicy", set(&interfaces)),
            ("DeadLettersFromRules", set(&["sqs:SendMessage"])),
        ];
        assert_eq!(may, expected.map(|(name, actions)| (name.to_owned(), actions)).into());
        let resources = &template["Resources"];
        assert_eq!(resources["KeyPolicy"]["Condition"], "HasKey");
        assert_eq!(resources["VpcPolicy"]["Condition"], "IsInVpc");
        let managed = json!({"Fn::If": ["IsInVpc", [{"Ref": "VpcPolicy"}], {"Ref": "AWS::NoValue"}]});
        let role = &resources["FunctionRole"]["Properties"];
        assert_eq!(role["ManagedPolicyArns"], managed);
        let roles: Vec<&String> = resources
            .as_object()
            .expect("resources")
            .iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role")
            .map(|(name, _)| name)
            .collect();
        assert_eq!(roles, ["FunctionRole"], "SAM makes none of its own");
    }
}

#[test]
fn the_function_may_read_its_prefix_and_the_secrets_of_its_configuration() {
    let template = &transformed([compiled(RICH).as_str()])[0];
    let read = statements(template).into_iter().find(|(_, statement)| statement["Action"] == "ssm:GetParameters");
    let own = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter";
    let expected = [
        format!("{own}${{Prefix}}/*"),
        format!("{own}/team/dsn"),
        format!("{own}/token"),
        "arn:aws:ssm:eu-west-1:123456789012:parameter/theirs".to_owned(),
    ];
    assert_eq!(texts(&read.expect("a statement").1["Resource"]), expected.into());
}

#[test]
fn only_rules_of_the_stack_may_invoke_the_function_and_fill_its_queue() {
    let template = &transformed([compiled(RICH).as_str()])[0];
    let resources = &template["Resources"];
    let source = json!({
        "Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${AWS::StackName}-Every*"
    });
    let permissions: Vec<&Value> = resources
        .as_object()
        .expect("resources")
        .values()
        .filter(|resource| resource["Type"] == "AWS::Lambda::Permission")
        .collect();
    let [permission] = permissions[..] else { panic!("{permissions:?}") };
    assert_eq!(permission["Properties"]["SourceArn"], source);
    assert_eq!(permission["Properties"]["Principal"], "events.amazonaws.com");
    let statement = &resources["DeadLettersFromRules"]["Properties"]["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Condition"], json!({"ArnLike": {"aws:SourceArn": source}}));
    assert_eq!(statement["Principal"], json!({"Service": "events.amazonaws.com"}));
    for (name, rule) in resources.as_object().expect("resources") {
        if rule["Type"] == "AWS::Events::Rule" {
            assert_eq!(rule["DependsOn"], "InvocationByRules", "{name} would fire before it may");
        }
    }
}

#[test]
fn what_fails_is_not_tried_again_but_kept() {
    let template = &transformed([compiled(PLAIN).as_str()])[0];
    let invoked = &template["Resources"]["ProbeFunctionEventInvokeConfig"]["Properties"];
    assert_eq!(invoked["MaximumRetryAttempts"], 0);
    assert_eq!(invoked["MaximumEventAgeInSeconds"], 60);
    let queue = json!({"Fn::GetAtt": ["DeadLetters", "Arn"]});
    assert_eq!(invoked["DestinationConfig"], json!({"OnFailure": {"Destination": queue}}));
    let function = &template["Resources"]["ProbeFunction"]["Properties"];
    assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON");
    assert_eq!(function["LoggingConfig"]["LogGroup"], json!({"Ref": "FunctionLog"}));
}

#[test]
fn silence_is_an_alarm_where_something_should_be_heard() {
    let rich = &transformed([compiled(RICH).as_str()])[0];
    let map = &rich["Mappings"]["Silence"];
    // Every minute; nothing at all in the third region.
    assert_eq!(map["eu-west-1"], json!({"Period": 300, "EvaluationPeriods": 3}));
    assert_eq!(map["us-east-1"], json!({"Period": 300, "EvaluationPeriods": 3}));
    assert_eq!(map["ap-southeast-2"]["EvaluationPeriods"], 0);
    let alarm = &rich["Resources"]["SilenceAlarm"];
    assert_eq!(
        (&alarm["Condition"], &alarm["Properties"]["TreatMissingData"]),
        (&json!("IsAnythingWatched"), &json!("breaching"))
    );
    let zero = json!({"Fn::FindInMap": ["Silence", {"Ref": "AWS::Region"}, "EvaluationPeriods"]});
    assert_eq!(rich["Conditions"]["IsAnythingWatched"], json!({"Fn::Not": [{"Fn::Equals": [zero, "0"]}]}));

    let plain = &transformed([compiled(PLAIN).as_str()])[0];
    assert_eq!(plain["Mappings"], Value::Null);
    let alarm = &plain["Resources"]["SilenceAlarm"];
    // Daily: CloudWatch looks back for more than a day only by hours.
    let properties = &alarm["Properties"];
    assert_eq!((&properties["Period"], &properties["EvaluationPeriods"]), (&json!(3600), &json!(26)));
    assert_eq!(alarm["Condition"], Value::Null);
}
