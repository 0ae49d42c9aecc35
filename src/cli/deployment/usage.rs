//! What a schedule uses in a month: invocations, their duration, and spans in Sentry.

use std::ops::{Add, AddAssign};
use std::time::Duration;

use super::cron::{Cron, gcd};
use crate::config::Group;
use crate::runner::payload::WINDOW;
use crate::schedule::Cadence;

/// A month: a twelfth of a year, in days.
pub const DAYS: f64 = 365.0 / 12.0;
/// Assumption: the duration of a run. Most are shorter.
pub const RUN: Duration = Duration::from_millis(500);
/// Assumption: how long an invocation takes to read its configuration and to deliver.
pub const OVERHEAD: Duration = Duration::from_millis(300);
/// Assumption: the duration of an invocation in whose minute nothing is due.
pub const NOTHING_DUE: Duration = Duration::from_millis(50);

/// The usage of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Invocations of the function.
    pub invocations: f64,
    /// Their total duration in seconds, including waiting for ticks within the minute.
    pub seconds: f64,
    /// Runs of probes.
    pub runs: f64,
    /// Spans of these runs, including transactions.
    pub spans: f64,
    /// SSM parameters that are too large for the standard tier.
    pub advanced_parameters: f64,
    /// How often such parameters are read.
    pub advanced_reads: f64,
    /// Alarms of CloudWatch.
    pub alarms: f64,
}

impl Usage {
    /// The usage of those probes of a group that have this period, in one region.
    pub fn of(group: &Group, every: Duration, cadence: Cadence, cron: Cron) -> Self {
        let probes = || group.probes.iter().filter(|probe| probe.every == every);
        let longest = probes().map(|probe| probe.burst).max().unwrap_or(0);
        let invocations = f64::from(cron.firings_a_day()) * DAYS;
        let ticks = DAYS * 86_400.0 / cadence.period.as_secs_f64();
        let (busy, seconds) = windows(cadence, RUN * longest);
        let runs: f64 = probes().map(|probe| f64::from(probe.burst)).sum();
        let spans: f64 = probes().map(|probe| f64::from(probe.burst * probe.spans())).sum();
        // From cycles to months.
        let cycles = ticks / ticks_of_a_cycle(cadence) as f64;
        Self {
            invocations,
            seconds: seconds * cycles + (invocations - busy as f64 * cycles).max(0.0) * NOTHING_DUE.as_secs_f64(),
            runs: ticks * runs,
            spans: ticks * spans,
            ..Self::default()
        }
    }

    /// The usage of one parameter that is too large for the standard tier, and is read by these invocations.
    pub fn of_advanced_parameter(invocations: f64) -> Self {
        Self { advanced_parameters: 1.0, advanced_reads: invocations, ..Self::default() }
    }

    /// The usage of a stack's alarms: one for the dead-letter queue and, if rules are enabled, one for missing invocations.
    pub fn of_alarms(is_watched: bool) -> Self {
        Self { alarms: 1.0 + f64::from(u8::from(is_watched)), ..Self::default() }
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            invocations: self.invocations + other.invocations,
            seconds: self.seconds + other.seconds,
            runs: self.runs + other.runs,
            spans: self.spans + other.spans,
            advanced_parameters: self.advanced_parameters + other.advanced_parameters,
            advanced_reads: self.advanced_reads + other.advanced_reads,
            alarms: self.alarms + other.alarms,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), Add::add)
    }
}

/// How many ticks it takes until they fall on the same seconds of the minute again: at most 60.
fn ticks_of_a_cycle(cadence: Cadence) -> u64 {
    let (window, period) = (WINDOW.as_secs(), cadence.period.as_secs().max(1));
    window / gcd(period, window)
}

/// The seconds of a cycle's ticks, counted from the beginning of a window, so that no window is cut in two.
pub(crate) fn seconds_of_a_cycle(cadence: Cadence) -> impl Iterator<Item = u64> {
    let (period, phase) = (cadence.period.as_secs(), cadence.phase.as_secs());
    (0..ticks_of_a_cycle(cadence)).map(move |tick| phase % period.max(1) + tick * period)
}

