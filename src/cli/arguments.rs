//! Arguments that several commands share, and the groups and probes that they choose.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::page::{PageError, PageFile};
use crate::config::{Config, Group};
use crate::probe::Probe;
use crate::runner::Overrides;
use crate::runner::payload::Payload;
use crate::schema::value::parse_duration;

/// What the environment changes.
pub(crate) const ENVIRONMENT: &str = "\
Environment:
  SENTRY_DSN          the DSN to deliver to; --dsn overrides it
  SENTRY_ENVIRONMENT  the environment to report; default: the configuration's
  SENTRY_RELEASE      the release to report; default: SentryNet's version
  AWS_REGION          the location to report; --location overrides it
  NO_COLOR            disables colours
  CLICOLOR_FORCE      enables colours even where output is not a terminal";

/// Every exit code.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success; degraded probes count as success
  1  a probe failed
  2  the configuration or an argument is invalid
  3  results could not be delivered to Sentry";

/// The configuration to use.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArgument {
    /// The configuration file.
    #[arg(value_name = "CONFIG", default_value = Self::USUAL)]
    pub(crate) config: PathBuf,
}

impl ConfigArgument {
    /// The default.
    pub(crate) const USUAL: &str = "config/sentrynet.yaml";
}

/// A duration, written as in the configuration.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text.trim())
        .ok_or_else(|| "write seconds as a number, or a duration such as 30s, 5m or 2h".to_owned())
}

/// Which probes to run, and where results go.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProbeArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgument,
    /// Run only this group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Run only the probes with this title.
    #[arg(long, value_name = "TITLE")]
    probe: Option<String>,
    /// Run only the probes with this tag; if repeated, all tags have to match.
    #[arg(long, value_name = "TAG=VALUE", value_parser = tag)]
    filter: Vec<(String, String)>,
    /// Where this runs from: the value of the tag `location` [default: the AWS region, if known].
    #[arg(long, value_name = "NAME")]
    location: Option<String>,
    /// The Sentry project to deliver to; overrides SENTRY_DSN and the configuration.
    #[arg(long, value_name = "DSN")]
    pub(crate) dsn: Option<String>,
    /// Print one line of JSON for each pass over a group; text for people goes to standard error.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show only runs that failed, were slow or were skipped, and what was not delivered.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Write an HTML report to this file: response times, issues and the trace of every run.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl ProbeArguments {
    /// The settings of the environment, overridden by the arguments.
    pub(crate) fn overrides(&self) -> Overrides {
        let mut overrides = Overrides::from_env();
        overrides.dsn = self.dsn.clone().or(overrides.dsn);
        overrides.location = self.location.clone().or(overrides.location);
        overrides
    }

    /// The file for the HTML report, if one is asked for.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(crate) fn report_file(&self) -> Result<Option<PageFile>, PageError> {
        self.html.as_deref().map(PageFile::new).transpose()
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected TAG=VALUE, e.g. page=home")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A group, and those of its probes that are chosen.
pub(crate) type Choice<'a> = (&'a Group, Vec<Arc<Probe>>);

/// The groups and probes that the arguments choose. An error is a sentence for people.
pub(crate) fn choose<'a>(arguments: &ProbeArguments, config: &'a Config) -> Result<Vec<Choice<'a>>, String> {
    let mut payload = Payload {
        group: arguments.group.clone().unwrap_or_default(),
        firing: None,
        probe: arguments.probe.clone(),
        tags: arguments.filter.iter().cloned().collect(),
    };
    if arguments.group.is_some() {
        let known = || config.groups.iter().map(|group| group.name.as_str());
        let group = config.group(&payload.group).ok_or_else(|| payload.unknown_group(known()).to_string())?;
        return payload.select(group).map(|probes| vec![(group, probes)]).map_err(|error| error.to_string());
    }
    // A filter that matches no probe of one group may match another's.
    let mut chosen = Vec::new();
    let mut why = Vec::new();
    for group in &config.groups {
        payload.group.clone_from(&group.name);
        match payload.select(group) {
            Ok(probes) => chosen.push((group, probes)),
            Err(error) => why.push(error.to_string()),
        }
    }
    if chosen.is_empty() { Err(why.join("\n")) } else { Ok(chosen) }
}
