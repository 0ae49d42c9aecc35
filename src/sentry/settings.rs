//! What envelopes need besides the outcome: environment, release, server name and the DSN's key.

use sentry::types::Dsn;

use crate::secrets::Redactor;

/// How results are labelled. Built once for an invocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    environment: Option<String>,
    release: Option<String>,
    server_name: Option<String>,
    public_key: Option<String>,
}

impl Settings {
    /// Settings for the project behind `dsn`. Sentry rejects some characters in an environment or a release: these
    /// become `_`. Reserved names (`none`, `latest`) are left out. Secrets are filtered before, as a mended one would no longer
    /// be recognised, and because targets get these texts too.
    pub fn new(
        environment: Option<&str>,
        release: Option<&str>,
        server_name: Option<&str>,
        dsn: Option<&Dsn>,
        redactor: &Redactor,
    ) -> Self {
        let [environment, release, server_name] =
            [environment, release, server_name].map(|name| name.map(|name| redactor.text(name)));
        Self {
            environment: environment.and_then(|name| usable(&name, 64, &["none"])),
            release: release.and_then(|name| usable(&name, 200, &["latest", ".", ".."])),
            server_name: server_name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
            public_key: dsn.map(|dsn| dsn.public_key().to_owned()),
        }
    }

    /// The environment, e.g. `production`.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The release, e.g. `sentrynet@1.0.0`.
    pub fn release(&self) -> Option<&str> {
        self.release.as_deref()
    }

    /// The reporting machine, e.g. the function's name.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The DSN's public key.
    pub fn public_key(&self) -> Option<&str> {
        self.public_key.as_deref()
    }
}

/// `name` as Sentry accepts it; `None` if it cannot.
fn usable(name: &str, longest: usize, reserved: &[&str]) -> Option<String> {
    let name = name.trim();
    let refused = |c: char| c.is_control() || matches!(c, '/' | '\\');
    let name: String = name.chars().take(longest).map(|c| if refused(c) { '_' } else { c }).collect();
    let name = name.trim_end();
    (!name.is_empty() && !reserved.iter().any(|word| name.eq_ignore_ascii_case(word))).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sentry_rejects_are_mended_or_left_out() {
        let settings = Settings::new(Some("a/b"), Some("Latest"), Some(" "), None, &Redactor::default());
        assert_eq!(settings.environment(), Some("a_b"));
        assert_eq!((settings.release(), settings.server_name()), (None, None));
        assert_eq!(
            Settings::new(Some(&"x".repeat(70)), None, None, None, &Redactor::default()).environment(),
            Some(&*"x".repeat(64))
        );
    }

    #[test]
    fn the_key_is_that_of_the_dsn() {
        let dsn: Dsn = "https://key@o0.ingest.sentry.io/7".parse().expect("a DSN");
        assert_eq!(Settings::new(None, None, None, Some(&dsn), &Redactor::default()).public_key(), Some("key"));
    }
}
