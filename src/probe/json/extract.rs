//! The content of an answer: JSON, and the values that keys are set to.

use serde::Deserialize as _;
use serde_json::{Deserializer, Value};

use super::json_path::{Measures, TooMuch};
use super::{json_path, syntax_error};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind};
use crate::schema::value::JsonPath;
use crate::wording;

/// A body up to this size is parsed at once (about a millisecond); a larger one on a thread of its own, so that the time that
/// it takes (measured: 20 to 50 ms for 1 MiB) does not show in the phases of other probes.
const SMALL: usize = 32 * 1024;

/// The values that the keys are to be set to, in their order; `None` where nothing is found.
///
/// # Errors
///
/// `not_json`; or `assertion` where an expression could take too many steps: what the configuration says of the answer cannot be
/// found true.
pub(crate) async fn find(body: Vec<u8>, keys: &[(String, JsonPath)]) -> Result<Vec<Option<Value>>, Failure> {
    let paths: Vec<&JsonPath> = keys.iter().map(|(_, path)| path).collect();
    let found = if body.len() <= SMALL {
        let value = parse(&body)?;
        let measures = Measures::of(&value);
        if json_path::is_light(&paths, measures) {
            json_path::find_measured(&paths, &value, measures)
        } else {
            let paths = owned(&paths);
            on_another_thread(move || json_path::find_measured(&paths.iter().collect::<Vec<_>>(), &value, measures))
                .await
        }
    } else {
        let paths = owned(&paths);
        on_another_thread(move || parse(&body).map(|value| json_path::find(&paths.iter().collect::<Vec<_>>(), &value)))
            .await?
    };
    found.map_err(|TooMuch(place)| {
        let (key, path) = &keys[place];
        let path = wording::cut(&path.text);
        let why = format!("{path} takes too long to evaluate on this answer, and needs to be narrower");
        Failure::within(Kind::Assertion, Op::JsonParse, format!("{} cannot be set: {why}", wording::cut(key)))
    })
}

fn owned(paths: &[&JsonPath]) -> Vec<JsonPath> {
    paths.iter().map(|path| (*path).clone()).collect()
}

/// Runs `work` on a thread of its own. A panic goes on as if it had happened here.
async fn on_another_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only the end of the runtime cancels such work, and that of the run with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// The value that a body is.
///
/// # Errors
///
/// `not_json`; the sentence says why and where.
pub fn parse(body: &[u8]) -> Result<Value, Failure> {
    // RFC 8259, section 8.1: a parser may pass over a byte order mark, and users expect it.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut parser = Deserializer::from_slice(body);
    let value = Value::deserialize(&mut parser).map_err(|error| syntax_error::describe(body, &error));
    let whole = value.and_then(|value| match parser.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(format!("there is more data after its end, at {}", syntax_error::place(&error))),
    });
    whole.map_err(|why| Failure::within(Kind::NotJson, Op::JsonParse, format!("the answer is not JSON: {why}")))
}
