//! Names and values of HTTP headers.

use http::{HeaderName, HeaderValue};

use super::problem::Fault;

/// Headers that follow from the body; a second opinion would break the request.
const OURS: &[&str] = &["content-length", "transfer-encoding"];

/// Checks a header's name.
pub(super) fn judge_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() || HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(Fault::new("this is not the name of an HTTP header")
            .with_help("names are made of letters, digits and `-`, without spaces or `:`"));
    }
    if OURS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Fault::new("this header follows from the body and cannot be set"));
    }
    Ok(())
}

/// Checks a header's value.
pub(super) fn judge_value(value: &str) -> Result<(), Fault> {
    let fault = Fault::new("this cannot be sent in an HTTP header");
    if value.ends_with(['\n', '\r']) {
        return Err(fault.with_help("there is a line break at its end"));
    }
    HeaderValue::from_bytes(value.as_bytes())
        .map(drop)
        .map_err(|_| fault.with_help("there is a control character in it, such as a line break"))
}
