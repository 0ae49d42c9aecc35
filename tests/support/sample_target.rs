//! Something to watch.

use std::io::Write as _;

use tempfile::NamedTempFile;

use super::target::{Target, answer};

/// A shop whose home page is fine, and whose till is not.
pub async fn sample_target() -> Target {
    Target::http(|request| match request.line() {
        "GET /" => answer("200 OK", &[], "welcome"),
        _ => answer("503 Service Unavailable", &["retry-after: 60"], "the till is stuck"),
    })
    .await
}

/// The sample's group.
pub fn group(sample: &Target) -> String {
    let (home, till) = (sample.url("/"), sample.url("/till"));
    format!(
        "name: demo
tags: {{target: shop, location: overridden}}
probes:
  - {{probe: probes.http, title: Home, url: '{home}', every: 60, burst: 2, tags: {{page: home}}}}
  - {{probe: probes.http, title: Till, url: '{till}', every: 5m, tags: {{page: till, floor: 1}}}}
"
    )
}

/// A configuration file.
pub fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".yaml").expect("a file");
    file.write_all(text.as_bytes()).expect("a file to write to");
    file
}

/// A configuration of one group.
pub fn of_group(group: &str) -> String {
    format!("groups:\n  - {}", group.replace('\n', "\n    "))
}
