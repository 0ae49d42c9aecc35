//! Names and values of HTTP headers.

use http::{HeaderName, HeaderValue};

use crate::diagnostics::finding::Finding;

/// Headers that follow from the body; a second opinion would break the request.
const OURS: &[&str] = &["content-length", "transfer-encoding"];

/// Checks a header's name.
pub(crate) fn validate_name(name: &str) -> Result<(), Finding> {
    if name.is_empty() || HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(Finding::new("this is not the name of an HTTP header")
            .with_help("names consist of letters, digits and `-`, without spaces or `:`"));
    }
    if OURS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Finding::new("this header is derived from the body and cannot be set"));
    }
    Ok(())
}

/// Checks a header's value.
pub(crate) fn validate_value(value: &str) -> Result<(), Finding> {
    let finding = Finding::new("this cannot be sent in an HTTP header");
    if value.ends_with(['\n', '\r']) {
        return Err(finding.with_help("it ends with a line break"));
    }
    HeaderValue::from_bytes(value.as_bytes())
        .map(drop)
        .map_err(|_| finding.with_help("it contains a control character, such as a line break"))
}
