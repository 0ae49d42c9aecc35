//! TODO

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

/// Which configuration.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArgument {
    /// The configuration file.
    #[arg(value_name = "CONFIG", default_value = Self::USUAL)]
    pub(crate) config: PathBuf,
}

impl ConfigArgument {
    /// Where it is if nobody says so.
    pub(crate) const USUAL: &str = "config/sentrynet.yaml";
}

/// A span of time, as in the configuration.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text.trim()).ok_or_else(|| "write seconds as a number, or a text such as 30s, 5m or 2h".to_owned())
}

/// What to run, and where results go.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgument,
    /// Run only this group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Run only the probes with this title.
    #[arg(long, value_name = "TITLE")]
    probe: Option<String>,
    /// Run only the probes with this tag; of several, all have to fit.
    #[arg(long, value_name = "TAG=VALUE", value_parser = tag)]
    filter: Vec<(String, String)>,
    /// Where this runs from, for the tag `location` [default: the AWS region, if there is one].
    #[arg(long, value_name = "NAME")]
    location: Option<String>,
    /// The Sentry project that results go to; wins over SENTRY_DSN and the configuration.
    #[arg(long, value_name = "DSN")]
    pub(crate) dsn: Option<String>,
    /// Print one line of JSON for each pass over a group; what people read goes to standard error.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show only what is not well; nothing at all if everything is.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Write a page with the graph of response times, the issues and the traces of all runs to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl RunArguments {
    /// What the environment says, and the arguments, which win.
    pub(crate) fn overrides(&self) -> Overrides {
        let mut overrides = Overrides::from_env();
        overrides.dsn = self.dsn.clone().or(overrides.dsn);
        overrides.location = self.location.clone().or(overrides.location);
        overrides
    }

    /// The file of the page that is asked for; that it can be written is made sure of.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(crate) fn page_file(&self) -> Result<Option<PageFile>, PageError> {
        self.html.as_deref().map(PageFile::new).transpose()
    }
}

pub(crate) fn tag(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected TAG=VALUE, e.g. page=home")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A group, and which of its probes.
pub(crate) type Choice<'a> = (&'a Group, Vec<Arc<Probe>>);

/// The groups and probes that the arguments ask for.
pub(crate) fn choose<'a>(arguments: &RunArguments, config: &'a Config) -> Result<Vec<Choice<'a>>, String> {
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
    // A choice that fits no probe of one group may fit another's.
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
