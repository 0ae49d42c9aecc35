//! Templates of `sentrynet compile`, read as CloudFormation does.

use std::path::Path;

use serde_json::{Map, Value, json};
use serde_yaml::Value as Yaml;

/// A template as JSON: the short forms of functions (`!Ref x`, `!GetAtt a.b`) in their long ones.
pub fn parse(text: &str) -> Value {
    long(serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}")))
}

fn long(value: Yaml) -> Value {
    match value {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let argument = match (name, long(tagged.value)) {
                ("GetAtt", Value::String(text)) => json!(text.split('.').collect::<Vec<_>>()),
                (_, argument) => argument,
            };
            let name = if name == "Ref" { name.to_owned() } else { format!("Fn::{name}") };
            json!({ name: argument })
        }
        Yaml::Mapping(map) => {
            let entry = |(name, value): (Yaml, Yaml)| (name.as_str().expect("a name").to_owned(), long(value));
            Value::Object(map.into_iter().map(entry).collect::<Map<_, _>>())
        }
        Yaml::Sequence(items) => items.into_iter().map(long).collect(),
        scalar => serde_json::to_value(scalar).expect("a scalar"),
    }
}

/// What CloudFormation's SAM transform makes of templates.
pub fn transformed<'a>(templates: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    let cases = templates.into_iter().map(|template| json!({"template": template, "region": "eu-west-1"}));
    let made = super::python("moto", "transform.py", cases);
    assert!(made.iter().all(Value::is_object), "no SAM template");
    made
}

/// The rules of a template: names and properties.
pub fn rules(template: &Value) -> Vec<(&str, &Value)> {
    let resources = template["Resources"].as_object().expect("resources");
    let rules = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Events::Rule");
    rules.map(|(name, rule)| (name.as_str(), &rule["Properties"])).collect()
}

/// What `!FindInMap [map, !Ref AWS::Region, key]` is in a region; anything else is what it is.
pub fn in_region<'a>(template: &'a Value, value: &'a Value, region: &str) -> &'a Value {
    let Some(find) = value.get("Fn::FindInMap") else { return value };
    assert_eq!(find[1], json!({"Ref": "AWS::Region"}));
    let text = |value: &'a Value| value.as_str().expect("a name");
    let found = &template["Mappings"][text(&find[0])][region][text(&find[2])];
    assert!(!found.is_null(), "{find} has no value in {region}");
    found
}

/// What EventBridge sends for a target when its rule fires.
pub fn input(transformer: &Value, time: &str) -> Value {
    assert_eq!(transformer["InputPathsMap"], json!({"time": "$.time"}));
    let template = transformer["InputTemplate"].as_str().expect("a template");
    // A text goes with its quotes into a place that has none around it.
    let filled = template.replace("<time>", &Value::from(time).to_string());
    serde_json::from_str(&filled).unwrap_or_else(|error| panic!("{error}: {filled}"))
}

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
