//! How much of a processor SentryNet may use.

use std::path::Path;

/// With so much memory (MB), a Lambda function has one processor; with less, in proportion.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const MEMORY_OF_A_PROCESSOR: f64 = 1769.0;

/// The share of one processor, above 0 and at most 1: by the function's memory on Lambda, else by the control group's quota.
pub fn processor_share() -> f64 {
    let memory = std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok();
    let share = match memory.and_then(|memory| memory.parse::<f64>().ok()) {
        Some(memory) => memory / MEMORY_OF_A_PROCESSOR,
        None => {
            let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
            quota(Path::new("/sys/fs/cgroup"), &groups)
        }
    };
    share.clamp(0.01, 1.0)
}

/// The smallest quota of the groups that `/proc/self/cgroup` names, and of those around them. Within a container its group
/// looks like the root.
fn quota(root: &Path, groups: &str) -> f64 {
    let of_line = |line: &str| {
        let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
        let group = group.trim_start_matches('/');
        if controllers.is_empty() {
            Some(smallest(root, group, quota_v2))
        } else if controllers.split(',').any(|controller| controller == "cpu") {
            Some(smallest(&root.join("cpu"), group, quota_v1))
        } else {
            None
        }
    };
    groups.lines().filter_map(of_line).fold(1.0, f64::min)
}

/// The smallest quota of a group and those around it.
fn smallest(root: &Path, group: &str, quota: impl Fn(&Path) -> Option<f64>) -> f64 {
    let innermost = root.join(group);
    let around = innermost.ancestors().take_while(|directory| directory.starts_with(root));
    around.filter_map(quota).filter(|share| *share > 0.0).fold(1.0, f64::min)
}

/// `QUOTA PERIOD`, or `max PERIOD` where there is none: <https://docs.kernel.org/admin-guide/cgroup-v2.html>.
fn quota_v2(group: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(group.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

/// Two files, with -1 where there is no quota: <https://docs.kernel.org/scheduler/sched-bwc.html>.
fn quota_v1(group: &Path) -> Option<f64> {
    let number = |file| std::fs::read_to_string(group.join(file)).ok()?.trim().parse::<f64>().ok();
    Some(number("cpu.cfs_quota_us")? / number("cpu.cfs_period_us")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &Path, file: &str, text: &str) {
        std::fs::create_dir_all(directory).expect("directories");
        std::fs::write(directory.join(file), text).expect("a file");
    }

    #[test]
    fn the_smallest_quota_of_all_groups_around_counts() {
        let root = tempfile::tempdir().expect("a directory");
        let (outer, inner) = (root.path().join("a"), root.path().join("a/b"));
        assert_eq!(quota(root.path(), "0::/a/b\n"), 1.0);
        write(&inner, "cpu.max", "max 100000\n");
        assert_eq!(quota(root.path(), "0::/a/b\n"), 1.0);
        write(&outer, "cpu.max", "1440 20000\n");
        assert_eq!(quota(root.path(), "0::/a/b\n"), 0.072);
        write(&inner, "cpu.max", "10000 20000\n");
        assert_eq!(quota(root.path(), "0::/a/b\n"), 0.072);
        assert_eq!(quota(root.path(), "0::/\n"), 1.0);
        write(root.path(), "cpu.max", "400000 100000\n");
        assert_eq!(quota(root.path(), "0::/\n"), 1.0, "one thread cannot use more than one processor");
    }

    #[test]
    fn control_groups_of_the_first_version_have_quotas_too() {
        let root = tempfile::tempdir().expect("a directory");
        let group = root.path().join("cpu/a");
        write(&group, "cpu.cfs_quota_us", "-1\n");
        write(&group, "cpu.cfs_period_us", "100000\n");
        let groups = "4:memory:/a\n1:cpu,cpuacct:/a\n0::/\n";
        assert_eq!(quota(root.path(), groups), 1.0);
        write(&group, "cpu.cfs_quota_us", "25000\n");
        assert_eq!(quota(root.path(), groups), 0.25);
        assert_eq!(quota(root.path(), "nonsense\n"), 1.0);
    }
}
