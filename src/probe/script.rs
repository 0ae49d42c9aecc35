//! `probes.script`: requests one after the other that share variables and connections.

pub(crate) mod keys;
pub(crate) mod lints;
mod read;
mod run;
mod settings;

pub use settings::Script;

use super::attempt::Attempt;
use super::contract::{Kind, Settings};
use super::http::{OPS, spans};
use crate::outcome::Failure;
use crate::schema::parsed::Fields;
use crate::schema::reader::Reader;

impl Settings for Script {
    const KIND: Kind = Kind {
        object: &keys::SCRIPT,
        objects: &[&keys::SCRIPT, &keys::STEP],
        needs_title: Some("a script has no title by itself"),
        title: |_| None,
        lint: lints::probe,
        warnings: lints::WARNINGS,
        ops: OPS,
        docs: include_str!("script/docs.md"),
    };

    fn read(fields: &Fields, reader: &mut Reader<'_>) -> Self {
        read::script(fields, reader)
    }

    fn default_title(&self, _: &Fields) -> String {
        String::new()
    }

    async fn attempt(&self, attempt: Attempt<'_>) -> Result<(), Failure> {
        run::attempt(self, attempt).await
    }

    fn spans(&self) -> u32 {
        spans::of_requests(&self.steps)
    }
}
