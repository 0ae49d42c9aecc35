//! A script's steps in turn; the first that fails ends the run.

use super::settings::Script;
use crate::outcome::Failure;
use crate::probe::attempt::Attempt;
use crate::probe::http::session::Session;

/// Makes the requests.
pub(crate) async fn attempt(script: &Script, attempt: Attempt<'_>) -> Result<(), Failure> {
    let parent = attempt.parent;
    let mut session = Session::new(attempt);
    session.set_keys(&script.init_keys);
    for (index, step) in script.steps.iter().enumerate() {
        session.begin_step(index + 1);
        let result = session.request(step, parent).await;
        result.map_err(|failure| Failure { sentence: session.in_step(&failure.sentence), ..failure })?;
    }
    Ok(())
}
