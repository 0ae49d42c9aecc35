//! A control group with a quota of processor time: what Lambda gives a function with little memory.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A control group that processes can be started in. Removed when dropped.
pub struct Quota(PathBuf);

impl Quota {
    /// A group that may use so much of each period, in µs. `None`: none can be made here.
    pub fn of((quota, period): (u32, u32)) -> Option<Self> {
        let name = format!("sentrynet-{}", std::process::id());
        let v1 = PathBuf::from("/sys/fs/cgroup/cpu").join(&name);
        if fs::create_dir(&v1).is_ok() {
            let group = Self(v1);
            let write = |file: &str, figure: u32| fs::write(group.0.join(file), figure.to_string()).ok();
            write("cpu.cfs_period_us", period)?;
            write("cpu.cfs_quota_us", quota)?;
            return Some(group);
        }
        let group = PathBuf::from("/sys/fs/cgroup").join(&name);
        fs::create_dir(&group).ok()?;
        let group = Self(group);
        fs::write(group.0.join("cpu.max"), format!("{quota} {period}")).ok()?;
        Some(group)
    }

    /// Runs a program in it.
    pub fn output(&self, command: &Command) -> io::Result<Output> {
        let mut within = Command::new("sh");
        // The shell enters the group, then becomes the program.
        within.arg("-c").arg("echo $$ > \"$0\" && exec \"$@\"").arg(self.0.join("cgroup.procs"));
        within.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null()).output()
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // A process that has just ended may still be in it.
        for _ in 0..50 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}
