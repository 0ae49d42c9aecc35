//! The identity of a run, and the ids that are derived from it.
//!
//! Ids are derived, not random: the same tick, delivered twice by EventBridge, makes the same trace and event ids, so
//! Sentry keeps one.

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// The namespace of SentryNet's version 5 UUIDs (RFC 9562, section 5.5).
const NAMESPACE: Uuid = Uuid::from_u128(0x5e47_9e7d_0b5c_5c2e_9a51_3c11_6f0e_a1d7);

/// 16 bytes that name a trace, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(Uuid);

impl TraceId {
    /// The id as a UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The id of something else that belongs to this trace, e.g. its error event.
    pub fn derive(self, what: &str) -> Uuid {
        Uuid::new_v5(&self.0, what.as_bytes())
    }

    /// The id of the transaction's own span: the trace id's second half, which is never zero, as its first bits are
    /// those of the UUID's variant.
    pub const fn root_span(self) -> SpanId {
        SpanId(self.0.as_u64_pair().1)
    }

    /// The id of the span at `index` of the outcome's spans. Incremented from the root's: a hash for each would be a
    /// considerable part of the cost of a run.
    pub const fn span(self, index: usize) -> SpanId {
        SpanId(self.root_span().0.wrapping_add(1 + index as u64))
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.simple().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

/// 8 bytes that name a span, shown as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId(u64);

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Display for SpanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Identifies one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunIdentity {
    /// Where the probe ran from.
    pub location: String,
    /// The group's name.
    pub group: String,
    /// Identifies the probe within its group: its title, with a number where titles repeat.
    pub probe: String,
    /// The tick that the run belongs to.
    pub tick: OffsetDateTime,
    /// The run's number in its burst, from 0.
    pub burst: u32,
}

impl RunIdentity {
    /// The tick as RFC 3339 text in UTC, e.g. `2026-11-20T10:00:00Z`.
    pub fn tick_text(&self) -> String {
        rfc3339(self.tick)
    }

    /// The id of the run's trace.
    pub fn trace_id(&self) -> TraceId {
        let Self { location, group, probe, burst, .. } = self;
        let name = [location, group, probe, &self.tick_text(), &burst.to_string()].map(String::as_str).join("\0");
        TraceId(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    /// The id of the probe, the same for all its runs at all locations.
    pub fn probe_id(&self) -> SpanId {
        let name = [&*self.group, &*self.probe].join("\0");
        SpanId(Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_u64_pair().1)
    }
}

/// RFC 3339 text in UTC, to the microsecond as all times in SentryNet, with a fraction only where there is one.
pub(crate) fn rfc3339(time: OffsetDateTime) -> String {
    let utc = time.to_offset(time::UtcOffset::UTC);
    let utc = utc.replace_nanosecond(utc.microsecond() * 1000).unwrap_or(utc);
    // Only years beyond 9999 cannot be written.
    utc.format(&Rfc3339).unwrap_or_else(|_| utc.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn identity() -> RunIdentity {
        RunIdentity {
            location: "eu-west-1".into(),
            group: "demo".into(),
            probe: "GET https://example.com".into(),
            tick: datetime!(2026-11-20 10:00 UTC),
            burst: 0,
        }
    }

    #[test]
    fn the_same_run_has_the_same_ids_and_every_part_of_its_identity_changes_them() {
        let one = identity();
        assert_eq!(one.trace_id(), identity().trace_id());
        assert_eq!(one.tick_text(), "2026-11-20T10:00:00Z");
        let others = [
            RunIdentity { location: "us-east-1".into(), ..identity() },
            RunIdentity { group: "other".into(), ..identity() },
            RunIdentity { probe: "other".into(), ..identity() },
            RunIdentity { tick: datetime!(2026-11-20 10:00:30 UTC), ..identity() },
            RunIdentity { burst: 1, ..identity() },
        ];
        for other in others {
            assert_ne!(one.trace_id(), other.trace_id(), "{other:?}");
        }
    }

    #[test]
    fn span_ids_are_sixteen_digits_and_differ() {
        let trace = identity().trace_id();
        assert_eq!(trace.root_span().to_string().len(), 16);
        assert_ne!(trace.root_span(), trace.span(0));
        assert_ne!(trace.span(0), trace.span(1));
    }
}
