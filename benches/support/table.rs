//! The figures of several programs in one table: each appends its rows to a file that `make bench` begins and shows.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Where `make bench` collects rows.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench.md");

/// Says what was measured, and adds it to the table. What is more than there for comparison has a bar, and whether it is
/// reached.
pub fn row(what: &str, measured: &str, bar: Option<(&str, bool)>) {
    let (bar, verdict) = match bar {
        None => ("", ""),
        Some((bar, true)) => (bar, "yes"),
        Some((bar, false)) => (bar, "no"),
    };
    match bar {
        "" => println!("{what}: {measured}"),
        _ => println!("{what}: {measured}; bar: {bar}; reached: {verdict}"),
    }
    let file = OpenOptions::new().create(true).append(true).open(FILE);
    if let Err(error) = file.and_then(|mut file| writeln!(file, "| {what} | {measured} | {bar} | {verdict} |")) {
        eprintln!("{FILE}: {error}");
    }
}
