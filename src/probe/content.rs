//! The content of an answer: JSON, and the values that keys are set to.

mod misfit;

use serde::Deserialize as _;
use serde_json::{Deserializer, Value};

use super::query::{self, TooMuch};
use super::words;
use crate::config::JsonPath;
use crate::outcome::{Failure, FailureKind as Kind, Op};

/// A body up to this size is parsed at once (about a millisecond); a larger one on a thread of its own, so that the
/// phases of other probes do not hold the time that it takes (measured: 20 to 50 ms for 1 MiB).
const SMALL: usize = 32 * 1024;

/// The values that the keys are to be set to, in their order; `None` where nothing is found.
///
/// # Errors
///
/// `not_json`; or `assertion` where an expression matches so much that it is not evaluated: what the configuration says
/// of the answer cannot be found true.
pub(super) async fn find(body: Vec<u8>, keys: &[(String, JsonPath)]) -> Result<Vec<Option<Value>>, Failure> {
    let paths: Vec<&JsonPath> = keys.iter().map(|(_, path)| path).collect();
    let found = if body.len() <= SMALL {
        let value = parse(&body)?;
        if query::is_light(&paths, &value) {
            query::find(&paths, &value)
        } else {
            let paths = owned(&paths);
            aside(move || query::find(&paths.iter().collect::<Vec<_>>(), &value)).await
        }
    } else {
        let paths = owned(&paths);
        aside(move || parse(&body).map(|value| query::find(&paths.iter().collect::<Vec<_>>(), &value))).await?
    };
    found.map_err(|TooMuch(place)| {
        let (key, path) = &keys[place];
        let why = format!("{} matches too much of this answer, and needs to be narrower", words::cut(&path.text));
        Failure::within(Kind::Assertion, Op::JsonParse, format!("{} cannot be set: {why}", words::cut(key)))
    })
}

fn owned(paths: &[&JsonPath]) -> Vec<JsonPath> {
    paths.iter().map(|path| (*path).clone()).collect()
}

/// Runs `work` on a thread of its own. A panic goes on as if it had happened here.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
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
    let value = Value::deserialize(&mut parser).map_err(|error| misfit::describe(body, &error));
    let whole = value.and_then(|value| match parser.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(format!("something follows behind its end, at {}", misfit::place(&error))),
    });
    whole.map_err(|why| Failure::within(Kind::NotJson, Op::JsonParse, format!("the answer is not JSON: {why}")))
}
