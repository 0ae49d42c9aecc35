//! The headers that propagate a run's trace to the target.

use super::settings::Settings;
use crate::outcome::{SpanId, TraceId};

/// Values of the two headers that Sentry's SDKs understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagation {
    /// Value of `sentry-trace`.
    pub sentry_trace: String,
    /// Value of `baggage`.
    pub baggage: String,
}

impl Propagation {
    /// The headers of a request within `span`. `sampled` asks the target to trace it too, at the cost of its quota.
    pub fn new(trace: TraceId, span: SpanId, settings: &Settings, sampled: bool) -> Self {
        let mut baggage = format!("sentry-trace_id={trace}");
        for (member, value) in [
            ("public_key", settings.public_key()),
            ("release", settings.release()),
            ("environment", settings.environment()),
        ] {
            if let Some(value) = value {
                baggage.push_str(&format!(",sentry-{member}={}", encoded(value)));
            }
        }
        baggage.push_str(&format!(",sentry-sampled={sampled}"));
        Self { sentry_trace: format!("{trace}-{span}-{}", u8::from(sampled)), baggage }
    }
}

/// Percent-encoded, as W3C baggage requires; without a form's `+` for a space.
fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::RunIdentity;
    use crate::secrets::Redactor;
    use time::macros::datetime;

    #[test]
    fn the_headers_are_those_of_the_sdks() {
        let identity = RunIdentity {
            location: "eu-west-1".into(),
            group: "demo".into(),
            probe: "p".into(),
            tick: datetime!(2026-11-20 10:00 UTC),
            burst: 0,
        };
        let trace = identity.trace_id();
        let dsn = "https://abc@o0.ingest.sentry.io/7".parse().expect("a DSN");
        let settings =
            Settings::new(Some("vor Ort, ä"), Some("sentrynet@1.0+2"), None, Some(&dsn), &Redactor::default());
        let carried = Propagation::new(trace, trace.span(0), &settings, false);
        assert_eq!(carried.sentry_trace, format!("{trace}-{}-0", trace.span(0)));
        assert_eq!(
            carried.baggage,
            format!(
                "sentry-trace_id={trace},sentry-public_key=abc,sentry-release=sentrynet%401.0%2B2,\
                 sentry-environment=vor%20Ort%2C%20%C3%A4,sentry-sampled=false"
            )
        );
        let sampled = Propagation::new(trace, trace.root_span(), &Settings::default(), true);
        assert!(sampled.sentry_trace.ends_with("-1"));
        assert_eq!(sampled.baggage, format!("sentry-trace_id={trace},sentry-sampled=true"));
    }
}
