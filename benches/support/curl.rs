//! curl on the same server: one process, one thread, as many transfers at once as asked for.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::truth::{Servers, ZONE};

/// Seconds from the start of a transfer, as `curl -w` tells them.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// `time_namelookup`: names are given with `--resolve`.
    pub name: f64,
    /// `time_connect`.
    pub connected: f64,
    /// `time_appconnect`.
    pub secured: f64,
    /// `time_pretransfer`.
    pub ready: f64,
    /// `time_starttransfer`.
    pub first_byte: f64,
    /// `time_total`.
    pub total: f64,
}

const FORMAT: &str = "%{url} %{time_namelookup} %{time_connect} %{time_appconnect} %{time_pretransfer} \
                      %{time_starttransfer} %{time_total}\\n";

/// Fetches every label at once; `None` where there is no curl.
pub fn fetch(servers: &Servers, authority: &std::path::Path, labels: &[String]) -> Option<HashMap<String, Times>> {
    let mut curl = Command::new("curl")
        .args(["-q", "--silent", "--noproxy", "*", "--parallel", "--parallel-immediate", "--parallel-max", "50"])
        .arg("--cacert")
        .arg(authority)
        .args(["--write-out", FORMAT, "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut config = String::new();
    for label in labels {
        let url = servers.url(label);
        config.push_str(&format!("resolve = \"{label}.{ZONE}:{}:127.0.0.1\"\n", servers.target.port()));
        config.push_str(&format!("url = \"{url}\"\noutput = \"/dev/null\"\n"));
    }
    curl.stdin.take()?.write_all(config.as_bytes()).ok()?;
    let output = curl.wait_with_output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).lines().filter_map(parse).collect())
}

fn parse(line: &str) -> Option<(String, Times)> {
    let mut words = line.split(' ');
    let label = words.next()?.rsplit('/').next()?.to_owned();
    let mut next = || words.next()?.parse().ok();
    let times = Times {
        name: next()?,
        connected: next()?,
        secured: next()?,
        ready: next()?,
        first_byte: next()?,
        total: next()?,
    };
    Some((label, times))
}
