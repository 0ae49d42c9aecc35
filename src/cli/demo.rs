//! The demo: targets, a Sentry and the function, all on loopback. Needs no account and no network.

mod certificates;
mod error;
pub mod received;
mod receiver;
mod serve;
mod targets;

pub use certificates::Authority;
pub use error::{CertificateError, DemoError};
pub use receiver::Receiver;
pub use serve::Server;

use std::io::Write as _;

use serde_json::json;

use self::targets::Targets;
use super::history::History;
use crate::net::{Network, Resolver};
use crate::parameters::ConfigSource;
use crate::runner::{Finished, Function, Overrides, Runner};
use crate::secrets::Redactor;
use crate::sentry::Item;
use crate::telemetry::{Mode, Telemetry};

/// How often the function is invoked: enough points for a graph.
const PASSES: usize = 10;

/// The results of a demo.
#[derive(Debug)]
pub struct Demo {
    /// The text of the configuration.
    pub text: String,
    /// What the function did the last time.
    pub finished: Finished,
    /// What the receiver got of that, in the order of arrival.
    pub received: Vec<Item>,
    /// The runs of all invocations.
    pub history: History,
}

/// Starts the targets and the receiver, and invokes the function several times, as `aws lambda invoke` would.
///
/// # Errors
///
/// See [`DemoError`].
pub async fn run() -> Result<Demo, DemoError> {
    let targets = Targets::start().await?;
    let receiver = Receiver::start().await?;
    let text = targets.configuration()?;
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml")?;
    file.write_all(text.as_bytes())?;
    let overrides = Overrides {
        dsn: Some(receiver.dsn()),
        location: Some("loopback".to_owned()),
        server_name: Some("demo".to_owned()),
        ..Overrides::default()
    };
    let runner = Runner::new(Network::new(Resolver::system()), overrides, Telemetry::init(Mode::Terminal));
    let function = Function::new(runner, ConfigSource::File(file.path().to_owned()));
    let (mut history, redactor) = (History::keeping(usize::MAX), Redactor::default());
    for _ in 1..PASSES {
        let finished = function.handle(json!({"group": "demo"}), None).await?;
        finished.outcomes.iter().for_each(|outcome| history.add(outcome, &redactor));
    }
    let before = receiver.items().len();
    let finished = function.handle(json!({"group": "demo"}), None).await?;
    finished.outcomes.iter().for_each(|outcome| history.add(outcome, &redactor));
    Ok(Demo { text, finished, received: receiver.items().split_off(before), history })
}
