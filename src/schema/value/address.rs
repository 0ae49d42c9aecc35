//! Addresses: of what is probed, of where results go, and of where SentryNet runs.

use url::Url;

use crate::diagnostics::finding::Finding;
use crate::yaml::node::Node;

/// Reads an absolute http(s) URL.
pub(crate) fn parse(node: &Node) -> Result<Url, Finding> {
    let finding = |message: String| Finding::new(message);
    let Some(text) = node.text().filter(|text| !text.is_empty()) else {
        return Err(finding(format!("expected a URL, found {}", node.found())));
    };
    let url = parse_text(text).map_err(|(why, help)| {
        let help = help.filter(|_| !node.hidden);
        finding(format!("this is not a URL that can be probed: {why}")).with_maybe(help)
    })?;
    Ok(url)
}

/// The same for a bare text: why it is none, and what it was probably meant to be.
fn parse_text(text: &str) -> Result<Url, (String, Option<String>)> {
    if text.contains(char::is_whitespace) || text.contains(char::is_control) {
        return Err(("it contains white space".to_owned(), Some("write `%20` for a space".to_owned())));
    }
    let lower = text.to_lowercase();
    let Some((scheme, rest)) = lower.split_once("://") else {
        return Err((
            "it does not begin with `https://` or `http://`".to_owned(),
            Some(format!(
                "write `https://{}`",
                text.trim_start_matches("https:").trim_start_matches("http:").trim_start_matches('/')
            )),
        ));
    };
    if !matches!(scheme, "http" | "https") {
        let help =
            crate::diagnostics::nearest(scheme, ["https", "http"]).map(|scheme| format!("did you mean `{scheme}://`?"));
        return Err(("only `https://` and `http://` can be probed".to_owned(), help));
    }
    // The URL standard lets `https:///a` pass for `https://a/`.
    if rest.starts_with(['/', '\\', '?', '#', ':']) || rest.is_empty() {
        return Err(("the host is missing".to_owned(), None));
    }
    Url::parse(text).map_err(|error| (error.to_string(), None))
}

/// Checks a host: a name, or an IP address without brackets.
pub(crate) fn validate_host(node: &Node) -> Result<(), Finding> {
    let Some(text) = node.text().filter(|text| !text.is_empty()) else {
        return Err(Finding::new(format!("expected a host name, found {}", node.found())));
    };
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(());
    }
    let help = |help: String| Some(help).filter(|_| !node.hidden);
    if let Some((_, rest)) = text.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
        let help = help(format!("write `{host}`"));
        return Err(Finding::new("expected a host name, found a URL").with_maybe(help));
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && port.parse::<u16>().is_ok()
    {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let help = help(format!("write `{host}`, and `port: {port}`"));
        return Err(Finding::new("the port is not part of the host name").with_maybe(help));
    }
    // Whatever else can be asked of a name server is asked: names of services have `_`, some begin with `-`.
    let is_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err(Finding::new("this is not a host name")
            .with_help("write one such as `db.example.com`, or an IP address such as `192.0.2.1` or `2001:db8::1`"));
    }
    Ok(())
}

/// Whether a text can still become an http(s) URL once fields are filled in; `literal` is what stands before the first.
pub(crate) fn validate_beginning(literal: &str) -> Result<(), Finding> {
    match literal.split_once("://") {
        Some((scheme, _)) if !matches!(scheme.to_lowercase().as_str(), "http" | "https") => {
            Err(Finding::new("this is not a URL that can be probed: only `https://` and `http://` can be probed"))
        }
        _ => Ok(()),
    }
}

/// Checks a DSN as Sentry's SDK does.
pub(crate) fn validate_dsn(node: &Node) -> Result<(), Finding> {
    let text = node.text().ok_or_else(|| Finding::new(format!("expected a DSN, found {}", node.found())))?;
    text.parse::<sentry::types::Dsn>().map(drop).map_err(|error| {
        Finding::new(format!("this is not a DSN: {error}")).with_help(
            "copy it from the project's settings in Sentry; it looks like `https://key@o0.ingest.sentry.io/0`",
        )
    })
}

