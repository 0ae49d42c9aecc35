//! The alarm for missing invocations: the function was not invoked for longer than the longest pause in its schedule.

use std::fmt::Write as _;

use crate::cli::deployment::rules::Schedule;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long the function has to go without invocations until the alarm is raised: `count` periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MissingInvocationsAlarm {
    /// Seconds.
    period: u64,
    count: u64,
}

impl MissingInvocationsAlarm {
    /// For each region of the schedule; `None` where no rule is enabled.
    pub(crate) fn by_region(schedule: &Schedule) -> Vec<Option<Self>> {
        let count = schedule.region_names().count();
        (0..count).map(|region| gap(schedule, region).map(Self::longer_than)).collect()
    }

    /// An alarm for pauses longer than `gap` seconds. It adds one period, since a gap may begin anywhere within one, and a second
    /// one, since the metric is delayed. CloudWatch evaluates at most a day, or seven days if periods are at least an hour
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
    fn longer_than(gap: u64) -> Self {
        let by = |period: u64| Self { period, count: gap.div_ceil(period) + 2 };
        Some(by(5 * MINUTE)).filter(|alarm| alarm.period * alarm.count <= DAY).unwrap_or(by(HOUR))
    }
}

/// The longest time in seconds between two firings in a region.
fn gap(schedule: &Schedule, region: usize) -> Option<u64> {
    let placements = schedule.rules.iter().map(|rule| rule.placements[region]);
    let firings =
        placements.filter(|placement| placement.is_enabled).flat_map(|placement| placement.expression.firings());
    let mut firings: Vec<u64> = firings.map(|minute| u64::from(minute) * MINUTE).collect();
    firings.sort_unstable();
    let first = *firings.first()?;
    let next = firings.iter().skip(1).copied().chain([first + DAY]);
    firings.iter().zip(next).map(|(firing, next)| next - firing).max()
}

/// Whether regions differ.
fn differ(alarms: &[Option<MissingInvocationsAlarm>]) -> bool {
    alarms.iter().any(|alarm| *alarm != alarms[0])
}

/// The mapping of the alarm by region; empty if regions do not differ.
pub(crate) fn mapping(regions: &[String], alarms: &[Option<MissingInvocationsAlarm>]) -> String {
    if !differ(alarms) {
        return String::new();
    }
    let mut text = "  Silence:\n".to_owned();
    for (region, alarm) in regions.iter().zip(alarms) {
        let MissingInvocationsAlarm { period, count } =
            alarm.unwrap_or(MissingInvocationsAlarm { period: HOUR, count: 0 });
        let _ = writeln!(text, "    {region}: {{Period: {period}, EvaluationPeriods: {count}}}");
    }
    text
}

/// The condition that rules are enabled in the region; empty if they are in all regions.
pub(crate) fn condition(alarms: &[Option<MissingInvocationsAlarm>]) -> String {
    if !differ(alarms) || alarms.iter().all(Option::is_some) {
        return String::new();
    }
    "  IsAnythingWatched: !Not [!Equals [!FindInMap [Silence, !Ref AWS::Region, EvaluationPeriods], \"0\"]]\n"
        .to_owned()
}

/// Notifies the topic, if there is one.
fn actions(name: &str) -> String {
    format!(
        "      {name}: !If
        - HasTopic
        - - !If [IsTopicArn, !Ref AlarmTopic, !Sub \"arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:${{AlarmTopic}}\"]
        - !Ref AWS::NoValue
"
    )
}

/// The alarm; none where no rule is enabled anywhere.
pub(crate) fn alarm(alarms: &[Option<MissingInvocationsAlarm>]) -> String {
    let Some(alarm) = alarms.iter().flatten().next() else { return String::new() };
    let is_mapped = differ(alarms);
    let value = |name: &str, value: u64| match is_mapped {
        true => format!("!FindInMap [Silence, !Ref AWS::Region, {name}]"),
        false => value.to_string(),
    };
    let condition = if condition(alarms).is_empty() { "" } else { "    Condition: IsAnythingWatched\n" };
    format!(
        "  SilenceAlarm:
    Type: AWS::CloudWatch::Alarm
{condition}    Properties:
      AlarmDescription: >-
        SentryNet was not invoked for longer than the longest pause in its schedule: nothing is watched from this region.
      Namespace: AWS/Lambda
      MetricName: Invocations
      Dimensions:
        - Name: FunctionName
          Value: !Ref ProbeFunction
      Statistic: Sum
      # The longest pause between two firings, plus two periods.
      Period: {}
      EvaluationPeriods: {}
      Threshold: 1
      ComparisonOperator: LessThanThreshold
      TreatMissingData: breaching
{}{}
",
        value("Period", alarm.period),
        value("EvaluationPeriods", alarm.count),
        actions("AlarmActions"),
        actions("OKActions"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Document, read};
    use crate::schema::Secrets;

    fn alarms(text: &str) -> Vec<Option<(u64, u64)>> {
        let document = Document::parse("a.yaml", text.as_bytes()).expect("YAML");
        let config = read(&document, &Secrets::placeholders()).expect("a configuration");
        let alarms = MissingInvocationsAlarm::by_region(&Schedule::of(&config).expect("a schedule"));
        alarms.into_iter().map(|alarm| alarm.map(|alarm| (alarm.period, alarm.count))).collect()
    }

    fn of(periods: &[&str]) -> (u64, u64) {
        let probe = |every: &&str| format!("{{probe: probes.http, url: 'https://a.example', every: {every}}}");
        let probes: Vec<String> = periods.iter().map(probe).collect();
        let found = alarms(&format!("groups: [{{name: a, probes: [{}]}}]", probes.join(", ")));
        found[0].expect("an alarm")
    }

    #[test]
    fn an_alarm_waits_for_longer_than_the_longest_time_between_two_firings() {
        assert_eq!(of(&["10"]), (300, 3));
        assert_eq!(of(&["5m"]), (300, 3));
        assert_eq!(of(&["6m"]), (300, 4));
        assert_eq!(of(&["1h"]), (300, 14));
        // That does not divide the day: the rule fires hourly.
        assert_eq!(of(&["5h"]), (300, 14));
        assert_eq!(of(&["12h"]), (300, 146));
        assert_eq!(of(&["24h"]), (3600, 26));
        assert_eq!(of(&["720h"]), (3600, 26));
        // The rule that fires most often decides.
        assert_eq!(of(&["24h", "1m"]), (300, 3));
    }

    #[test]
    fn no_alarm_looks_back_further_than_cloudwatch_does() {
        for minutes in 1..=43_200_u64 {
            let every = format!("{minutes}m");
            if 1440 % minutes == 0 || minutes % 1440 == 0 {
                let (period, count) = of(&[&every]);
                let most = if period < HOUR { DAY } else { 7 * DAY };
                assert!(period * count <= most, "{every}: {count} times {period} s");
            }
        }
    }

    #[test]
    fn regions_have_the_alarm_that_their_rules_need() {
        let text = "regions: [eu-west-1, us-east-1, sa-east-1]
groups:
  - {name: a, regions: [eu-west-1], probes: [{probe: probes.http, url: 'https://a.example', every: 1h}]}
  - {name: b, regions: [eu-west-1, us-east-1], probes: [{probe: probes.http, url: 'https://a.example', every: 24h}]}";
        assert_eq!(alarms(text), [Some((300, 14)), Some((3600, 26)), None]);
    }
}
