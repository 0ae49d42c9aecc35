//! The phases that SentryNet tells, against the truth: what servers on loopback wrote down while they were late.
//!
//! Prints the error of each phase of runs made alone and of 50 made at once, and that of `curl -w` on the same server;
//! besides, what the machine itself adds: a bare socket that waits for a late byte, and a timer of `tokio`.

mod support {
    #[path = "../../tests/support/authority.rs"]
    pub mod authority;
    pub mod curl;
    pub mod figures;
    #[path = "../../tests/support/prepare.rs"]
    pub mod prepare;
    pub mod quantile;
    pub mod request;
    pub mod table;
    pub mod truth;
}

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use sentrynet::config::Config;
use sentrynet::net::Resolver;
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Outcome, Status};
use sentrynet::probe::Context;
use sentrynet::runner::{Pacer, ScheduledRun, run_group};
use support::curl;
use support::curl::Times;
use support::figures::Figures;
use support::prepare;
use support::table;
use support::truth::{Delays, Servers, Truth, ZONE};
use time::OffsetDateTime;

const ROUNDS: usize = 5;
const ALONE: usize = 40;
const AT_ONCE: usize = 50;
const VOLLEYS: usize = 2;

const DELAYS: Delays = Delays {
    name: Duration::from_millis(30),
    tls: Duration::from_millis(40),
    head: Duration::from_millis(60),
    chunk: Duration::from_millis(20),
    chunks: 5,
    chunk_length: 1000,
};

const DNS_LATE: &str = "net.dns  30 ms late";
const DNS: &str = "net.dns  not late";
const TCP: &str = "net.tcp";
const TLS: &str = "net.tls  40 ms late";
const TLS_HOLD: &str = "  with the client's work";
const SEND: &str = "http.send";
const WAIT: &str = "http.wait 60 ms late";
const RECV: &str = "http.recv 4 x 20 ms";
const ROWS: [&str; 8] = [DNS_LATE, DNS, TCP, TLS, TLS_HOLD, SEND, WAIT, RECV];

const SOCKET: &str = "a bare socket, 60 ms late";
const TIMER: &str = "a tokio timer of 60 ms";
const NOISE: [&str; 2] = [SOCKET, TIMER];

fn main() {
    let servers = Servers::start(DELAYS, &format!("*.{ZONE}")).expect("loopback");
    let authority = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(authority.path(), &servers.authority).expect("a temporary file");
    let mut alone = Figures::default();
    let mut at_once = Figures::default();
    let mut curl_alone = Figures::default();
    let mut curl_at_once = Figures::default();
    let mut noise = Figures::default();
    let mut walls = Vec::new();
    for round in 0..ROUNDS {
        for figures in [&mut alone, &mut at_once, &mut curl_alone, &mut curl_at_once] {
            figures.begin_round(&ROWS);
        }
        noise.begin_round(&NOISE);
        let bed = Bed::new(&servers, round, "a", ALONE);
        for label in 0..ALONE {
            bed.run(&[label], &mut alone);
        }
        for volley in 0..VOLLEYS {
            let bed = Bed::new(&servers, round, &format!("v{volley}"), AT_ONCE);
            walls.push(bed.run(&(0..AT_ONCE).collect::<Vec<_>>(), &mut at_once));
        }
        for label in labels(round, "c", ALONE) {
            run_curl(&servers, authority.path(), &[label], &mut curl_alone);
        }
        for volley in 0..VOLLEYS {
            run_curl(&servers, authority.path(), &labels(round, &format!("d{volley}"), AT_ONCE), &mut curl_at_once);
        }
        measure_noise(&mut noise);
    }
    let columns =
        [("alone", &alone), ("50 at once", &at_once), ("curl alone", &curl_alone), ("curl 50 at once", &curl_at_once)];
    println!("Milliseconds more than the truth: median of {ROUNDS} rounds' medians ± half their range, and 99th");
    println!(
        "percentile of all without sign. {} runs alone, {} at once.\n",
        ROUNDS * ALONE,
        ROUNDS * VOLLEYS * AT_ONCE
    );
    print!("{:26}", "");
    columns.iter().for_each(|(title, _)| print!("{title:>25}"));
    println!();
    for row in ROWS {
        print_row(row, &columns.map(|(_, figures)| figures));
    }
    println!();
    NOISE.iter().for_each(|row| print_row(row, &[&noise]));
    walls.sort_unstable();
    println!(
        "\n{AT_ONCE} at once took {:.0} ms (median) for runs of 210 ms",
        walls[walls.len() / 2].as_secs_f64() * 1e3
    );
    let machine = noise.p99(SOCKET).unwrap_or(f64::NAN);
    for (what, figures, [dns_bar, bar]) in [("alone", &alone, [0.5, 0.4]), ("50 at once", &at_once, [0.5, 0.5])] {
        tell_medians(&format!("net.dns, {what}, median error"), figures, &[DNS_LATE, DNS], dns_bar);
        tell_medians(&format!("other phases, {what}, median error"), figures, &[TCP, TLS, SEND, WAIT, RECV], bar);
    }
    let worst = ROWS.into_iter().filter(|row| *row != TLS_HOLD).filter_map(|row| at_once.p99(row)).fold(0.0, f64::max);
    let measured = format!("{worst:.1} ms (a bare socket, alone: {machine:.1})");
    table::row("phases, 50 at once, 99th percentile", &measured, Some(("2 ms", worst <= 2.0)));
}

