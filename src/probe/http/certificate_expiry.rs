//! Certificates about to expire: `tls.min_days`.

use std::time::Duration as Time;

use rustls::pki_types::UnixTime;
use time::{Duration, OffsetDateTime};
use url::Origin;

use super::active_request::ActiveRequest;
use crate::net::{Timestamps, Transport, certificate};
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind as Kind};
use crate::probe::failure;
use crate::probe::recorder::Recorder;
use crate::wording;

/// What servers presented, by transport and origin: a kept connection presents nothing again.
#[derive(Default)]
pub(crate) struct Certificates(Vec<(Transport, Origin, Timestamps)>);

impl Certificates {
    /// Keeps what the server of this request presented, if it did.
    pub(crate) fn remember(&mut self, transport: &Transport, active: &ActiveRequest) {
        let timestamps = active.timeline.timestamps();
        if timestamps.is_fresh() && !timestamps.chain.is_empty() {
            let origin = active.url.origin();
            self.0.retain(|(known, at, _)| (known, at) != (transport, &origin));
            self.0.push((transport.clone(), origin, timestamps));
        }
    }

    /// The certificate that expires first of those that the server of this request presented, if that is in fewer than
    /// `days` and the chain needs it: a server may present more than lead to an authority.
    pub(crate) fn expiring(&self, days: u32, transport: &Transport, active: &ActiveRequest) -> Option<Expiring> {
        let origin = active.url.origin();
        let (_, _, timestamps) = self.0.iter().find(|(known, at, _)| (known, at) == (transport, &origin))?;
        let first = certificate::read(&timestamps.chain).into_iter().min_by_key(certificate::Certificate::not_after)?;
        let (now, not_after) = (OffsetDateTime::now_utc(), first.not_after());
        let limit = now + Duration::days(i64::from(days));
        if not_after >= limit {
            return None;
        }
        let at_limit =
            u64::try_from(limit.unix_timestamp()).map(|seconds| UnixTime::since_unix_epoch(Time::from_secs(seconds)));
        if first.place > 0 && at_limit.is_ok_and(|limit| timestamps.is_chain_good_at(limit)) {
            return None;
        }
        let title = failure::certificate::title(&first, active.url.host_str().unwrap_or_default());
        let distance = wording::long_duration((not_after - now).whole_seconds().unsigned_abs());
        let when = match not_after < now {
            true => format!("expired {distance} ago"),
            false => format!("expires in {distance}"),
        };
        let sentence = format!("{title} {when} ({}), tls.min_days is {days}", not_after.date());
        Some(Expiring { not_after, request: active.span, sentence })
    }
}

/// A certificate that expires too soon.
pub(crate) struct Expiring {
    /// Its last valid second.
    pub(crate) not_after: OffsetDateTime,
    /// The span of the request whose server presented it.
    request: usize,
    sentence: String,
}

impl Expiring {
    /// Makes a failure of it, in the handshake that it was presented in, which a kept connection does not have.
    pub(crate) fn fail(self, recorder: &mut Recorder) -> Failure {
        let kind = Kind::TlsExpiring;
        if recorder.fail(self.request, Op::NetTls, kind) {
            Failure::within(kind, Op::NetTls, self.sentence)
        } else {
            Failure::new(kind, self.sentence)
        }
    }
}
