//! The path below which all parameters are.

/// Used where `SENTRYNET_PREFIX` is not set.
const DEFAULT: &str = "/sentrynet";

/// How many names a path may have, `groups/<name>` included.
const MAX_DEPTH: usize = 15;
/// How long a name may be, all in all.
const MAX_LENGTH: usize = 1011;
/// How long a group's name may be.
const MAX_GROUP_LENGTH: usize = 64;

/// The path above `sentry`, `dsn` and `groups/`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// This path.
    pub fn new(path: &str) -> Self {
        Self(path.trim_end_matches('/').to_owned())
    }

    /// The value of `SENTRYNET_PREFIX`, else `/sentrynet`.
    pub fn from_env() -> Self {
        let path = std::env::var("SENTRYNET_PREFIX").ok().filter(|path| !path.is_empty());
        Self::new(path.as_deref().unwrap_or(DEFAULT))
    }

    /// Checks that there can be parameters below it
    /// (<https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html>).
    ///
    /// # Errors
    ///
    /// A sentence for people.
    pub fn validate(&self) -> Result<(), String> {
        let path = self.0.as_str();
        let Some(names) = path.strip_prefix('/') else {
            let why = if path.is_empty() { "it is empty" } else { "it must begin with `/`" };
            return Err(self.invalid(why));
        };
        let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
        if !path.chars().all(is_fine) {
            return Err(self.invalid("only letters, digits, `_`, `.`, `-` and `/` are allowed"));
        }
        let first = names.to_ascii_lowercase();
        if first.starts_with("aws") || first.starts_with("ssm") {
            return Err(self.invalid("names that begin with `aws` or `ssm` are reserved by AWS"));
        }
        if names.split('/').any(str::is_empty) {
            return Err(self.invalid("there is an empty name between two `/`"));
        }
        if names.split('/').count() + 2 > MAX_DEPTH || path.len() + "/groups/".len() + MAX_GROUP_LENGTH > MAX_LENGTH {
            return Err(self.invalid("it is too long"));
        }
        Ok(())
    }

    fn invalid(&self, why: &str) -> String {
        format!("`{}` is not a valid prefix of SSM parameters: {why}", self.0.escape_debug())
    }

    /// The parameter of everything but groups.
    pub fn settings(&self) -> String {
        format!("{}/sentry", self.0)
    }

    /// The parameter of the DSN.
    pub fn dsn(&self) -> String {
        format!("{}/dsn", self.0)
    }

    /// The path right below which each group has its parameter.
    pub fn groups(&self) -> String {
        format!("{}/groups", self.0)
    }

    /// The parameter of a group.
    pub fn group(&self, name: &str) -> String {
        format!("{}/groups/{name}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_parameter_can_be_below_is_known_beforehand() {
        for path in ["/sentrynet", "/sentrynet/", "/team/a.b_c-D/uptime"] {
            assert_eq!(Prefix::new(path).validate(), Ok(()), "{path}");
        }
        let long = format!("/{}", "x".repeat(1000));
        for path in ["", "/", "sentrynet", "/aws/x", "/SSM", "/a b", "/a//b", "/\u{e4}", &"/a".repeat(14), &long] {
            assert!(Prefix::new(path).validate().is_err(), "{path}");
        }
    }
}