/// Whether this looks like the name of an AWS region: `eu-west-1`, `us-gov-east-1`.
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((last, words)) = parts.split_last() else { return false };
    words.len() >= 2 && (2..=4).contains(&words[0].len()) && words.iter().all(|word| letters(word)) && number(last)
}

/// Checks the name of an AWS region.
pub(crate) fn validate_region(node: &Node) -> Result<(), Finding> {
    match node.text() {
        Some(text) if is_region(text) => Ok(()),
        _ => Err(Finding::new(format!("expected an AWS region, found {}", node.found()))
            .with_help("regions are named like `eu-west-1` and `us-east-1`")),
    }
}

/// `METHOD scheme://host[:port]`: the title of a probe that has none.
pub(crate) fn default_title(method: &http::Method, url: &Url) -> String {
    format!("{method} {}", url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Span;

    fn why(text: &str) -> String {
        parse_text(text).expect_err("no URL").0
    }

    #[test]
    fn what_cannot_be_probed_is_refused_with_its_reason() {
        assert!(parse_text("https://www.example.com/").is_ok());
        assert!(parse_text("http://[2001:db8::1]:8080/a?b=c#d").is_ok());
        assert!(why("www.example.com").contains("does not begin with"));
        assert!(why("https:/example.com").contains("does not begin with"));
        assert!(why("ftp://example.com/").contains("only `https://` and `http://`"));
        assert!(why("https:///path").contains("host is missing"));
        assert!(why("https://").contains("host is missing"));
        assert!(why("https://a b/").contains("white space"));
        assert!(why("https://example.com:99999/").contains("port"));
        assert!(why("https://[::1/").contains("IPv6"));
        assert_eq!(parse_text("htps://a/").expect_err("no URL").1.as_deref(), Some("did you mean `https://`?"));
        assert_eq!(parse_text("a.example/x").expect_err("no URL").1.as_deref(), Some("write `https://a.example/x`"));
    }

    #[test]
    fn titles_name_the_port_only_where_it_is_not_the_usual_one() {
        let title = |text: &str| default_title(&http::Method::GET, &Url::parse(text).expect("a URL"));
        assert_eq!(title("https://www.example.com:443/a/b?c"), "GET https://www.example.com");
        assert_eq!(title("http://bob:pw@127.0.0.1:8080/"), "GET http://127.0.0.1:8080");
    }

    #[test]
    fn regions_look_like_regions() {
        let is_valid = |text: &str| validate_region(&Node::of_secret(text, Span::default())).is_ok();
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-12", "eusc-de-east-1"] {
            assert!(is_valid(region), "{region}");
        }
        for region in ["eu-west", "euwest1", "EU-WEST-1", "eu-west-1a", "", "europe"] {
            assert!(!is_valid(region), "{region}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_url_or_a_port_is_said_to_be_one() {
        let validate = |text: &str| validate_host(&Node::of_text(text, Span::default()));
        for host in ["db.example.com", "db.example.com.", "my_host", "-a", "localhost", "192.0.2.1", "2001:db8::1"] {
            assert_eq!(validate(host), Ok(()), "{host}");
        }
        for (text, help) in [
            ("https://bob@db.example.com:5/a?b", "write `db.example.com`"),
            ("db.example.com:5432", "write `db.example.com`, and `port: 5432`"),
            ("[::1]:22", "write `::1`, and `port: 22`"),
        ] {
            assert_eq!(validate(text).expect_err(text).help.as_deref(), Some(help), "{text}");
        }
        for text in ["", "a b", "a..b", ".", "a/b", &"x".repeat(64), &"x.".repeat(128)] {
            assert!(validate(text).is_err(), "{text}");
        }
    }
}
