//! Publishing a configuration to Parameter Store: which changes, in which order, and making them.

use aws_sdk_ssm::types::{ParameterTier, ParameterType};

use super::ParameterStore;
use super::error::{Action, SsmError};
use super::listing::{ListedParameter, ParameterListing};
use super::partition::{Partition, STANDARD_TIER};
use super::prefix::Prefix;
use crate::config::{Document, read_parts};
use crate::schema::Secrets;
use crate::secrets::Secret;

/// How many names one `DeleteParameters` call accepts.
const NAMES_A_CALL: usize = 10;

/// What Parameter Store should hold.
#[derive(Clone, Copy, Debug)]
pub struct DesiredParameters<'a> {
    /// Below which path.
    pub prefix: &'a Prefix,
    /// Settings and groups.
    pub partition: &'a Partition,
    /// The DSN; `None` leaves the existing one alone.
    pub dsn: Option<&'a Secret>,
    /// The KMS key to encrypt the DSN with; `None` keeps its current key, or takes the account's default.
    pub key: Option<&'a str>,
}

/// A parameter that is to be written or removed.
#[derive(Clone, Debug)]
pub struct Change {
    /// The parameter.
    pub name: String,
    /// Its current value.
    pub old: Option<Secret>,
    /// Its new value; `None` removes it.
    pub new: Option<Secret>,
    /// Whether it is the DSN, whose value is not shown.
    pub is_dsn: bool,
    /// Whether it has to be in the advanced tier, which costs money: for its size, or because it is already.
    pub is_advanced: bool,
    kind: ParameterType,
    key: Option<String>,
}

/// What a push has done.
#[derive(Debug, Default)]
pub struct PushReport {
    /// Parameters that were written.
    pub written: usize,
    /// Parameters that were removed.
    pub removed: usize,
    /// The error that ended it early.
    pub failure: Option<SsmError>,
}

impl DesiredParameters<'_> {
    /// The changes from `listing`, in an order in which the function finds a valid configuration at any time: groups first
    /// (or the settings, where groups need the new ones), the DSN before settings that no longer hold it, removals last.
    pub fn changes(&self, listing: &ParameterListing) -> Vec<Change> {
        let groups = self.partition.groups.iter().filter_map(|(name, part)| {
            text_change(self.prefix.group(name), listing.groups.get(name), Some(part.text()))
        });
        let settings = text_change(
            self.prefix.settings(),
            listing.settings.as_ref(),
            self.partition.settings.as_ref().map(Document::text),
        );
        let gone =
            listing.groups.iter().filter(|(name, _)| !self.partition.groups.iter().any(|(kept, _)| kept == *name));
        let gone = gone.filter_map(|(name, group)| text_change(self.prefix.group(name), Some(group), None));

        let mut changes: Vec<Change> = groups.collect();
        let at = if self.needs_settings_first(listing) { 0 } else { changes.len() };
        changes.splice(at..at, self.dsn_change(listing).into_iter().chain(settings));
        changes.extend(gone);
        changes
    }

    /// Whether the function will find a DSN among the parameters.
    pub fn has_dsn(&self, listing: &ParameterListing) -> bool {
        let refers = self.partition.settings.as_ref().is_some_and(|settings| {
            let read = read_parts(Some(settings), &[], &Secrets::placeholders());
            read.is_ok_and(|read| read.sentry.dsn.is_some())
        });
        self.dsn.is_some() || listing.dsn.is_some() || refers
    }

    fn dsn_change(&self, listing: &ParameterListing) -> Option<Change> {
        let (dsn, listing) = (self.dsn?, listing.dsn.as_ref());
        let is_same = listing.is_some_and(|listing| {
            listing.value.expose().trim() == dsn.expose()
                && listing.kind == ParameterType::SecureString
                && self.key.is_none_or(|key| listing.key.as_deref() == Some(key))
        });
        (!is_same).then(|| Change {
            name: self.prefix.dsn(),
            old: listing.map(|listing| listing.value.clone()),
            new: Some(dsn.clone()),
            is_dsn: true,
            is_advanced: listing.is_some_and(|listing| listing.is_advanced),
            kind: ParameterType::SecureString,
            key: self.key.map(str::to_owned).or_else(|| listing?.key.clone()),
        })
    }

    /// A group's `regions` have to be among those of the settings: whether the new groups are valid with the new settings
    /// only, and the current groups are valid with these as well.
    fn needs_settings_first(&self, listing: &ParameterListing) -> bool {
        let parse = |listing: &ListedParameter| Document::parse("", listing.value.expose().as_bytes()).ok();
        let is_valid = |settings: Option<&Document>, group: &Document| {
            read_parts(settings, &[group], &Secrets::placeholders()).is_ok()
        };
        let settings = listing.settings.as_ref().and_then(parse);
        let all_valid = self.partition.groups.iter().all(|(_, group)| is_valid(settings.as_ref(), group));
        !all_valid
            && listing.groups.values().filter_map(parse).all(|group| is_valid(self.partition.settings.as_ref(), &group))
    }
}

/// The change of a plain parameter to the desired value, if there is any. What was encrypted stays so.
fn text_change(name: String, listing: Option<&ListedParameter>, desired: Option<&str>) -> Option<Change> {
    let old = listing.map(|listing| listing.value.expose());
    (old != desired).then(|| Change {
        name,
        old: listing.map(|listing| listing.value.clone()),
        new: desired.map(Secret::new),
        is_dsn: false,
        is_advanced: listing.is_some_and(|listing| listing.is_advanced)
            || desired.is_some_and(|text| text.len() > STANDARD_TIER),
        kind: match listing.map(|listing| &listing.kind) {
            Some(ParameterType::SecureString) => ParameterType::SecureString,
            _ => ParameterType::String,
        },
        key: listing.and_then(|listing| listing.key.clone()),
    })
}

impl ParameterStore {
    /// Makes these changes one after the other, up to the first that fails.
    pub async fn push(&self, changes: &[Change]) -> PushReport {
        let mut report = PushReport::default();
        for change in changes {
            let Some(new) = &change.new else { continue };
            match self.put(change, new).await {
                Ok(()) => report.written += 1,
                Err(error) => return PushReport { failure: Some(error), ..report },
            }
        }
        let gone: Vec<&String> =
            changes.iter().filter(|change| change.new.is_none()).map(|change| &change.name).collect();
        for names in gone.chunks(NAMES_A_CALL) {
            match self.remove(names).await {
                Ok(()) => report.removed += names.len(),
                Err(error) => return PushReport { failure: Some(error), ..report },
            }
        }
        report
    }

    async fn put(&self, change: &Change, value: &Secret) -> Result<(), SsmError> {
        let is_secure = change.kind == ParameterType::SecureString;
        let request = self
            .client
            .put_parameter()
            .name(&change.name)
            .value(value.expose())
            .r#type(change.kind.clone())
            .tier(if change.is_advanced { ParameterTier::Advanced } else { ParameterTier::Standard })
            // Also for new ones: where a response is lost, the SDK writes again.
            .overwrite(true)
            .set_key_id(change.key.clone().filter(|_| is_secure));
        let sent = request.send().await;
        sent.map(drop).map_err(|error| SsmError::from_sdk(error, Action::Write, &self.region, &[&change.name]))
    }

    /// Parameters that are gone already count as removed.
    async fn remove(&self, names: &[&String]) -> Result<(), SsmError> {
        let request = self.client.delete_parameters().set_names(Some(names.iter().copied().cloned().collect()));
        let sent = request.send().await;
        sent.map(drop).map_err(|error| SsmError::from_sdk(error, Action::Remove, &self.region, names))
    }
}
