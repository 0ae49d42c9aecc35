//! What becomes of a deployment: changes, failures, the commands of docs/aws.md, and its end.

use crate::support::cli::Workspace;
use crate::support::deploy_env::{DeployEnv, docs};
use crate::support::kent::Kent;
use crate::support::rie::Function;
use crate::support::sample_target::sample_target;
use crate::support::template::{input, repository};
use serde_json::{Value, json};

fn configuration(sample: &str) -> String {
    let text = "regions: [us-east-1, eu-west-1]
groups:
  - name: website
    probes:
      - {probe: probes.http, title: Home, url: 'SHOP/', every: 1m, tags: {page: home}}
      - {probe: probes.http, title: Till, url: 'SHOP/till', every: 10m}
";
    text.replace("SHOP", sample.trim_end_matches('/'))
}

/// The rules of a region: names, expressions, and what they say.
fn rules(deploy_env: &DeployEnv, region: &str) -> Vec<(String, String, Vec<Value>)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let said = |targets: &[Value]| targets.iter().map(|target| input(&target["InputTransformer"], "now")).collect();
    let rules = deploy_env.rules(region).into_iter();
    let mut rules: Vec<_> =
        rules.map(|(rule, targets)| (text(&rule["Name"]), text(&rule["ScheduleExpression"]), said(&targets))).collect();
    rules.sort_by(|a, b| a.0.cmp(&b.0));
    rules
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_changes_fails_in_one_region_and_goes_away() {
    let (sample, kent) = (sample_target().await, Kent::start().await);
    let text = configuration(&sample.url(""));
    let deploy_env = DeployEnv::with(&text, &kent.dsn()).await;

    let ran = deploy_env.make(&["deploy", "REGIONS=eu-west-1 sa-east-1"]);
    let why = "sa-east-1 is not among the configuration's regions (us-east-1 eu-west-1)";
    assert!(ran.code != 0 && ran.err.contains(why), "{ran:?}");
    assert_eq!(
        deploy_env.aws("eu-west-1", &["ssm", "describe-parameters"])["Parameters"],
        json!([]),
        "nothing was begun"
    );

    // In the first region, somebody has taken the name that SAM's own stack would have.
    let taken = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
    let stack =
        ["cloudformation", "create-stack", "--stack-name", "aws-sam-cli-managed-default", "--template-body", taken];
    deploy_env.aws("us-east-1", &stack);
    let ran = deploy_env.make(&["deploy", "PREFIX=/team/sentrynet", "PARAMETERS=Memory=256 Timeout=90"]);
    assert!(ran.code != 0 && ran.err.contains("Not deployed to us-east-1: "), "{ran:?}");
    assert_eq!(rules(&deploy_env, "us-east-1"), []);
    let says = |every: u64| json!({"group": "website", "every": every, "time": "now", "window": 60});
    let minutely = ("sentrynet-Every60".to_owned(), "cron(* * * * ? *)".to_owned(), vec![says(60)]);
    let before = ("sentrynet-Every600".to_owned(), "cron(5/10 * * * ? *)".to_owned(), vec![says(600)]);
    assert_eq!(rules(&deploy_env, "eu-west-1"), [minutely.clone(), before]);
    let of_function =
        || deploy_env.aws("eu-west-1", &["lambda", "get-function-configuration", "--function-name", "sentrynet"]);
    let function = of_function();
    assert_eq!((&function["MemorySize"], &function["Timeout"]), (&json!(256), &json!(90)));
    assert_eq!(function["Environment"]["Variables"]["SENTRYNET_PREFIX"], "/team/sentrynet");

    // Another `every`: another rule, and the group says so, too. What the stack was told before, it keeps.
    deploy_env.workspace.write("config/sentrynet.yaml", text.replace("every: 10m", "every: 15m"));
    assert_eq!(deploy_env.workspace.run(&["compile", "--check"]).code, 1);
    let ran = deploy_env.make(&["deploy", "REGIONS=eu-west-1", "PREFIX=/team/sentrynet"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert_eq!(deploy_env.workspace.run(&["compile", "--check"]).code, 0);
    let after = ("sentrynet-Every900".to_owned(), "cron(7/15 * * * ? *)".to_owned(), vec![says(900)]);
    assert_eq!(rules(&deploy_env, "eu-west-1"), [minutely, after]);
    assert_eq!((of_function()["MemorySize"].as_u64(), of_function()["Timeout"].as_u64()), (Some(256), Some(90)));
    let group = deploy_env.aws("eu-west-1", &["ssm", "get-parameter", "--name", "/team/sentrynet/groups/website"]);
    assert!(group["Parameter"]["Value"].as_str().is_some_and(|text| text.contains("every: 15m")), "{group}");

    log_and_queue(&deploy_env, &kent).await;

    let ran = deploy_env.make(&["destroy"]);
    assert!(ran.code != 0 && ran.err.contains("make destroy REGIONS="), "{ran:?}");
    let ran = deploy_env.make(&["destroy", "REGIONS=eu-west-1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rules(&deploy_env, "eu-west-1"), []);
    assert_eq!(deploy_env.aws("eu-west-1", &["lambda", "list-functions"])["Functions"], json!([]));
    let parameters = || {
        let listed = deploy_env.aws("eu-west-1", &["ssm", "describe-parameters"]);
        let names = listed["Parameters"].as_array().expect("parameters").iter();
        names.filter_map(|parameter| Some(parameter["Name"].as_str()?.to_owned())).collect::<Vec<_>>()
    };
    assert!(parameters().contains(&"/team/sentrynet/dsn".to_owned()), "{:?}", parameters());
    for number in 0..12 {
        deploy_env.moto.put(&format!("/sentrynet/groups/g{number}"), "name: a").await;
    }
    deploy_env.documented("aws ssm get-parameters-by-path", "", &[]);
    assert!(parameters().iter().all(|name| name.starts_with("/team/")), "{:?}", parameters());
}

/// The log and the dead-letter queue, read with the commands of docs/aws.md.
async fn log_and_queue(deploy_env: &DeployEnv, kent: &Kent) {
    // A function that cannot deliver, and its log as CloudWatch has it.
    let mut environment = deploy_env.moto.environment();
    environment.push(("SENTRYNET_PREFIX", "/team/sentrynet".to_owned()));
    environment.push(("SENTRY_DSN", "http://key@127.0.0.1:9/1".to_owned()));
    environment.push(("AWS_LAMBDA_FUNCTION_TIMEOUT", "5".to_owned()));
    let function = Function::start(crate::support::rie::bootstrap(), environment).await;
    let answer = function.invoke(&json!({"group": "website", "probe": "Home"})).await;
    assert_eq!(answer["errorType"], "DeliveryError", "{answer}");
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let events: Vec<Value> =
        function.own_log().iter().map(|line| json!({"timestamp": now, "message": line.to_string()})).collect();
    let log = ["--log-group-name", "/aws/lambda/sentrynet", "--log-stream-name", "2026/11/20/[$LATEST]1"];
    deploy_env.aws("eu-west-1", &[&["logs", "create-log-stream"][..], &log].concat());
    let events = format!("--log-events={}", Value::from(events));
    deploy_env.aws("eu-west-1", &[&["logs", "put-log-events"][..], &log, &[&events]].concat());

    let ran = deploy_env.documented("make logs", "", &[]);
    assert_eq!(ran.out.matches(r#""sentrynet": "envelope""#).count(), 2, "once by each of two commands: {ran:?}");
    let received = kent.items().await.len();
    let ran = deploy_env.documented("aws logs filter-log-events", "", &[]);
    assert!(ran.out.contains("1 envelope"), "{ran:?}");
    assert_eq!(kent.items().await.len(), received + 1);

    let dead = r#"{"group":"gone","every":60,"time":"2026-11-20T10:00:00Z","window":60}"#;
    let queues = deploy_env.aws("eu-west-1", &["sqs", "list-queues"]);
    let queue = queues["QueueUrls"][0].as_str().expect("a queue");
    deploy_env.aws("eu-west-1", &["sqs", "send-message", "--queue-url", queue, "--message-body", dead]);
    let read = || deploy_env.documented("queue=$(aws cloudformation describe-stacks", "", &[]).out;
    assert!(read().contains(r#"\"group\":\"gone\""#));
    deploy_env.aws("eu-west-1", &["sqs", "send-message", "--queue-url", queue, "--message-body", dead]);
    deploy_env.documented("aws sqs purge-queue", &format!("queue={queue}"), &[]);
    assert_eq!(read().trim(), "");

    deploy_env.workspace.write("password.txt", "hush-hush");
    deploy_env.documented("aws ssm put-parameter", "", &[]);
    let kept = deploy_env.aws("eu-west-1", &["ssm", "get-parameter", "--name", "/shop/password", "--with-decryption"]);
    assert_eq!(
        (&kept["Parameter"]["Value"], &kept["Parameter"]["Type"]),
        (&json!("hush-hush"), &json!("SecureString"))
    );
    deploy_env.aws("eu-west-1", &["ssm", "delete-parameter", "--name", "/shop/password"]);
}

#[test]
fn the_docs_show_the_plan_of_the_shipped_configuration() {
    let mut command = Workspace::empty().command(&["plan"]);
    let output = command.current_dir(repository()).output().expect("the program runs");
    let plan = String::from_utf8(output.stdout).expect("UTF-8");
    let bill = &plan[plan.find("A month at list prices").expect("a bill")..];
    assert!(docs().contains(bill.trim_end()), "docs/aws.md does not show this:\n{bill}");
}
