//! The SSM parameters that a configuration refers to, as resources of an IAM policy.

use std::collections::BTreeSet;

use crate::schema::SecretRef;

/// One line for each parameter.
pub(crate) fn resources(references: &BTreeSet<SecretRef>) -> String {
    let resources: BTreeSet<String> = references.iter().filter_map(SecretRef::parameter).map(resource).collect();
    resources.iter().map(|resource| format!("                  - {resource}\n")).collect()
}

/// A reference is a name or an ARN, with or without a version or label after a colon; the resource has neither.
fn resource(name: &str) -> String {
    if name.starts_with("arn:") {
        // arn:partition:ssm:region:account:parameter/name
        return name.splitn(7, ':').take(6).collect::<Vec<_>>().join(":");
    }
    let name = name.split(':').next().unwrap_or_default();
    let slash = if name.starts_with('/') { "" } else { "/" };
    format!("!Sub arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter{slash}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_parameter_is_granted_once() {
        let names = [
            "/shop/token",
            "/shop/token:3",
            "plain",
            "arn:aws:ssm:eu-west-1:123456789012:parameter/theirs",
            "arn:aws:ssm:eu-west-1:123456789012:parameter/theirs:live",
        ];
        let mut references: BTreeSet<SecretRef> = names.map(|name| SecretRef::Ssm(name.to_owned())).into();
        references.insert(SecretRef::Env("TOKEN".to_owned()));
        let resources = resources(&references);
        let lines: Vec<&str> = resources.lines().map(|line| line.trim_start_matches([' ', '-'])).collect();
        let own = "!Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter";
        assert_eq!(
            lines,
            [
                format!("{own}/plain"),
                format!("{own}/shop/token"),
                "arn:aws:ssm:eu-west-1:123456789012:parameter/theirs".to_owned(),
            ]
        );
    }
}
