//! `sentrynet watch` over 100,000 runs: whether its memory grows, and how exactly it keeps its ticks.
//!
//! The real program, in a process of its own, watches targets in this one and delivers to a Sentry in this one. No probe is
//! due more often than every 10 s: bursts make the number.

mod support {
    pub mod program;
    pub mod quantile;
    pub mod table;
}

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;
use support::program::Program;
use support::quantile::quantile;
use support::table;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const PROBES: usize = 50;
const BURST: usize = 80;

/// How many runs there are to be.
const RUNS: u64 = 100_000;

/// Memory is settled after so many.
const SETTLED: u64 = 10_000;

/// The most that memory may grow from then on.
const BAR: f64 = 1.1;

/// Connections that were closed keep a port busy for a minute, for each address.
const ADDRESSES: usize = 8;

fn main() {
    let (target, sentry) = (serve(), serve());
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let config = directory.path().join("sentrynet.yaml");
    std::fs::write(&config, configuration(target)).expect("a file");
    let watch = Command::new(env!("CARGO_BIN_EXE_sentrynet"))
        .env_clear()
        .args(["watch", "--json", "--dsn", &format!("http://key@127.0.0.1:{sentry}/1")])
        .arg(&config)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut watch = Program(watch);
    let summaries = BufReader::new(watch.0.stdout.take().expect("a pipe")).lines();
    // Memory after so many runs.
    let mut memory: Vec<(u64, f64)> = Vec::new();
    let (mut runs, mut skipped, mut late) = (0, 0, Vec::new());
    for summary in summaries {
        let summary: Value = serde_json::from_str(&summary.expect("a line")).expect("JSON");
        let count = |count: &Value| count.as_u64().expect("a number");
        assert_eq!((count(&summary["failed"]), count(&summary["delivery"]["lost"])), (0, 0), "{}", summary["delivery"]);
        runs += count(&summary["ok"]);
        // A machine that is too slow for so many has probes that are not free for their next tick.
        skipped += count(&summary["skipped"]);
        let results = summary["results"].as_array().expect("results");
        late.extend(results.iter().filter(|result| result["burst"] == 0 && result["status"] == "ok").map(lateness));
        memory.push((runs, watch.memory("VmRSS")));
        println!("{runs} runs: {:.1} MiB", memory[memory.len() - 1].1);
        if runs >= RUNS {
            break;
        }
    }
    let settled = memory.iter().find(|(runs, _)| *runs >= SETTLED).expect("so many runs");
    let end = memory.last().filter(|(runs, _)| *runs >= RUNS).expect("it has ended");
    let most = memory.iter().map(|(_, memory)| *memory).fold(0.0, f64::max);
    table::row(
        &format!("memory of `watch` after {} runs", end.0),
        &format!("{:.1} MiB; {:.1} after {} runs, {most:.1} at most", end.1, settled.1, settled.0),
        Some((&format!("{BAR} × what it was"), end.1 <= BAR * settled.1)),
    );
    let at = |q| quantile(&late, q).unwrap_or(f64::NAN);
    table::row(
        &format!("`watch`: start after the tick, {PROBES} probes that are due at once"),
        &format!(
            "median {:.1} ms, 99th percentile {:.1} ms, the pacer's turns included; {skipped} runs skipped",
            at(0.5),
            at(0.99)
        ),
        None,
    );
}

fn configuration(port: u16) -> String {
    let probe = |index: usize| {
        let address = 1 + index % ADDRESSES;
        format!(
            "  - {{probe: probes.http, title: probe {index}, url: 'http://127.0.0.{address}:{port}/', every: 10, \
             burst: {BURST}}}\n"
        )
    };
    format!("groups:\n- name: many\n  probes:\n{}", (0..PROBES).map(probe).collect::<String>())
}

/// Milliseconds from a run's tick to its start.
fn lateness(result: &Value) -> f64 {
    let time = |field: &str| {
        let text = result[field].as_str().expect("a time");
        OffsetDateTime::parse(text, &Rfc3339).expect("a time")
    };
    (time("started") - time("tick")).as_seconds_f64() * 1e3
}

/// Answers every request with 200, over kept connections, for as long as this process lives. The port.
fn serve() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is no news.
            thread::spawn(move || answer(stream));
        }
    });
    port
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.to_ascii_lowercase().trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap_or(0),
                Some(_) => {}
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink())?;
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")?;
    }
}
