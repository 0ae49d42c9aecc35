//! How many spans requests leave when all goes well and nothing redirects.

use super::settings::Request;
use crate::template::Text;

/// Of requests that share connections.
pub(crate) fn of_requests(requests: &[Request]) -> u32 {
    let mut origins: Vec<Option<&str>> = Vec::new();
    let mut spans = 0;
    for request in requests {
        spans += of_request(request);
        // Steps to the same server share a connection.
        let origin = origin(&request.url);
        if !origins.contains(&origin) {
            origins.push(origin);
            spans += of_connection(origin);
        }
    }
    spans
}

/// `http.request`, `http.send`, `http.wait` and `http.recv`, and what is made of the answer.
fn of_request(request: &Request) -> u32 {
    4 + u32::from(!request.set_keys.is_empty()) + u32::from(!request.assertions.is_empty())
}

/// `net.conn` and `net.tcp`; `net.dns` for a name, `net.tls` for https.
fn of_connection(origin: Option<&str>) -> u32 {
    let url = origin.and_then(|origin| url::Url::parse(origin).ok());
    let is_address = url.as_ref().is_some_and(|url| !matches!(url.host(), Some(url::Host::Domain(_))));
    let is_plain = url.is_some_and(|url| url.scheme() == "http");
    2 + u32::from(!is_address) + u32::from(!is_plain)
}

/// Scheme, host and port, where they are known before a script runs.
fn origin(url: &Text) -> Option<&str> {
    let text = match url {
        Text::Plain(text) => text,
        Text::Template(template) => template.source(),
    };
    let host = text.find("://")? + 3;
    let end = text[host..].find(['/', '?', '#']).map_or(text.len(), |end| host + end);
    Some(&text[..end]).filter(|origin| !origin.contains('{'))
}
