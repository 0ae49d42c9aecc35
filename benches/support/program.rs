//! A program that runs beside the bench; killed when dropped.

use std::process::Child;

pub struct Program(pub Child);

impl Program {
    /// A figure of `/proc/PID/status` (proc_pid_status(5)) such as `VmRSS`, in MiB.
    pub fn memory(&self, figure: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
        let kibibytes = line.and_then(|line| line.trim_end_matches("kB").trim().parse::<f64>().ok());
        kibibytes.expect("a figure in kB") / 1024.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
