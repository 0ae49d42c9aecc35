//! The whole thing on loopback: targets of its own, a Sentry of its own. No account, no network.

mod certificates;
pub mod received;
mod receiver;
mod serve;
mod targets;

pub use certificates::{Authority, CertificateFault};
pub use receiver::Receiver;
pub use serve::Server;

use std::io::Write as _;

use serde_json::json;

use self::targets::Targets;
use super::history::History;
use crate::net::{Network, Resolver};
use crate::parameters::ConfigSource;
use crate::runner::{Finished, Function, FunctionError, Overrides, Runner};
use crate::secrets::Redactor;
use crate::sentry::Item;
use crate::telemetry::{Mode, Telemetry};

/// How often the function is invoked: as many points make a graph.
const PASSES: usize = 10;

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No port of loopback is free.
    #[error("a server cannot be started on loopback: {0}")]
    Serve(#[from] std::io::Error),
    /// The throw-away authority failed.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    /// The invocation failed.
    #[error(transparent)]
    Function(#[from] FunctionError),
}

/// What a demo leaves.
#[derive(Debug)]
pub struct Demo {
    /// The configuration, as text.
    pub text: String,
    /// What the function did the last time.
    pub finished: Finished,
    /// What the receiver got of that, in the order of its coming.
    pub received: Vec<Item>,
    /// The runs of all times.
    pub history: History,
}

/// Starts targets and a receiver, and invokes the function a few times, by hand, as `aws lambda invoke` would.
///
/// # Errors
///
/// See [`DemoError`].
pub async fn run() -> Result<Demo, DemoError> {
    let targets = Targets::start().await?;
    let receiver = Receiver::start().await?;
    let text = targets.configuration();
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
