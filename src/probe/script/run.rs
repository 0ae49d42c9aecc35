//! `probes.script`: requests one after the other, which share keys and connections.

use super::settings::Script;
use crate::outcome::Failure;
use crate::probe::http::session::Session;

/// Makes the requests in turn; the first that fails ends the run.
pub(crate) async fn attempt(script: &Script, session: &mut Session<'_>, parent: Option<usize>) -> Result<(), Failure> {
    session.set_keys(&script.init_keys);
    for (index, step) in script.steps.iter().enumerate() {
        session.begin_step(index + 1);
        let result = session.request(step, parent).await;
        result.map_err(|failure| Failure { sentence: session.in_step(&failure.sentence), ..failure })?;
    }
    Ok(())
}
