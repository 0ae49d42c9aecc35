//! Values that stand elsewhere: which ones a configuration asks for, and what they turned out to be.

use std::collections::{BTreeMap, BTreeSet};

use crate::secrets::Secret;
use crate::yaml::node::{Kind, Node};

/// Where a secret stands: `{ssm: /path}` or `{env: NAME}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretRef {
    /// A parameter in SSM Parameter Store.
    Ssm(String),
    /// A variable of the environment.
    Env(String),
}

impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ssm(name) => write!(f, "the SSM parameter `{name}`"),
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
        }
    }
}

impl SecretRef {
    /// The parameter of SSM, if it stands there.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Ssm(name) => Some(name),
            Self::Env(_) => None,
        }
    }

    /// The reference that a value is, if it is one: a map with the one key `ssm` or `env`.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        let [entry] = node.entries() else { return None };
        let name = entry.value.text()?;
        let ssm = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ':');
        let env = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match entry.name.as_str() {
            "ssm" if !name.is_empty() && name.chars().all(ssm) => Some(Self::Ssm(name.to_owned())),
            "env" if !name.is_empty() && name.chars().all(env) => Some(Self::Env(name.to_owned())),
            _ => None,
        }
    }

    /// Whether it is one even where maps are values too, as in a body: `{env: PROD}` is, `{env: prod}` is not.
    pub(crate) fn is_plain_in_json(&self) -> bool {
        match self {
            Self::Ssm(name) => name.starts_with('/'),
            Self::Env(name) => {
                !name.starts_with(|c: char| c.is_ascii_digit()) && !name.contains(|c: char| c.is_ascii_lowercase())
            }
        }
    }

    /// Every reference below a node; some may turn out to be maps that only look like one.
    pub(crate) fn collect(node: &Node, into: &mut BTreeSet<Self>) {
        into.extend(Self::of(node));
        match &node.kind {
            Kind::Scalar { .. } => {}
            Kind::List(items) => items.iter().for_each(|item| Self::collect(item, into)),
            Kind::Map(entries) => entries.iter().for_each(|entry| Self::collect(&entry.value, into)),
        }
    }
}

/// What became of the secrets that a configuration asks for.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    values: BTreeMap<SecretRef, Result<Secret, String>>,
    placeholders: bool,
}

/// What the checker puts in the place of a reference.
pub(crate) enum Resolved<'a> {
    Value(&'a Secret),
    Placeholder,
    Missing(String),
}

impl Secrets {
    /// No secret is looked up: every reference reads as a value that fits its place. For `check`, which validates a
    /// configuration where its secrets are not at hand.
    pub fn placeholders() -> Self {
        Self { placeholders: true, ..Self::default() }
    }

    /// Looks up those of the references that name environment variables.
    pub fn from_env<'a>(references: impl IntoIterator<Item = &'a SecretRef>) -> Self {
        Self::from_variables(references, |name| std::env::var(name))
    }

    fn from_variables<'a>(
        references: impl IntoIterator<Item = &'a SecretRef>,
        variable: impl Fn(&str) -> Result<String, std::env::VarError>,
    ) -> Self {
        let mut secrets = Self::default();
        for reference in references {
            if let SecretRef::Env(name) = reference {
                let value = variable(name).map(Secret::new).map_err(|error| match error {
                    std::env::VarError::NotPresent => "it is not set".to_owned(),
                    std::env::VarError::NotUnicode(_) => "it is not UTF-8".to_owned(),
                });
                secrets.insert(reference.clone(), value);
            }
        }
        secrets
    }

    /// Adds a secret, or the reason why it is not to be had, to follow "the SSM parameter `/x` cannot be used:".
    pub fn insert(&mut self, reference: SecretRef, value: Result<Secret, String>) {
        self.values.insert(reference, value);
    }

    /// What to read in the place of a reference.
    pub(crate) fn resolve(&self, reference: &SecretRef) -> Resolved<'_> {
        match self.values.get(reference) {
            _ if self.placeholders => Resolved::Placeholder,
            Some(Ok(secret)) => Resolved::Value(secret),
            Some(Err(reason)) => Resolved::Missing(reason.clone()),
            None => Resolved::Missing("it was not looked up".to_owned()),
        }
    }
}

impl Extend<(SecretRef, Result<Secret, String>)> for Secrets {
    fn extend<T: IntoIterator<Item = (SecretRef, Result<Secret, String>)>>(&mut self, secrets: T) {
        self.values.extend(secrets);
    }
}
