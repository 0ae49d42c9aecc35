//! The table of kinds: a row for each. To add a kind is to add its folder and its row (docs/development.md).

use std::time::Duration;

use super::attempt::Attempt;
use super::contract::{Kind, Settings};
use super::{http, script, tcp};
use crate::outcome::{Failure, Tags};
use crate::schema::parsed::Fields;
use crate::schema::reader::Reader;
use crate::schema::shape::{Object, Variants};

/// Makes the table, and what a probe checks: one of the rows' settings.
macro_rules! kinds {
    ($($name:ident: $settings:ty,)+) => {
        /// Every kind of probe.
        pub(crate) static KINDS: &[Kind] = &[$(<$settings as Settings>::KIND),+];

        /// Their keys.
        static OBJECTS: &[&Object] = &[$(<$settings as Settings>::KIND.object),+];

        /// What a probe checks: the settings of its kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Check {
            $(
                #[doc = concat!("[`", stringify!($settings), "`]")]
                $name(Box<$settings>),
            )+
        }

        impl Check {
            /// The kind's row.
            pub(crate) fn row(&self) -> &'static Kind {
                match self {
                    $(Self::$name(_) => const { &<$settings as Settings>::KIND },)+
                }
            }

            /// Takes the settings of a probe of any kind, and the title that it has without being given one.
            pub(crate) fn read(fields: &Fields, reader: &mut Reader<'_>) -> Option<(Self, String)> {
                $(
                    if fields.object.is(<$settings as Settings>::KIND.object) {
                        let settings = <$settings as Settings>::read(fields, reader);
                        let title = settings.default_title(fields);
                        return Some((Self::$name(Box::new(settings)), title));
                    }
                )+
                None
            }

            /// Checks once.
            pub(crate) async fn attempt(&self, attempt: Attempt<'_>) -> Result<(), Failure> {
                match self {
                    $(Self::$name(settings) => settings.attempt(attempt).await,)+
                }
            }

            /// How many spans an attempt leaves when all goes well, without the transaction.
            pub fn spans(&self) -> u32 {
                match self {
                    $(Self::$name(settings) => settings.spans(),)+
                }
            }
        }
    };
}

kinds! {
    Http: http::Request,
    Script: script::Script,
    Tcp: tcp::Tcp,
}

/// A probe's map: which keys it has depends on its kind.
pub(crate) static PROBES: Variants =
    Variants { tag: "probe", what: "a probe", tag_is: "a kind of probe", objects: OBJECTS, planned: &["probes.ssh"] };

/// One thing to check, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// For people, and the transaction's name.
    pub title: String,
    /// Unique within the group: the title, with ` #2`, ` #3`, … where titles repeat.
    pub identity: String,
    /// The period.
    pub every: Duration,
    /// How many runs a tick makes.
    pub burst: u32,
    /// How long one run may take.
    pub timeout: Duration,
    /// How often a failure is tried again within the same run.
    pub retries: u32,
    /// Pause before each retry.
    pub retry_pause: Duration,
    /// The probe's tags merged over the group's (without the built-in `probe` and `location`).
    pub tags: Tags,
    /// What to check.
    pub check: Check,
}

impl Probe {
    /// The probe's kind, e.g. `probes.http`.
    pub fn kind(&self) -> &'static str {
        self.check.row().object.name
    }

    /// How many spans a run leaves when all goes well, the transaction among them.
    pub fn spans(&self) -> u32 {
        1 + u32::from(self.retries > 0) + self.check.spans()
    }
}
