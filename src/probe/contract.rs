//! What a kind of probe brings along: a row for the table, and settings that can be read and run.

use super::attempt::Attempt;
use crate::outcome::Failure;
use crate::outcome::phase::Op;
use crate::schema::linter::{Linter, Warning};
use crate::schema::parsed::Fields;
use crate::schema::reader::Reader;
use crate::schema::shape::Object;
use crate::yaml::node::Node;

/// A kind's row of the table: what the rest of the house asks for.
pub(crate) struct Kind {
    /// The keys of such a probe; the object's name is the word for the kind.
    pub object: &'static Object,
    /// That object and those that only stand within it, in the order of the reference.
    pub objects: &'static [&'static Object],
    /// Why a probe of this kind needs a `title`, if it has none by itself.
    pub needs_title: Option<&'static str>,
    /// The title that a probe without one goes by, and the value it follows from; `None` where that is a secret.
    pub title: fn(&Node) -> Option<(String, &Node)>,
    /// Warns of what is probably not meant, beyond what all kinds have.
    pub lint: fn(&mut Linter<'_>, &Node, &str),
    /// The warnings that this can give.
    pub warnings: &'static [Warning],
    /// The spans that a run can leave.
    pub ops: &'static [Op],
    /// What the reference says of the kind, as Markdown.
    pub docs: &'static str,
}

/// The settings of a kind: the values of its keys.
pub(crate) trait Settings: Sized {
    /// The kind's row.
    const KIND: Kind;

    /// Takes the values of the keys, and reports those that do not go together.
    fn read(fields: &Fields, reader: &mut Reader<'_>) -> Self;

    /// The title of a probe that has none.
    fn default_title(&self, fields: &Fields) -> String;

    /// Checks once, and writes what happened to the attempt's recorder.
    fn attempt(&self, attempt: Attempt<'_>) -> impl Future<Output = Result<(), Failure>>;

    /// How many spans an attempt leaves when all goes well, without the transaction.
    fn spans(&self) -> u32;
}
