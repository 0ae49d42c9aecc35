//! The SAM template of a configuration.
//!
//! What is the same for every configuration is in `sam_template/skeleton.yaml`. What depends on the configuration is filled in:
//! the rules, what differs between regions, the secrets that the function may read, and the timeout.

mod missing_invocations_alarm;
mod rule_input;
mod secret_permissions;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use self::missing_invocations_alarm::MissingInvocationsAlarm;
use super::bill::MEMORY_MB;
use super::rules::{Rule, Schedule, Setting};
use super::worst_case::WorstCase;
use crate::config::Config;
use crate::schema::SecretRef;
use crate::schema::value::show_duration;

const SKELETON: &str = include_str!("sam_template/skeleton.yaml");

/// How wide comments are.
const WIDTH: usize = 116;

/// The SAM template of a configuration: the same text for the same configuration.
///
/// `source` is the name of the configuration, for the comment at the top; `references` are the secrets that it refers to.
pub fn template(source: &str, config: &Config, schedule: &Schedule, references: &BTreeSet<SecretRef>) -> String {
    let worst_case = WorstCase::of(config, schedule);
    let alarms: Vec<Option<MissingInvocationsAlarm>> = MissingInvocationsAlarm::by_region(schedule);
    let parts = [
        ("@SOURCE@", one_line(source)),
        ("@MEMORY@", MEMORY_MB.to_string()),
        ("@TIMEOUT_REASON@", timeout_reason(worst_case.as_ref())),
        ("@TIMEOUT@", WorstCase::timeout(worst_case.as_ref()).as_secs().to_string()),
        ("@REGIONS@", regions(schedule) + &mappings(schedule, &alarms)),
        ("@CONDITIONS@", missing_invocations_alarm::condition(&alarms)),
        ("@SECRETS@", secret_permissions::resources(references)),
        ("@RULES@", schedule.rules.iter().map(rule).collect()),
        ("@SILENCE@", missing_invocations_alarm::alarm(&alarms)),
    ];
    parts.iter().fold(SKELETON.to_owned(), |text, (place, part)| text.replacen(place, part, 1))
}

/// Removes line breaks: a file may have any name.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// A comment of as many lines as it takes.
fn comment(indent: usize, text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if indent + 2 + line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{:indent$}# {line}\n", "")).collect()
}

fn timeout_reason(worst_case: Option<&WorstCase<'_>>) -> String {
    let Some(worst_case) = worst_case else { return String::new() };
    let reason = format!(
        "Worst case: group {}, every {}, runs until {} after the rule's time if every run takes its whole timeout. Reading the \
         configuration and delivering come on top.",
        worst_case.group,
        show_duration(worst_case.every),
        show_duration(worst_case.lasts)
    );
    comment(6, &reason)
}

/// Makes deployments to other regions fail, early and with a reason.
fn regions(schedule: &Schedule) -> String {
    if schedule.regions.is_empty() {
        return String::new();
    }
    format!(
        "
Rules:
  IsRegionConfigured:
    Assertions:
      - Assert:
          Fn::Contains:
            - [{}]
            - !Ref AWS::Region
        AssertDescription: This region is not among the `regions` of the configuration that this template was generated from.
",
        schedule.regions.join(", ")
    )
}

fn mappings(schedule: &Schedule, alarms: &[Option<MissingInvocationsAlarm>]) -> String {
    let alarm = missing_invocations_alarm::mapping(&schedule.regions, alarms);
    if schedule.mapping.is_empty() && alarm.is_empty() {
        return String::new();
    }
    let mut text = "\n# What differs between regions.\nMappings:\n".to_owned();
    if !schedule.mapping.is_empty() {
        text.push_str("  Schedule:\n");
        for (index, region) in schedule.regions.iter().enumerate() {
            let _ = writeln!(text, "    {region}:");
            for attribute in &schedule.mapping {
                let _ = writeln!(text, "      {}: {}", attribute.name, attribute.values[index]);
            }
        }
    }
    text + &alarm
}

fn rule(rule: &Rule) -> String {
    let setting = |setting: &Setting| match setting {
        Setting::Same(value) => value.clone(),
        Setting::ByRegion(name) => format!("!FindInMap [Schedule, !Ref AWS::Region, {name}]"),
    };
    let mut text = format!(
        "  {name}:
    Type: AWS::Events::Rule
    DependsOn: InvocationByRules
    Properties:
      Name: !Sub ${{AWS::StackName}}-{name}
      ScheduleExpression: {}
      State: {}
      Targets:
",
        setting(&rule.expression),
        setting(&rule.state),
        name = rule.name,
    );
    for (number, target) in (1..).zip(&rule.targets) {
        text.push_str(&rule_input::target(number, target));
    }
    text.push('\n');
    text
}
