//! A configuration's way into Parameter Store: what is to be changed, in which order, and doing it.

use aws_sdk_ssm::types::{ParameterTier, ParameterType};

use super::ParameterStore;
use super::error::{Action, SsmError};
use super::listing::{ListedParameter, ParameterListing};
use super::partition::{Parts, STANDARD_TIER};
use super::prefix::Prefix;
use crate::config::{Document, read_parts};
use crate::schema::Secrets;
use crate::secrets::Secret;

/// As many names as one `DeleteParameters` takes.
const NAMES_A_CALL: usize = 10;

/// What is to be in Parameter Store.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Below which path.
    pub prefix: &'a Prefix,
    /// Settings and groups.
    pub parts: &'a Parts,
    /// The DSN; `None` leaves the one that is there alone.
    pub dsn: Option<&'a Secret>,
    /// The KMS key to encrypt the DSN with; `None` leaves it with the key that it has, or the account's own.
    pub key: Option<&'a str>,
}

/// A parameter that is to be written or removed.
#[derive(Clone, Debug)]
pub struct Change {
    /// The parameter.
    pub name: String,
    /// What it holds.
    pub old: Option<Secret>,
    /// What it is to hold; `None` removes it.
    pub new: Option<Secret>,
    /// Whether it is the DSN, of which nothing is shown.
    pub is_dsn: bool,
    /// Whether it has to be of the advanced tier, which costs money: for its size, or because it is already.
    pub is_advanced: bool,
    kind: ParameterType,
    key: Option<String>,
}

/// How far a push came.
#[derive(Debug, Default)]
pub struct Pushed {
    /// Parameters that were written.
    pub written: usize,
    /// Parameters that were removed.
    pub removed: usize,
    /// What ended it early.
    pub failure: Option<SsmError>,
}

impl Wanted<'_> {
    /// What is to be changed of what there is, in an order in which the function finds something that works at any time:
    /// groups first (or the settings, where groups need the new ones), the DSN before settings that no longer hold it,
    /// and what is gone last.
    pub fn changes(&self, held: &ParameterListing) -> Vec<Change> {
        let groups =
            self.parts.groups.iter().filter_map(|(name, part)| {
                text_change(self.prefix.group(name), held.groups.get(name), Some(part.text()))
            });
        let settings = text_change(
            self.prefix.settings(),
            held.settings.as_ref(),
            self.parts.settings.as_ref().map(Document::text),
        );
        let gone = held.groups.iter().filter(|(name, _)| !self.parts.groups.iter().any(|(kept, _)| kept == *name));
        let gone = gone.filter_map(|(name, group)| text_change(self.prefix.group(name), Some(group), None));

        let mut changes: Vec<Change> = groups.collect();
        let at = if self.needs_settings_first(held) { 0 } else { changes.len() };
        changes.splice(at..at, self.dsn_change(held).into_iter().chain(settings));
        changes.extend(gone);
        changes
    }

    /// Whether the function will find a DSN among the parameters.
    pub fn has_dsn(&self, held: &ParameterListing) -> bool {
        let refers = self.parts.settings.as_ref().is_some_and(|settings| {
            let read = read_parts(Some(settings), &[], &Secrets::stand_ins());
            read.is_ok_and(|read| read.sentry.dsn.is_some())
        });
        self.dsn.is_some() || held.dsn.is_some() || refers
    }

    fn dsn_change(&self, held: &ParameterListing) -> Option<Change> {
        let (dsn, held) = (self.dsn?, held.dsn.as_ref());
        let is_same = held.is_some_and(|held| {
            held.value.expose().trim() == dsn.expose()
                && held.kind == ParameterType::SecureString
                && self.key.is_none_or(|key| held.key.as_deref() == Some(key))
        });
        (!is_same).then(|| Change {
            name: self.prefix.dsn(),
            old: held.map(|held| held.value.clone()),
            new: Some(dsn.clone()),
            is_dsn: true,
            is_advanced: held.is_some_and(|held| held.is_advanced),
            kind: ParameterType::SecureString,
            key: self.key.map(str::to_owned).or_else(|| held?.key.clone()),
        })
    }

    /// A group's `regions` have to be among those of the settings: whether the new groups go with the new settings only,
    /// and the groups that there are go with these as well.
    fn needs_settings_first(&self, held: &ParameterListing) -> bool {
        let parse = |held: &ListedParameter| Document::parse("", held.value.expose().as_bytes()).ok();
        let goes = |settings: Option<&Document>, group: &Document| {
            read_parts(settings, &[group], &Secrets::stand_ins()).is_ok()
        };
        let settings = held.settings.as_ref().and_then(parse);
        let all_go = self.parts.groups.iter().all(|(_, group)| goes(settings.as_ref(), group));
        !all_go && held.groups.values().filter_map(parse).all(|group| goes(self.parts.settings.as_ref(), &group))
    }
}

/// How a parameter of text becomes what is wanted. What was encrypted stays so.
fn text_change(name: String, held: Option<&ListedParameter>, wanted: Option<&str>) -> Option<Change> {
    let old = held.map(|held| held.value.expose());
    (old != wanted).then(|| Change {
        name,
        old: held.map(|held| held.value.clone()),
        new: wanted.map(Secret::new),
        is_dsn: false,
        is_advanced: held.is_some_and(|held| held.is_advanced) || wanted.is_some_and(|text| text.len() > STANDARD_TIER),
        kind: match held.map(|held| &held.kind) {
            Some(ParameterType::SecureString) => ParameterType::SecureString,
            _ => ParameterType::String,
        },
        key: held.and_then(|held| held.key.clone()),
    })
}

impl ParameterStore {
    /// Makes these changes one after the other, up to the first that fails.
    pub async fn push(&self, changes: &[Change]) -> Pushed {
        let mut pushed = Pushed::default();
        for change in changes {
            let Some(new) = &change.new else { continue };
            match self.put(change, new).await {
                Ok(()) => pushed.written += 1,
                Err(error) => return Pushed { failure: Some(error), ..pushed },
            }
        }
        let gone: Vec<&String> =
            changes.iter().filter(|change| change.new.is_none()).map(|change| &change.name).collect();
        for names in gone.chunks(NAMES_A_CALL) {
            match self.remove(names).await {
                Ok(()) => pushed.removed += names.len(),
                Err(error) => return Pushed { failure: Some(error), ..pushed },
            }
        }
        pushed
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
            // Also what is new: an answer that got lost makes the SDK write it twice.
            .overwrite(true)
            .set_key_id(change.key.clone().filter(|_| is_secure));
        let sent = request.send().await;
        sent.map(drop).map_err(|error| SsmError::from_sdk(error, Action::Write, &self.region, &[&change.name]))
    }

    /// What is gone already is as good as removed.
    async fn remove(&self, names: &[&String]) -> Result<(), SsmError> {
        let request = self.client.delete_parameters().set_names(Some(names.iter().copied().cloned().collect()));
        let sent = request.send().await;
        sent.map(drop).map_err(|error| SsmError::from_sdk(error, Action::Remove, &self.region, names))
    }
}
