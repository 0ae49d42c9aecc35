//! The examples of the Python program's READMEs, as they stand there: configurations written for it load unchanged.

/// The DSN in the first README.
pub const DSN: &str = "https://3641121feabb3b0fb5798fba2ae4e215@sentry.cridland.io/238947";

/// The probes in the first README.
pub const PAGES: &str = "      - probe: probes.http
        url: https://www.google.co.uk/
        every: 30
      - probe: probes.http
        url: https://www.bing.com/
        every: 60
        burst: 4
      - probe: probes.http
        url: https://www.duckduckgo.com/
      - probe: probes.http
        url: http://sentry.io/
";

/// The first README's configuration, with these probes.
pub fn configuration(probes: &str) -> String {
    format!(
        "sentry:
  dsn: {DSN}
  tags:
    location: mission-control
    another.tag: value
groups:
    - tags:
        target: demo
      probes:
{probes}"
    )
}

/// The later README's probe of a status, at this URL.
pub fn status(url: &str) -> String {
    format!(
        "      - probe: probes.http
        url: {url}
        body:
          check:
            - status
        expected: 200
        set_keys:
          status: \"$.status\"
        assertions:
          status: ok
"
    )
}
