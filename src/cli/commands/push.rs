//! `sentrynet push`: writes the configuration to Parameter Store, region by region.

mod diff;
mod regions;

use std::collections::BTreeSet;
use std::io;
use std::io::{IsTerminal as _, Write};

use clap::Args;
use sentry::types::Dsn;

use crate::cli::arguments::ConfigArgument;
use crate::cli::exit::Exit;
use crate::cli::output::{ignore_broken_pipe, refuse};
use crate::cli::terminal::{Terminal, diagnostics, progress};
use crate::config::Document;
use crate::diagnostics::Diagnostics;
use crate::parameters::{
    Change, DesiredParameters, ParameterListing, ParameterStore, Partition, Prefix, PushReport, SsmError,
};
use crate::runner::{Overrides, RunnerError};
use crate::schema::SecretRef;
use crate::secrets::{Redactor, Secret};
use crate::wording::list;

/// Write the configuration to SSM Parameter Store, where the function reads it.
///
/// Shows what would change in each region, and asks. Removes groups that are no longer in the configuration, and leaves
/// parameters alone that are not SentryNet's. Does not look up secrets: the function resolves `{ssm: …}` and `{env: …}`. A
/// group may have up to 8 KiB; over 4 KiB it needs SSM's advanced tier, which costs extra.
#[derive(Args, Debug)]
#[command(after_help = "Environment:\n  AWS_…              credentials, profile and region, as for the AWS CLI\n  \
    SENTRY_DSN         the DSN; --dsn overrides it\n  SENTRYNET_PREFIX   the path; --prefix overrides it\n  \
    NO_COLOR           disables colours\n\nExit codes:\n  0  every region is up to date\n  \
    2  the configuration or an argument is invalid\n  3  something was not written, or you declined")]
pub(crate) struct PushArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// The AWS regions to write to [default: the configuration's `regions`, else the current region].
    #[arg(long, value_name = "REGION", num_args = 1.., value_delimiter = ',', value_parser = regions::parse)]
    region: Vec<String>,
    /// The path in Parameter Store; overrides SENTRYNET_PREFIX [default: /sentrynet].
    #[arg(long, value_name = "PATH")]
    prefix: Option<String>,
    /// The Sentry project that the function delivers to; overrides SENTRY_DSN and the configuration.
    #[arg(long, value_name = "DSN")]
    dsn: Option<String>,
    /// The KMS key to encrypt the DSN with: its id, ARN or alias [default: the key in use, else aws/ssm].
    #[arg(long, value_name = "KEY")]
    kms_key: Option<String>,
    /// Write without asking.
    #[arg(long, short)]
    yes: bool,
}

/// What to write, and where.
struct PushPlan {
    partition: Partition,
    warnings: Diagnostics,
    prefix: Prefix,
    dsn: Option<Secret>,
    key: Option<String>,
    stores: Vec<ParameterStore>,
}

/// A region whose parameters could be read.
struct Region {
    store: ParameterStore,
    listing: ParameterListing,
    changes: Vec<Change>,
}

