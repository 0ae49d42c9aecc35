//! The figures of several programs in one table: each appends its rows to a file that `make bench` begins and shows.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Where `make bench` collects rows.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench.md");

/// Says what was measured beside the bar that it is held against, and adds it to the table.
pub fn row(what: &str, measured: &str, bar: &str, is_reached: bool) {
    let verdict = if is_reached { "yes" } else { "no" };
    println!("{what}: {measured}; bar: {bar}; reached: {verdict}");
    add(what, measured, bar, verdict);
}

/// The same of a figure that is there for comparison.
#[allow(dead_code)]
pub fn note(what: &str, measured: &str) {
    println!("{what}: {measured}");
    add(what, measured, "", "");
}

fn add(what: &str, measured: &str, bar: &str, verdict: &str) {
    let file = OpenOptions::new().create(true).append(true).open(FILE);
    if let Err(error) = file.and_then(|mut file| writeln!(file, "| {what} | {measured} | {bar} | {verdict} |")) {
        eprintln!("{FILE}: {error}");
    }
}
