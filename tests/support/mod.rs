//! What tests share: programs that no one here wrote (fetched by `make tools`), started on loopback and stopped with
//! the value that stands for them.

pub mod alone;
pub mod answer;
pub mod authority;
pub mod black_hole;
pub mod browser;
pub mod bugsink;
pub mod certificates;
pub mod cli;
pub mod clock;
pub mod deploy_env;
pub mod echo;
pub mod engine;
pub mod envelopes;
pub mod failed;
pub mod faults;
pub mod fuzzing;
pub mod imports;
pub mod kent;
pub mod moto;
pub mod name_server;
pub mod normaliser;
pub mod outcomes;
pub mod page;
pub mod peer;
pub mod port;
pub mod prepare;
pub mod process;
pub mod proxy;
pub mod python_readme;
pub mod receiver;
pub mod recipe;
pub mod relay;
pub mod rie;
pub mod sample_target;
pub mod schedules;
pub mod screen;
pub mod search;
pub mod services;
pub mod site;
pub mod spotlight;
pub mod target;
pub mod template;
pub mod texts;
pub mod watching;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value;

/// The file of a tool.
pub fn tool(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(path);
    assert!(path.exists(), "{} is not there: run `make tools`", path.display());
    path
}

/// Runs a script of ours in a tool's Python environment: a line of JSON in for each case, a line of JSON out.
pub fn python(environment: &str, script: &str, cases: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut child = Command::new(tool(&format!("{environment}/bin/python")))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines: String = cases.map(|case| format!("{case}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    writer.join().expect("a thread").expect("a pipe");
    assert!(output.status.success(), "{script} fell over: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// An HTTP client as the program itself builds it: rustls on ring, no proxies.
pub fn client() -> reqwest::Client {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().expect("an HTTP client")
}

/// The JSON that answers a request.
pub async fn json(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("an answer");
    let (url, status) = (answer.url().clone(), answer.status());
    let text = answer.text().await.expect("text");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url} answers {status} and no JSON: {text}"))
}
