//! The alarm that nothing is watched any more: the function was not invoked for longer than its rules ever leave it alone.

use std::fmt::Write as _;

use crate::schedule::Schedule;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// For how long the function has to be left alone until that is an alarm: so many periods without an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    /// Seconds.
    period: u64,
    count: u64,
}

impl Silence {
    /// For each region of the schedule; `None` where no rule is enabled.
    pub(super) fn by_region(schedule: &Schedule) -> Vec<Option<Self>> {
        let count = schedule.region_names().count();
        (0..count).map(|region| gap(schedule, region).map(Self::longer_than)).collect()
    }

    /// Longer than a gap of so many seconds: one period more, since the gap may begin anywhere in one, and another one,
    /// since the metric comes late. CloudWatch looks back for a day at most, and for seven days where periods have an hour
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
    fn longer_than(gap: u64) -> Self {
        let by = |period: u64| Self { period, count: gap.div_ceil(period) + 2 };
        Some(by(5 * MINUTE)).filter(|silence| silence.period * silence.count <= DAY).unwrap_or(by(HOUR))
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
fn differ(silences: &[Option<Silence>]) -> bool {
    silences.iter().any(|silence| *silence != silences[0])
}

/// What differs from region to region; nothing where nothing does.
pub(super) fn mapping(regions: &[String], silences: &[Option<Silence>]) -> String {
    if !differ(silences) {
        return String::new();
    }
    let mut text = "  Silence:\n".to_owned();
    for (region, silence) in regions.iter().zip(silences) {
        let Silence { period, count } = silence.unwrap_or(Silence { period: HOUR, count: 0 });
        let _ = writeln!(text, "    {region}: {{Period: {period}, EvaluationPeriods: {count}}}");
    }
    text
}

/// The condition that the region is one in which the function is ever invoked, where there are others.
pub(super) fn condition(silences: &[Option<Silence>]) -> String {
    if !differ(silences) || silences.iter().all(Option::is_some) {
        return String::new();
    }
    "  IsAnythingWatched: !Not [!Equals [!FindInMap [Silence, !Ref AWS::Region, EvaluationPeriods], \"0\"]]\n"
        .to_owned()
}

/// Telling the topic, if there is one.
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
pub(super) fn alarm(silences: &[Option<Silence>]) -> String {
    let Some(silence) = silences.iter().flatten().next() else { return String::new() };
    let is_mapped = differ(silences);
    let value = |name: &str, value: u64| match is_mapped {
        true => format!("!FindInMap [Silence, !Ref AWS::Region, {name}]"),
        false => value.to_string(),
    };
    let condition = if condition(silences).is_empty() { "" } else { "    Condition: IsAnythingWatched\n" };
    format!(
        "  SilenceAlarm:
    Type: AWS::CloudWatch::Alarm
{condition}    Properties:
      AlarmDescription: >-
        SentryNet was not invoked for longer than its rules ever leave it alone: nothing is watched from this region.
      Namespace: AWS/Lambda
      MetricName: Invocations
      Dimensions:
        - Name: FunctionName
          Value: !Ref ProbeFunction
      Statistic: Sum
      # The longest time between two firings, and two periods more.
      Period: {}
      EvaluationPeriods: {}
      Threshold: 1
      ComparisonOperator: LessThanThreshold
      TreatMissingData: breaching
{}{}
",
        value("Period", silence.period),
        value("EvaluationPeriods", silence.count),
        actions("AlarmActions"),
        actions("OKActions"),
    )
}
