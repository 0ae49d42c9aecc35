//! A configuration from its documents: each is read once by the tables of keys, and what is in several of them is held
//! together here.

use super::document::Document;
use super::groups::{self, Draft};
use super::keys;
use super::model::Config;
use super::settings::Settings;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::Secrets;
use crate::schema::parsed::{Content, Fields};
use crate::schema::reader::Reader;
use crate::schema::shape::Object;
use crate::secrets::{Redactor, Secret};

/// Reads a whole configuration.
///
/// # Errors
///
/// All that is wrong with it.
pub fn read(document: &Document, secrets: &Secrets) -> Result<Config, Diagnostics> {
    let mut reading = Reading::default();
    let settings = reading.document(document, secrets, &keys::FILE, |fields, reader, drafts| {
        let settings = Settings::read(fields);
        for group in fields.list("groups") {
            if let Content::Fields(group) = &group.content {
                drafts.push(groups::read(group, &settings, reader));
            }
        }
        settings
    });
    reading.finish(settings)
}

/// Reads a configuration that comes in parts, as from SSM: everything but groups, and one document for each group.
///
/// # Errors
///
/// All that is wrong with it.
pub fn read_parts(settings: Option<&Document>, groups: &[&Document], secrets: &Secrets) -> Result<Config, Diagnostics> {
    let mut reading = Reading::default();
    let settings = settings.map_or_else(Settings::default, |document| {
        reading.document(document, secrets, &keys::SETTINGS, |fields, _, _| Settings::read(fields))
    });
    for document in groups {
        reading.document(document, secrets, &keys::GROUP, |fields, reader, drafts| {
            drafts.push(groups::read(fields, &settings, reader));
        });
    }
    reading.finish(settings)
}

/// What is collected over all documents.
#[derive(Default)]
struct Reading {
    diagnostics: Vec<Diagnostic>,
    confidential: Vec<Secret>,
    literal_secrets: Vec<String>,
    drafts: Vec<Draft>,
}

impl Reading {
    /// Reads a document, and takes what is needed of it.
    fn document<T>(
        &mut self,
        document: &Document,
        secrets: &Secrets,
        object: &'static Object,
        take: impl FnOnce(&Fields, &mut Reader<'_>, &mut Vec<Draft>) -> T,
    ) -> T {
        let mut reader = Reader::new(&document.source, secrets, document.directory.as_deref(), &keys::OBJECTS);
        let fields = reader.object(document.root.clone(), object, "");
        let taken = take(&fields, &mut reader, &mut self.drafts);
        self.diagnostics.append(&mut reader.diagnostics);
        self.confidential.append(&mut reader.confidential);
        self.literal_secrets.append(&mut reader.literal_secrets);
        taken
    }

    fn finish(mut self, settings: Settings) -> Result<Config, Diagnostics> {
        self.diagnostics.extend(groups::name(&mut self.drafts));
        if !self.diagnostics.is_empty() {
            return Err(Diagnostics::new(self.diagnostics));
        }
        Ok(Config {
            sentry: settings.sentry,
            regions: settings.regions,
            groups: self.drafts.into_iter().map(Draft::into_group).collect(),
            redactor: Redactor::new(&self.confidential),
            literal_secrets: self.literal_secrets,
        })
    }
}
