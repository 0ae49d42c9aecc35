//! AWS's cron expressions, as far as schedules need them: minutes of the hour and hours of the day, the same every day.

use std::fmt;

use crate::schedule::Cadence;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// When a rule fires: at each of these minutes of each of these hours, every day, in UTC.
///
/// Its text is what EventBridge takes, e.g. `cron(0/5 * * * ? *)`: minutes, hours, day of the month, month, day of the
/// week, year (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>). It uses only
/// `*`, values, `a-b`, `a/step` and lists, and at most 200 of the 256 characters that are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cron {
    /// A bit for each minute of the hour.
    minutes: u64,
    /// A bit for each hour of the day.
    hours: u32,
}

impl Cron {
    /// The coarsest expression that fires in every minute that holds a tick.
    pub fn of(cadence: Cadence) -> Self {
        // Over many days, ticks fall on all multiples of the greatest common divisor of the period and the day.
        let step = gcd(cadence.period.as_secs(), DAY);
        if step <= MINUTE {
            return Self { minutes: (1 << 60) - 1, hours: (1 << 24) - 1 };
        }
        let first = cadence.phase.as_secs() % step;
        let mut cron = Self { minutes: 0, hours: 0 };
        for second in (first..DAY).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            cron.minutes |= 1 << (second % HOUR / MINUTE);
            cron.hours |= 1 << (second / HOUR);
        }
        cron
    }

    /// How often it fires per day.
    pub const fn firings_a_day(self) -> u32 {
        self.minutes.count_ones() * self.hours.count_ones()
    }

    /// The minutes of the day in which it fires, in order.
    pub fn firings(self) -> impl Iterator<Item = u32> {
        let has = |bits: u64, value: u32| bits >> value & 1 == 1;
        let hours = (0..24).filter(move |hour| has(self.hours.into(), *hour));
        hours.flat_map(move |hour| (0..60).filter(move |minute| has(self.minutes, *minute)).map(move |m| hour * 60 + m))
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cron({} {} * * ? *)", Field::new(self.minutes, 60), Field::new(self.hours.into(), 24))
    }
}

/// The values of one field, of `0..size`.
struct Field {
    values: Vec<u32>,
    size: u32,
}

impl Field {
    fn new(bits: u64, size: u32) -> Self {
        Self { values: (0..size).filter(|value| bits >> value & 1 == 1).collect(), size }
    }

    /// The start and the step, if `a/step` expresses the values: from `a` to the end of the field.
    fn steps(&self) -> Option<(u32, u32)> {
        let [first, second, _, ..] = self.values[..] else { return None };
        let step = second - first;
        let all = (first..self.size).step_by(step as usize);
        (step > 1 && all.eq(self.values.iter().copied())).then_some((first, step))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.values.len() == self.size as usize {
            return f.write_str("*");
        }
        if let Some((first, step)) = self.steps() {
            return write!(f, "{first}/{step}");
        }
        let runs = self.values.chunk_by(|a, b| a + 1 == *b);
        for (index, run) in runs.enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match run {
                [first, _, .., last] => write!(f, "{first}-{last}")?,
                [first, last] => write!(f, "{first},{last}")?,
                _ => write!(f, "{}", run[0])?,
            }
        }
        Ok(())
    }
}

/// The greatest common divisor.
pub(crate) const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cron(period: u64, phase: u64) -> String {
        Cron::of(Cadence { period: Duration::from_secs(period), phase: Duration::from_secs(phase) }).to_string()
    }

    #[test]
    fn periods_that_divide_the_hour_or_the_day_fire_when_they_are_due() {
        assert_eq!(cron(10, 0), "cron(* * * * ? *)");
        assert_eq!(cron(60, 0), "cron(* * * * ? *)");
        assert_eq!(cron(120, 60), "cron(1/2 * * * ? *)");
        assert_eq!(cron(300, 0), "cron(0/5 * * * ? *)");
        assert_eq!(cron(300, 120), "cron(2/5 * * * ? *)");
        assert_eq!(cron(1800, 0), "cron(0,30 * * * ? *)");
        assert_eq!(cron(3600, 540), "cron(9 * * * ? *)");
        assert_eq!(cron(4 * 3600, 3600), "cron(0 1/4 * * ? *)");
        assert_eq!(cron(86_400, 0), "cron(0 0 * * ? *)");
        assert_eq!(cron(86_400, 86_399), "cron(59 23 * * ? *)");
    }

    #[test]
    fn other_periods_fire_whenever_one_may_be_due() {
        assert_eq!(cron(420, 0), "cron(* * * * ? *)");
        assert_eq!(cron(3601, 0), "cron(* * * * ? *)");
        assert_eq!(cron(75, 0), "cron(0-3,5-8,10-13,15-18,20-23,25-28,30-33,35-38,40-43,45-48,50-53,55-58 * * * ? *)");
        assert_eq!(cron(5400, 0), "cron(0,30 0,1,3,4,6,7,9,10,12,13,15,16,18,19,21,22 * * ? *)");
        assert_eq!(cron(2 * 86_400, 0), "cron(0 0 * * ? *)");
        assert_eq!(cron(36 * 3600, 0), "cron(0 0,12 * * ? *)");
    }

    #[test]
    fn no_expression_is_too_long() {
        let divisors = (1..=DAY).filter(|step| DAY.is_multiple_of(*step));
        for step in divisors {
            for phase in (0..step).step_by(30) {
                let text = cron(step, phase);
                assert!(text.len() <= 200, "{step} {phase}: {text}");
            }
        }
    }
}