/// The worst of these rows' medians.
fn tell_medians(what: &str, figures: &Figures, rows: &[&str], bar: f64) {
    let medians = rows.iter().filter_map(|row| figures.median(row));
    let (worst, spread) = medians.fold(
        (0.0, 0.0),
        |worst: (f64, f64), (median, spread)| {
            if median.abs() > worst.0.abs() { (median, spread) } else { worst }
        },
    );
    table::row(
        what,
        &format!("{worst:+.2} ms ± {:.2}", spread / 2.0),
        Some((&format!("{bar} ms"), worst.abs() <= bar)),
    );
}

fn print_row(row: &str, columns: &[&Figures]) {
    print!("{row:26}");
    for figures in columns {
        match (figures.median(row), figures.p99(row)) {
            (Some((median, spread)), Some(p99)) => print!("{median:>+9.2} ±{:.2} {p99:>9.2}", spread / 2.0),
            _ => print!("{:>25}", "-"),
        }
    }
    println!();
}

/// Labels of runs, every second of them late to be found.
fn labels(round: usize, name: &str, count: usize) -> Vec<String> {
    let label = |index| format!("{}-{round}-{name}-{index}", if index % 2 == 0 { "late" } else { "prompt" });
    (0..count).map(label).collect()
}

/// Probes that wait to be run.
struct Bed<'a> {
    servers: &'a Servers,
    labels: Vec<String>,
    config: Config,
    context: Context,
    pacer: Pacer,
}

impl<'a> Bed<'a> {
    fn new(servers: &'a Servers, round: usize, name: &str, count: usize) -> Self {
        let labels = labels(round, name, count);
        let authority = prepare::quoted(&servers.authority);
        let mut yaml = "groups:\n  - tags: {target: bench}\n    probes:\n".to_owned();
        for label in &labels {
            yaml.push_str(&format!("      - probe: probes.http\n        url: {}\n", servers.url(label)));
            yaml.push_str(&format!("        tls: {{ca: {authority}}}\n"));
        }
        let context = prepare::context(Resolver::with_servers(vec![servers.names]));
        Self { servers, config: prepare::config(&yaml), context, pacer: Pacer::default(), labels }
    }

