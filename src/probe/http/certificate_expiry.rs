//! Certificates that will not be valid for long: `tls.min_days`.

use std::time::Duration as Time;

use rustls::pki_types::UnixTime;
use time::{Duration, OffsetDateTime};
use url::Origin;

use super::failure;
use super::hop::ActiveRequest;
use crate::net::{Timestamps, Transport, certificate};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind};
use crate::probe::recorder::Recorder;
use crate::wording;

/// What was seen of servers that presented certificates, by the way of connecting and the origin: a kept connection
/// presents nothing again.
#[derive(Default)]
pub(crate) struct Certificates(Vec<(Transport, Origin, Timestamps)>);

impl Certificates {
    /// Keeps what the server of this hop presented, if it did.
    pub(crate) fn remember(&mut self, transport: &Transport, going: &ActiveRequest) {
        let marks = going.hop.marks();
        if marks.is_fresh() && !marks.chain.is_empty() {
            let origin = going.url.origin();
            self.0.retain(|(known, at, _)| (known, at) != (transport, &origin));
            self.0.push((transport.clone(), origin, marks));
        }
    }

    /// The certificate that ends first of those that the server of this hop presented, if that is in fewer than `days`
    /// and it will be missed: a server may present more than lead to an authority.
    pub(crate) fn expiring(&self, days: u32, transport: &Transport, going: &ActiveRequest) -> Option<Expiring> {
        let origin = going.url.origin();
        let (_, _, marks) = self.0.iter().find(|(known, at, _)| (known, at) == (transport, &origin))?;
        let first = certificate::read(&marks.chain).into_iter().min_by_key(certificate::Certificate::not_after)?;
        let (now, not_after) = (OffsetDateTime::now_utc(), first.not_after());
        let limit = now + Duration::days(i64::from(days));
        if not_after >= limit {
            return None;
        }
        let at_limit =
            u64::try_from(limit.unix_timestamp()).map(|seconds| UnixTime::since_unix_epoch(Time::from_secs(seconds)));
        if first.place > 0 && at_limit.is_ok_and(|limit| marks.is_chain_good_at(limit)) {
            return None;
        }
        let title = failure::certificate_title(&first, going.url.host_str().unwrap_or_default());
        let distance = wording::long_duration((not_after - now).whole_seconds().unsigned_abs());
        let when = match not_after < now {
            true => format!("expired {distance} ago"),
            false => format!("expires in {distance}"),
        };
        let sentence = format!("{title} {when} ({}), tls.min_days is {days}", not_after.date());
        Some(Expiring { not_after, hop: going.span, sentence })
    }
}

/// A certificate that ends too soon.
pub(crate) struct Expiring {
    /// When it ends.
    pub(crate) not_after: OffsetDateTime,
    /// The span of the request whose server presented it.
    hop: usize,
    sentence: String,
}

impl Expiring {
    /// Makes a failure of it, in the handshake where it was seen. There is none on a kept connection.
    pub(crate) fn fail(self, recorder: &mut Recorder) -> Failure {
        let kind = Kind::TlsExpiring;
        if recorder.fail(self.hop, Op::NetTls, kind) {
            Failure::within(kind, Op::NetTls, self.sentence)
        } else {
            Failure::new(kind, self.sentence)
        }
    }
}
