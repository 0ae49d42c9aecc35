//! The function as it is deployed: its size, and its cold start, which is the time from the start of the process to its
//! first poll of the Runtime API, beside a bare function's.
//!
//! `make bench` builds both programs and names them in `FUNCTION` and `BARE`; they are started in turns, so that what
//! else the machine does meets both.

mod support {
    pub mod quantile;
    pub mod table;
}

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Instant;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use support::quantile::quantile;
use support::table;

const ROUNDS: usize = 41;

/// How often a bare function's cold start ours may take.
const START_BAR: f64 = 1.5;

/// What the zip may weigh, in millions of bytes.
const SIZE_BAR: f64 = 6.0;

/// Lambda's answer to a function that registers an extension within itself.
const REGISTERED: &[u8] = b"HTTP/1.1 200 OK\r\nlambda-extension-identifier: 7\r\ncontent-length: 2\r\n\r\n{}";

fn main() {
    let program =
        |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} has to name a program: run `make bench`"));
    let (function, bare) = (program("FUNCTION"), program("BARE"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first of each reads it from the disk.
    first_poll(&listener, &function);
    first_poll(&listener, &bare);
    for _ in 0..ROUNDS {
        ours.push(first_poll(&listener, &function));
        theirs.push(first_poll(&listener, &bare));
    }
    let told = |figures: &[f64]| {
        let at = |q| quantile(figures, q).unwrap_or(f64::NAN);
        (at(0.5), format!("{:.2} ms ({:.2}-{:.2})", at(0.5), at(0.25), at(0.75)))
    };
    let ((ours, us), (theirs, them)) = (told(&ours), told(&theirs));
    println!("first poll, median of {ROUNDS} starts (quartiles): the function {us}, a bare function {them}");
    let ratio = ours / theirs;
    let measured = format!("{ratio:.2} x ({us})");
    table::row(
        "cold start, beside a bare function's",
        &measured,
        Some((&format!("{START_BAR} x"), ratio <= START_BAR)),
    );
    let size = zipped(&function);
    table::row("function zip", &format!("{size:.2} MB"), Some((&format!("{SIZE_BAR} MB"), size <= SIZE_BAR)));
}

/// Millions of bytes of the program in a zip, whose method is deflate; its directory is a hundred bytes more.
fn zipped(program: &str) -> f64 {
    let program = std::fs::read(program).unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&program).expect("memory");
    encoder.finish().expect("memory").len() as f64 / 1e6
}

/// Milliseconds from the start of `program` to its first poll.
fn first_poll(listener: &TcpListener, program: &str) -> f64 {
    let address = listener.local_addr().expect("an address").to_string();
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_REGION", "eu-west-1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut process = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut open = Vec::new();
    let took = loop {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).expect("a request");
        match line.split(' ').nth(1).unwrap_or_default() {
            "/2018-06-01/runtime/invocation/next" => break started.elapsed(),
            "/2020-01-01/extension/register" => stream.write_all(REGISTERED).expect("an open connection"),
            "/2020-01-01/extension/event/next" => {}
            _ => panic!("{line:?}"),
        }
        open.push(stream);
    };
    process.kill().expect("a running process");
    process.wait().expect("an ended process");
    took.as_secs_f64() * 1e3
}