    /// Runs these probes at once, as the function does: on one thread. How long it took.
    fn run(&self, indices: &[usize], figures: &mut Figures) -> Duration {
        let group = &self.config.groups[0];
        let tick = OffsetDateTime::now_utc();
        let job = |index: &usize| ScheduledRun::manual(group.probes[*index].clone(), tick);
        let jobs = indices.iter().map(job).collect();
        let started = Instant::now();
        let outcomes = runtime().block_on(run_group(&group.name, jobs, &self.context, &self.pacer));
        let took = started.elapsed();
        for (index, outcome) in indices.iter().zip(outcomes) {
            compare(&outcome, &self.labels[*index], self.servers.take(&self.labels[*index]), figures);
        }
        took
    }
}

fn runtime() -> tokio::runtime::Runtime {
    sentrynet::event_loop::runtime().expect("a runtime")
}

fn compare(outcome: &Outcome, label: &str, truth: Truth, figures: &mut Figures) {
    assert_eq!(outcome.status, Status::Ok, "{label}");
    let told = |op: Op| {
        let span = outcome.spans.iter().find(|span| span.op == op);
        span.map(|span| (span.end - span.start).as_secs_f64() * 1e3).unwrap_or_else(|| panic!("{label}: no {op:?}"))
    };
    let dns = if label.starts_with("late") { DNS_LATE } else { DNS };
    figures.add(dns, told(Op::NetDns) - length(truth.name));
    figures.add(TCP, told(Op::NetTcp));
    figures.add(TLS, told(Op::NetTls) - length(truth.tls));
    figures.add(TLS_HOLD, told(Op::NetTls) - length(truth.hold));
    figures.add(SEND, told(Op::HttpSend));
    figures.add(WAIT, told(Op::HttpWait) - length(truth.head));
    figures.add(RECV, told(Op::HttpRecv) - length(truth.body));
}

/// Milliseconds.
fn length(truth: Option<(Instant, Instant)>) -> f64 {
    let (start, end) = truth.expect("the server saw the run");
    end.duration_since(start).as_secs_f64() * 1e3
}

fn run_curl(servers: &Servers, authority: &std::path::Path, labels: &[String], figures: &mut Figures) {
    let Some(found) = curl::fetch(servers, authority, labels) else { return };
    for label in labels {
        let Times { name, connected, secured, ready, first_byte, total } =
            *found.get(label).unwrap_or_else(|| panic!("curl did not fetch {label}"));
        let truth = servers.take(label);
        figures.add(TCP, (connected - name) * 1e3);
        figures.add(TLS, (secured - connected) * 1e3 - length(truth.tls));
        figures.add(TLS_HOLD, (secured - connected) * 1e3 - length(truth.hold));
        figures.add(WAIT, (first_byte - ready) * 1e3 - length(truth.head));
        figures.add(RECV, (total - first_byte) * 1e3 - length(truth.body));
    }
}

/// What any program on this machine would add.
fn measure_noise(figures: &mut Figures) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut client = TcpStream::connect(listener.local_addr().expect("a bound port")).expect("a connection");
    let (mut server, _) = listener.accept().expect("a connection");
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("a socket option");
    }
    let late = std::thread::spawn(move || {
        let held = |_| {
            server.read_exact(&mut [0]).expect("a byte");
            let came = Instant::now();
            std::thread::sleep(DELAYS.head);
            let went = Instant::now();
            server.write_all(&[0]).expect("a byte");
            went.duration_since(came)
        };
        (0..ALONE).map(held).collect::<Vec<_>>()
    });
    let waited: Vec<Duration> = (0..ALONE)
        .map(|_| {
            let asked = Instant::now();
            client.write_all(&[0]).expect("a byte");
            client.read_exact(&mut [0]).expect("a byte");
            asked.elapsed()
        })
        .collect();
    for (waited, held) in waited.into_iter().zip(late.join().expect("no panic")) {
        figures.add(SOCKET, (waited.as_secs_f64() - held.as_secs_f64()) * 1e3);
    }
    for _ in 0..ALONE / 4 {
        let slept = runtime().block_on(async {
            let begin = Instant::now();
            tokio::time::sleep(DELAYS.head).await;
            begin.elapsed()
        });
        figures.add(TIMER, (slept.as_secs_f64() - DELAYS.head.as_secs_f64()) * 1e3);
    }
}
