//! The payload that a rule sends to the function.

use crate::cli::deployment::rules::Target;
use crate::runner::payload::WINDOW;

/// A target of a rule. EventBridge replaces `<time>` by the rule's nominal time, a string with its quotes.
pub(crate) fn target(number: usize, target: &Target) -> String {
    format!(
        "        - Id: Target{number}
          Arn: !GetAtt ProbeFunction.Arn
          InputTransformer:
            InputPathsMap: {{time: $.time}}
            InputTemplate: {}
          RetryPolicy: {{MaximumEventAgeInSeconds: 60}}
          DeadLetterConfig: {{Arn: !GetAtt DeadLetters.Arn}}
",
        quoted(&input(target))
    )
}

/// The payload with a placeholder for the time, so not JSON yet. Names of groups contain no `<`, which would begin a placeholder.
fn input(target: &Target) -> String {
    let Target { group, every } = target;
    let group = serde_json::Value::from(group.as_str());
    format!(r#"{{"group":{group},"every":{},"time":<time>,"window":{}}}"#, every.as_secs(), WINDOW.as_secs())
}

/// A string in YAML.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_target_says_what_the_function_understands() {
        let target = Target { group: "it's.a_group-1".to_owned(), every: Duration::from_secs(90) };
        let yaml: serde_yaml::Value = serde_yaml::from_str(&super::target(2, &target)).expect("YAML");
        let transformer = &yaml[0]["InputTransformer"];
        assert_eq!(transformer["InputPathsMap"]["time"], "$.time");
        let template = transformer["InputTemplate"].as_str().expect("a string");
        let payload: Value =
            serde_json::from_str(&template.replace("<time>", r#""2026-11-20T10:00:00Z""#)).expect("JSON");
        let wanted = json!({"group": "it's.a_group-1", "every": 90, "time": "2026-11-20T10:00:00Z", "window": 60});
        assert_eq!(payload, wanted);
        assert!(crate::runner::payload::Payload::from_json(payload).is_ok());
        assert_eq!(yaml[0]["Id"], "Target2");
    }
}