/// Shows what would change, asks, and writes it.
pub(crate) async fn push(
    arguments: PushArguments,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> io::Result<Exit> {
    let is_asking = !arguments.yes;
    let plan = match plan(arguments).await {
        Ok(plan) => plan,
        Err(why) => return refuse(err, &why),
    };
    diagnostics::warn(&plan.warnings, err)?;
    plan.warn_of_literals(err)?;
    let (regions, failures) = plan.read().await;
    let redactor = plan.redactor(&regions);
    // AWS may quote what it refuses.
    let describe = |error: &SsmError| redactor.text(&error.to_string());
    let mut failures: Vec<String> = failures.iter().map(describe).collect();
    ignore_broken_pipe(show(&regions, &redactor, out))?;
    plan.warn(&regions, err)?;

    let changed: Vec<Region> = regions.into_iter().filter(|region| !region.changes.is_empty()).collect();
    if changed.is_empty() {
        return end(&failures, err);
    }
    let names: Vec<&str> = changed.iter().map(|region| region.store.region()).collect();
    if is_asking && !io::stdin().is_terminal() {
        failures.iter().try_for_each(|failure| writeln!(err, "{failure}"))?;
        writeln!(err, "nothing was written: no terminal to ask on, and no --yes given")?;
        return Ok(Exit::InvalidInput);
    }
    if is_asking && !is_agreed(&format!("Write this to {}?", list(&names, "and")), err)? {
        writeln!(err, "nothing was written")?;
        return Ok(Exit::NotDelivered);
    }
    for (name, pushed) in names.iter().zip(write(&changed).await) {
        let PushReport { written, removed, failure } = pushed;
        let done = format!("{written} written, {removed} removed");
        match failure {
            None => ignore_broken_pipe(writeln!(out, "{name}: {done}"))?,
            Some(error) => {
                ignore_broken_pipe(writeln!(out, "{name}: {done}, incomplete"))?;
                failures.push(describe(&error));
            }
        }
    }
    ignore_broken_pipe(out.flush())?;
    end(&failures, err)
}

/// Shows the changes, regions with the same changes together.
fn show(regions: &[Region], redactor: &Redactor, out: &mut dyn Write) -> io::Result<()> {
    let mut shown: Vec<(String, Vec<&str>)> = Vec::new();
    for region in regions {
        let text = diff::render(&region.changes, redactor);
        let name = region.store.region();
        match shown.iter_mut().find(|(other, _)| *other == text) {
            Some((_, names)) => names.push(name),
            None => shown.push((text, vec![name])),
        }
    }
    for (text, names) in shown {
        write!(out, "{}{text}", diff::heading(&names))?;
    }
    out.flush()
}

/// Says what failed, at the end.
fn end(failures: &[String], err: &mut dyn Write) -> io::Result<Exit> {
    if failures.is_empty() {
        return Ok(Exit::Success);
    }
    failures.iter().try_for_each(|failure| writeln!(err, "{failure}"))?;
    writeln!(err, "once this is fixed, push again: only what is missing will be written")?;
    Ok(Exit::NotDelivered)
}

/// Combines the arguments, the environment and the configuration. An error is a message for people.
async fn plan(arguments: PushArguments) -> Result<PushPlan, String> {
    let shown = |diagnostics: Diagnostics| diagnostics::text(&diagnostics);
    let document = Document::load(&arguments.config.config).map_err(shown)?;
    let partition = Partition::of(&document).map_err(|errors| shown(document.errors_and_warnings(errors)))?;
    let prefix = arguments.prefix.map_or_else(Prefix::from_env, |path| Prefix::new(&path));
    prefix.validate()?;
    let dsn = arguments.dsn.or(Overrides::from_env().dsn).map(|dsn| Secret::new(dsn.trim())).or(partition.dsn.clone());
    if let Some(dsn) = &dsn {
        dsn.expose().parse::<Dsn>().map_err(|error| RunnerError::Dsn(error).to_string())?;
    }
    let stores = regions::stores(arguments.region, partition.regions.as_deref()).await?;
    Ok(PushPlan { partition, warnings: document.warnings(), prefix, dsn, key: arguments.kms_key, stores })
}

/// Asks on the terminal; anything but a clear yes is a no.
fn is_agreed(question: &str, err: &mut dyn Write) -> io::Result<bool> {
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

async fn write(regions: &[Region]) -> Vec<PushReport> {
    let names: Vec<&str> = regions.iter().map(|region| region.store.region()).collect();
    let writing = regions::side_by_side(regions.iter().map(|region| region.store.push(&region.changes)));
    progress::during(|| format!("writing to {}", list(&names, "and")), Some(columns()), writing).await
}

fn columns() -> usize {
    Terminal::columns().unwrap_or(80)
}

impl PushPlan {
    fn desired(&self) -> DesiredParameters<'_> {
        DesiredParameters {
            prefix: &self.prefix,
            partition: &self.partition,
            dsn: self.dsn.as_ref(),
            key: self.key.as_deref(),
        }
    }

    /// Reads the parameters of each region; the errors are of regions that cannot be read.
    async fn read(&self) -> (Vec<Region>, Vec<SsmError>) {
        let secrets: BTreeSet<String> = self
            .partition
            .secret_refs()
            .filter_map(|reference| match reference {
                // A colon stands for a version, or for another account's parameter.
                SecretRef::Ssm(name) if name.starts_with('/') && !name.contains(':') => Some(name),
                _ => None,
            })
            .collect();
        let names: Vec<&str> = self.stores.iter().map(ParameterStore::region).collect();
        let reading = regions::side_by_side(self.stores.iter().map(|store| store.list(&self.prefix, &secrets)));
        let all = progress::during(|| format!("reading {}", list(&names, "and")), Some(columns()), reading).await;
        let (mut regions, mut failures) = (Vec::new(), Vec::new());
        for (store, listing) in self.stores.iter().zip(all) {
            match listing {
                Ok(listing) => {
                    let changes = self.desired().changes(&listing);
                    regions.push(Region { store: store.clone(), listing, changes });
                }
                Err(error) => failures.push(error),
            }
        }
        (regions, failures)
    }

    /// Filters the secrets in the configuration, and the old and the new DSN.
    fn redactor(&self, regions: &[Region]) -> Redactor {
        let known = regions.iter().filter_map(|region| region.listing.dsn.as_ref()).map(|dsn| &dsn.value);
        let dsns: Vec<&Secret> = known.chain(&self.dsn).collect();
        let keys = dsns
            .iter()
            .filter_map(|dsn| dsn.expose().trim().parse::<Dsn>().ok())
            .flat_map(|dsn| [Some(dsn.public_key()), dsn.secret_key()].map(|key| key.map(Secret::new)));
        let keys: Vec<Secret> = keys.flatten().collect();
        self.partition.redactor.with(dsns.into_iter().chain(&keys))
    }

    fn warn_of_literals(&self, err: &mut dyn Write) -> io::Result<()> {
        const MAX: usize = 3;
        let literals = &self.partition.literals;
        if literals.is_empty() {
            return Ok(());
        }
        let more = literals.len().saturating_sub(MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown: Vec<&str> = literals.iter().take(MAX).map(String::as_str).collect();
        writeln!(
            err,
            "warning: {}{more}: this looks like a secret in plain text, which anyone who may read the parameters can see; put it \
             into a SecureString and refer to it with `{{ssm: /path}}`",
            self.partition.redactor.text(&shown.join(", "))
        )
    }

    /// Warns of what will keep the function from working, each once, with its regions.
    fn warn(&self, regions: &[Region], err: &mut dyn Write) -> io::Result<()> {
        let warn = |err: &mut dyn Write, is_so: &dyn Fn(&Region) -> bool, what: &str| {
            let so: Vec<&str> =
                regions.iter().filter(|region| is_so(region)).map(|region| region.store.region()).collect();
            if so.is_empty() { Ok(()) } else { writeln!(err, "warning: in {} {what}", list(&so, "and")) }
        };
        let what = "there is no DSN: give --dsn, or set SENTRY_DSN in the function's environment";
        warn(err, &|region| !self.desired().has_dsn(&region.listing), what)?;
        let own = self.partition.regions.as_deref().unwrap_or_default();
        let is_foreign = |region: &Region| !own.is_empty() && !own.iter().any(|name| name == region.store.region());
        warn(err, &is_foreign, "no rule will fire: it is not among the configuration's `regions`")?;
        let missing: BTreeSet<&String> = regions.iter().flat_map(|region| &region.listing.missing).collect();
        for name in missing {
            let what = format!(
                "there is no parameter {name}: the configuration refers to it, and the function cannot run without it"
            );
            warn(err, &|region| region.listing.missing.contains(name), &what)?;
        }
        Ok(())
    }
}
