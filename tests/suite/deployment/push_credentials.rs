//! Where `sentrynet push` finds regions and credentials: as the AWS CLI does.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::cli::{Ran, Workspace};
use crate::support::moto::Moto;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::get;

const GROUP: &str =
    "groups:\n- {name: a, tags: {target: a}, probes: [{probe: probes.http, url: 'https://a.example/'}]}\n";

/// A workspace with this AWS profile file, and no credentials.
fn workspace(config: &str, endpoint: &str, profiles: &str) -> Workspace {
    let workspace = Workspace::with(config);
    let path = workspace.write("aws/config", profiles);
    let home = workspace.path().display().to_string();
    workspace
        .variable("AWS_ENDPOINT_URL", endpoint)
        .variable("AWS_CONFIG_FILE", &path.display().to_string())
        .variable("HOME", &home)
        .variable("AWS_EC2_METADATA_DISABLED", "true")
}

fn push(workspace: &Workspace, arguments: &[&str]) -> Ran {
    workspace.run(&[&["push", "--yes", "--dsn", "https://key@a.example/1"], arguments].concat())
}

/// The regions that were written to.
fn written(ran: &Ran) -> Vec<&str> {
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    ran.out.lines().filter_map(|line| line.strip_suffix(" written, 0 removed")?.split(':').next()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn regions_are_the_arguments_then_the_configuration_s_then_the_one_at_hand() {
    let moto = Moto::start().await;
    let keys =
        |workspace: Workspace| workspace.variable("AWS_ACCESS_KEY_ID", "a").variable("AWS_SECRET_ACCESS_KEY", "b");
    let profile = "[default]\nregion = eu-north-1\n[profile other]\nregion = sa-east-1\n";
    let regions = format!("regions: [eu-west-1, us-east-1]\n{GROUP}");
    let plain = || keys(workspace(GROUP, &moto.endpoint(), profile));

    assert_eq!(written(&push(&keys(workspace(&regions, &moto.endpoint(), profile)), &[])), ["eu-west-1", "us-east-1"]);
    let mut foreign = push(
        &keys(workspace(&regions, &moto.endpoint(), profile)),
        &["--region", "ap-south-1", "us-east-1,ap-south-1"],
    );
    let warning = "warning: in ap-south-1 no rule will fire: it is not among the configuration's `regions`\n";
    assert_eq!(std::mem::take(&mut foreign.err), warning);
    assert_eq!(written(&foreign), ["ap-south-1"], "us-east-1 has it already");
    assert_eq!(written(&push(&plain(), &[])), ["eu-north-1"]);
    assert_eq!(written(&push(&plain().variable("AWS_PROFILE", "other"), &[])), ["sa-east-1"]);
    assert_eq!(written(&push(&plain().variable("AWS_DEFAULT_REGION", "eu-west-2"), &[])), ["eu-west-2"]);
    assert_eq!(written(&push(&plain().variable("AWS_REGION", "eu-west-3"), &[])), ["eu-west-3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_s_own_program_may_give_the_credentials() {
    let moto = Moto::start().await;
    let workspace = workspace(GROUP, &moto.endpoint(), "");
    let credentials = r#"{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b"}"#;
    let program = workspace.write("aws/program", format!("#!/bin/sh\necho '{credentials}'\n"));
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a program");
    workspace
        .write("aws/config", format!("[default]\nregion = eu-west-1\ncredential_process = {}\n", program.display()));
    assert_eq!(written(&push(&workspace, &[])), ["eu-west-1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_sign_on_may_give_the_credentials() {
    let moto = Moto::start().await;
    // AWS's portal, as far as a profile that is logged in needs it.
    let portal = axum::Router::new().route(
        "/federation/credentials",
        get(async |headers: HeaderMap, uri: Uri| {
            let token = headers.get("x-amz-sso_bearer_token").and_then(|token| token.to_str().ok());
            let asked = uri.query().unwrap_or_default();
            if token != Some("t0ken")
                || !asked.contains("role_name=Pusher")
                || !asked.contains("account_id=123456789012")
            {
                return (StatusCode::UNAUTHORIZED, String::new());
            }
            let credentials =
                r#"{"accessKeyId": "a", "secretAccessKey": "b", "sessionToken": "c", "expiration": 32503680000000}"#;
            (StatusCode::OK, format!(r#"{{"roleCredentials": {credentials}}}"#))
        }),
    );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, portal).await });

    let profile = "[default]\nregion = eu-west-1\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = Pusher\n\
                   [sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://start.example/\n";
    let workspace =
        workspace(GROUP, &moto.endpoint(), profile).variable("AWS_ENDPOINT_URL_SSO", &format!("http://{address}"));
    let refused = push(&workspace, &[]);
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("no AWS credentials"), "{}", refused.err);
    // What `aws sso login` leaves, named after the session.
    let token = r#"{"startUrl": "https://start.example/", "region": "eu-west-1", "accessToken": "t0ken", "expiresAt": "2999-01-01T00:00:00Z"}"#;
    workspace.write(".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json", token);
    assert_eq!(written(&push(&workspace, &[])), ["eu-west-1"]);
}

#[test]
fn without_credentials_it_is_said_what_to_do() {
    let ran = push(&workspace(GROUP, "http://127.0.0.1:9", ""), &["--region", "eu-west-1"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran:?}");
    assert!(ran.err.contains("no AWS credentials") && ran.err.contains("AWS_PROFILE"), "{}", ran.err);
}
