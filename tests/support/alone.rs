//! Tests that change what a whole process shares, such as its log: each in a process of its own, whatever runs the tests.

use std::process::Command;

/// Says that a process was started for one test.
const ALONE: &str = "SENTRYNET_TEST_ALONE";

/// Runs the test of this name in a process of its own, and panics where it fails there. In that process this is `false`, and
/// the test has yet to be done.
pub fn was_run_alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return false;
    }
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(["--exact", test, "--nocapture"]).env(ALONE, "1").output();
    let output = output.expect("the program runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{test} fails alone:\n{said}");
    true
}
