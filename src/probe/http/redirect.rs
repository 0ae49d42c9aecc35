//! Redirects (RFC 9110, section 15.4): where to, by which method, with which headers.

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, COOKIE,
    HeaderMap, LOCATION, PROXY_AUTHORIZATION,
};
use http::{Method, StatusCode};

use super::request::shown;
use crate::net::PreparedRequest;
use crate::outcome::{Failure, FailureKind as Kind};
use crate::wording;

/// Whether `status` sends the client somewhere else.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The failure of a chain that is longer than allowed.
pub(crate) fn too_many(limit: u32, headers: &HeaderMap) -> Failure {
    let location = headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let last = location.map(|location| format!(", the last to {}", wording::cut(&location))).unwrap_or_default();
    Failure::new(
        Kind::TooManyRedirects,
        format!("more than {limit} redirect{}{last}", if limit == 1 { "" } else { "s" }),
    )
}

/// The request that an answer redirects to.
///
/// # Errors
///
/// There is no `Location` that leads on: `bad_redirect`.
pub(crate) fn next(
    previous: &PreparedRequest,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<PreparedRequest, Failure> {
    let bad = |why: String| Failure::new(Kind::BadRedirect, why);
    let location =
        headers.get(LOCATION).ok_or_else(|| bad(format!("redirect {} without Location", status.as_u16())))?;
    let location = std::str::from_utf8(location.as_bytes())
        .map_err(|_| bad(format!("redirect {} with a Location that is not readable text", status.as_u16())))?;
    if location.trim().is_empty() {
        return Err(bad(format!("redirect {} with an empty Location", status.as_u16())));
    }
    let mut url = previous
        .url
        .join(location)
        .map_err(|_| bad(format!("redirect {} to {}, which is not a URL", status.as_u16(), wording::cut(location))))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(format!("redirect {} to the scheme {}", status.as_u16(), url.scheme())));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad(format!("redirect {} to {}, which names no host", status.as_u16(), shown(&url))));
    }
    let mut next = previous.clone();
    if url.origin() == previous.url.origin() {
        if url.username().is_empty() && url.password().is_none() {
            let _ = url.set_username(previous.url.username());
            let _ = url.set_password(previous.url.password());
        }
    } else {
        for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
            next.headers.remove(name);
        }
    }
    // 303 asks for a GET; for 301 and 302 every client changes a POST into one.
    let method = match (status.as_u16(), &previous.method) {
        (303, &Method::HEAD) => Method::HEAD,
        (303, _) | (301 | 302, &Method::POST) => Method::GET,
        (_, method) => method.clone(),
    };
    if method != previous.method {
        next.body = Bytes::new();
        for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_LENGTH] {
            next.headers.remove(name);
        }
    }
    next.method = method;
    next.url = url;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn request(method: Method, url: &str) -> PreparedRequest {
        let mut headers = HeaderMap::new();
        for name in [AUTHORIZATION, COOKIE, CONTENT_TYPE] {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        PreparedRequest { method, url: url.parse().unwrap(), headers, body: Bytes::from_static(b"body") }
    }

    fn follow(from: &PreparedRequest, status: u16, location: &'static str) -> Result<PreparedRequest, Failure> {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(location))]);
        next(from, StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn methods_change_as_rfc_9110_says() {
        let cases = [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (303, Method::POST, Method::GET),
            (303, Method::PUT, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (301, Method::PUT, Method::PUT),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
            (302, Method::GET, Method::GET),
        ];
        for (status, before, after) in cases {
            let next = follow(&request(before.clone(), "http://a.test/x"), status, "/y").unwrap();
            assert_eq!(next.method, after, "{status} {before}");
            assert_eq!(next.body.is_empty(), before != after, "{status} {before}");
            assert_eq!(next.headers.contains_key(CONTENT_TYPE), before == after, "{status} {before}");
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let from = request(Method::GET, "https://user:pass@a.test/x");
        let same = follow(&from, 302, "https://a.test:443/y").unwrap();
        assert_eq!((same.url.as_str(), same.headers.contains_key(AUTHORIZATION)), ("https://user:pass@a.test/y", true));
        for elsewhere in ["https://b.test/", "http://a.test/", "https://a.test:8443/", "//b.test/"] {
            let next = follow(&from, 302, elsewhere).unwrap();
            assert!(!next.headers.contains_key(AUTHORIZATION) && !next.headers.contains_key(COOKIE), "{elsewhere}");
            assert_eq!((next.url.username(), next.url.password()), ("", None), "{elsewhere}");
        }
    }

    #[test]
    fn a_location_that_leads_nowhere_is_a_bad_redirect() {
        let from = request(Method::GET, "https://a.test/x");
        for location in ["ftp://a.test/", "mailto:a@b.test", "http://", "https://[::1", "javascript:alert(1)"] {
            assert_eq!(follow(&from, 302, location).err().map(|failure| failure.kind), Some(Kind::BadRedirect));
        }
        let without = next(&from, StatusCode::FOUND, &HeaderMap::new());
        assert_eq!(without.err().map(|failure| failure.sentence), Some("redirect 302 without Location".to_owned()));
    }
}
