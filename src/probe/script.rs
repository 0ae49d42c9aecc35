//! `probes.script`: requests one after the other, which share keys and connections.

use super::session::Session;
use crate::config::Script;
use crate::outcome::Failure;

/// Makes the requests in turn; the first that fails ends the run.
pub(super) async fn attempt(script: &Script, session: &mut Session<'_>, parent: Option<usize>) -> Result<(), Failure> {
    session.set_keys(&script.init_keys);
    for (index, step) in script.steps.iter().enumerate() {
        session
            .request(step, parent)
            .await
            .map_err(|failure| Failure { sentence: format!("step {}: {}", index + 1, failure.sentence), ..failure })?;
    }
    Ok(())
}