/// How many windows of one cycle hold ticks, and how many seconds their invocations last. Each invocation begins with its
/// window, waits for the ticks and runs them one after the other.
fn windows(cadence: Cadence, work: Duration) -> (u64, f64) {
    let (window, work) = (WINDOW.as_secs(), work.as_secs_f64());
    let (mut count, mut seconds) = (0, 0.0);
    let mut current = None;
    // How far into its window the current invocation is.
    let mut until = 0.0_f64;
    for second in seconds_of_a_cycle(cadence) {
        if current != Some(second / window) {
            current = Some(second / window);
            count += 1;
            seconds += until;
            until = 0.0;
        }
        until = until.max((second % window) as f64) + work;
    }
    (count, seconds + until + count as f64 * OVERHEAD.as_secs_f64())
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::config::{Document, read};
    use crate::schema::Secrets;

    fn cadence(period: u64, phase: u64) -> Cadence {
        Cadence { period: Duration::from_secs(period), phase: Duration::from_secs(phase) }
    }

    /// Windows with ticks of a day, and their seconds, by counting.
    fn counted(cadence: Cadence, work: f64) -> (u64, f64) {
        let (mut count, mut seconds) = (0, 0.0);
        let (period, phase) = (cadence.period.as_secs(), cadence.phase.as_secs());
        for minute in 0..1440 {
            let due: Vec<u64> = (0..60).filter(|s| (minute * 60 + s + period * 86_400 - phase) % period == 0).collect();
            if !due.is_empty() {
                count += 1;
                seconds += due.iter().fold(0.0_f64, |until, tick| until.max(*tick as f64) + work) + 0.3;
            }
        }
        (count, seconds)
    }

    #[test]
    fn the_windows_of_a_cycle_are_those_of_a_day() {
        for cadence in [
            cadence(10, 0),
            cadence(20, 10),
            cadence(24, 0),
            cadence(30, 0),
            cadence(40, 0),
            cadence(45, 30),
            cadence(50, 10),
            cadence(60, 20),
            cadence(90, 0),
            cadence(100, 0),
            cadence(300, 120),
            cadence(3600, 59),
            cadence(86_400, 3600),
        ] {
            for work in [0.5, 2.0, 12.0] {
                let (count, seconds) = windows(cadence, Duration::from_secs_f64(work));
                let cycles = 86_400.0 / (ticks_of_a_cycle(cadence) * cadence.period.as_secs()) as f64;
                let (truth, true_seconds) = counted(cadence, work);
                assert!((count as f64 * cycles - truth as f64).abs() < 1e-6, "{cadence:?}: {count} {cycles} {truth}");
                assert!((seconds * cycles - true_seconds).abs() < 1e-6, "{cadence:?} {work}: {seconds} {true_seconds}");
            }
        }
    }

    fn group(probes: &str) -> Group {
        let text = format!("groups:\n  - name: a\n    probes:\n{probes}");
        let config = read(&Document::parse("a.yaml", text.as_bytes()).expect("YAML"), &Secrets::placeholders());
        config.expect("a configuration").groups.remove(0)
    }

    fn month(group: &Group, every: u64) -> Usage {
        let cadence = Cadence::alone(Duration::from_secs(every));
        Usage::of(group, cadence.period, cadence, Cron::of(cadence))
    }

    #[test]
    fn a_month_counts_invocations_waiting_and_runs() {
        let group = group(
            "      - {probe: probes.http, url: 'https://a.example', every: 60}
      - {probe: probes.http, title: b, url: 'https://a.example', every: 60, burst: 3}
      - {probe: probes.http, title: c, url: 'https://a.example', every: 10}
      - {probe: probes.http, title: d, url: 'https://a.example', every: 3601}
",
        );
        let minutes = DAYS * 1440.0;
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-3 * b, "{a} {b}");
        let minutely = month(&group, 60);
        near(minutely.invocations, minutes);
        near(minutely.runs, 4.0 * minutes);
        near(minutely.seconds, minutes * (3.0 * 0.5 + 0.3));
        let often = month(&group, 10);
        near(often.invocations, minutes);
        near(often.runs, 6.0 * minutes);
        near(often.seconds, minutes * (50.0 + 0.5 + 0.3));
        let odd = month(&group, 3601);
        near(odd.invocations, minutes);
        near(odd.runs, DAYS * 86_400.0 / 3601.0);
        let waiting = odd.runs * (29.5 + 0.5 + 0.3);
        near(odd.seconds, waiting + (minutes - odd.runs) * 0.05);
    }

    #[test]
    fn spans_are_those_that_a_run_leaves() {
        let count = |keys: &str| {
            let group = group(&format!("      - {{{keys}}}\n"));
            group.probes[0].spans()
        };
        assert_eq!(count("probe: probes.http, url: 'https://a.example/x?y'"), 9);
        assert_eq!(count("probe: probes.http, url: 'http://192.0.2.1/'"), 7);
        assert_eq!(count("probe: probes.http, url: 'https://[::1]:8443/', retries: 1"), 9);
        assert_eq!(count("probe: probes.http, url: 'https://a.example/', set_keys: {a: $.a}, assertions: {a: 1}"), 11);
        let steps = "probe: probes.script, title: t, init_keys: {h: b.example}, steps: [{url: 'https://a.example/1'}, {url: \
                     'https://a.example/{h}'}, {url: 'https://{h}/'}]";
        assert_eq!(count(steps), 1 + 3 * 4 + 2 * 4);
    }
}
