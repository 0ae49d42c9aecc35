//! How much memory 200 runs at once take: bodies of 100 KiB, bodies that unpack to 100 MiB, bodies without end.
//!
//! Memory is measured at its highest, so each figure is that of a process of its own (this program again).

mod support {
    #[path = "../../tests/support/authority.rs"]
    pub mod authority;
    pub mod bed;
    #[path = "../../tests/support/prepare.rs"]
    pub mod prepare;
    pub mod request;
    pub mod site;
    pub mod table;
}

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use sentrynet::secrets::Redactor;
use sentrynet::sentry::{Settings, envelopes};
use support::bed::{Bed, runtime};
use support::site::Site;
use support::table;

const RUNS: usize = 200;

/// The bar, in MiB.
const BAR: f64 = 48.0;

/// What is measured, and whether the bar is for it.
const MEASURED: [(&str, &str, bool); 4] = [
    ("large", "bodies of 100 KiB over TLS", true),
    ("keys", "100 KiB of JSON that a key is set from", true),
    ("bombs", "bodies of 100 KiB that unpack to 100 MiB", true),
    // What hyper holds of each is not ours to bound; the bar is for bodies of 100 KiB.
    ("endless", "bodies without end", false),
];

fn main() {
    if support::site::serves() {
        return;
    }
    let argument =
        |name: &str| std::env::args().skip(1).find_map(|argument| argument.strip_prefix(name).map(str::to_owned));
    if argument("hostile").is_some() {
        return serve();
    }
    if let Some(what) = argument("measure=") {
        return measure(&what);
    }
    for (name, words, is_held_to_the_bar) in MEASURED {
        let output =
            Command::new(std::env::current_exe().expect("this program")).arg(format!("measure={name}")).output();
        let output = output.expect("a process");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        let (before, most) = text.trim().split_once(' ').expect("two figures");
        let mebibytes = |figure: &str| figure.parse().map(|kibibytes: f64| kibibytes / 1024.0).expect("KiB");
        let (before, most): (f64, f64) = (mebibytes(before), mebibytes(most));
        let measured = format!("{most:.1} MiB ({before:.1} before)");
        let what = format!("memory, 200 runs at once, {words}");
        table::row(&what, &measured, is_held_to_the_bar.then_some(("48 MiB", most <= BAR)));
    }
}

/// Runs 200 probes at once and builds their envelopes; prints the memory before and at most, in KiB.
fn measure(what: &str) {
    if what == "large" {
        let site = Site::start("serve=200,102400");
        return print(site.bed(RUNS), None);
    }
    let program = std::env::current_exe().expect("this program");
    let mut server =
        Command::new(program).arg("hostile").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
    let mut port = String::new();
    BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut port).expect("a port");
    let (keys, kind) = match what {
        "keys" => (", set_keys: {first: \"$[0]\"}", None),
        _ => ("", Some("body_too_large")),
    };
    let url = format!("http://127.0.0.1:{}/{what}", port.trim());
    let probe =
        |index| format!("      - {{probe: probes.http, title: run {index}, url: \"{url}\", timeout: 60s{keys}}}\n");
    print(Bed::of((0..RUNS).map(probe).collect()), kind);
    let _ = server.kill();
    let _ = server.wait();
}

/// `kind`: how all of them have to fail, if they have to.
fn print(bed: Bed, kind: Option<&str>) {
    let before = high_water_mark();
    let outcomes = bed.run(&runtime());
    for outcome in &outcomes {
        let failure = outcome.status.failure();
        assert_eq!(failure.map(|failure| failure.kind.as_str()), kind, "{failure:?}");
        for envelope in envelopes(outcome, &Settings::default(), &Redactor::default()) {
            std::hint::black_box(envelope.to_bytes(outcome.started));
        }
    }
    println!("{before} {}", high_water_mark());
}

/// The other process: serves until its standard input ends.
fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("a bound port").port());
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    (0..100).for_each(|_| packer.write_all(&vec![0; 1024 * 1024]).expect("memory"));
    let bomb: Arc<[u8]> = packer.finish().expect("memory").into();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let bomb = bomb.clone();
            // A client that goes away is no news.
            thread::spawn(move || answer(stream, &bomb));
        }
    });
    let _ = std::io::stdin().read(&mut [0]);
}

fn answer(mut stream: TcpStream, bomb: &[u8]) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let length = stream.read(&mut request)?;
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    if request.starts_with("GET /keys") {
        let body = format!("[{}]", vec!["1234567890123456"; 6000].join(","));
        return write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    }
    if request.starts_with("GET /bombs") {
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len())?;
        return stream.write_all(bomb);
    }
    write!(stream, "HTTP/1.1 200 OK\r\n\r\n")?;
    loop {
        stream.write_all(&[b'x'; 65_536])?;
    }
}

/// The most memory that this process had, in KiB.
fn high_water_mark() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim_end_matches("kB").trim().parse().ok()).expect("a figure in kB")
}
