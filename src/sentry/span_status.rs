//! Failure kinds as Sentry's span status.

use sentry::protocol::SpanStatus;

use crate::outcome::FailureKind;

/// The status of a run or a span that failed for this reason.
pub fn of(kind: FailureKind, http_status: Option<u16>) -> SpanStatus {
    use crate::outcome::FailureKind as F;
    match kind {
        F::DnsTimeout | F::ConnectTimeout | F::TlsTimeout | F::SendTimeout | F::WaitTimeout | F::RecvTimeout => {
            SpanStatus::DeadlineExceeded
        }
        F::TooSlow | F::Deadline => SpanStatus::DeadlineExceeded,
        F::DnsNotFound | F::DnsFailure => SpanStatus::Unavailable,
        F::ConnectRefused | F::ConnectUnreachable | F::ConnectFailed => SpanStatus::Unavailable,
        F::TlsExpired | F::TlsNotYetValid | F::TlsWrongHost | F::TlsUnknownIssuer | F::TlsSelfSigned => {
            SpanStatus::Unavailable
        }
        F::TlsRevoked | F::TlsProtocol | F::TlsFailed | F::TlsExpiring => SpanStatus::Unavailable,
        F::SendFailed | F::ClosedEarly | F::Reset | F::SshBanner | F::SshKex => SpanStatus::Unavailable,
        F::SshAuth => SpanStatus::Unauthenticated,
        F::HttpStatus => http_status.map_or(SpanStatus::InternalError, of_code),
        F::BadResponse | F::Truncated | F::BodyTooLarge | F::BadEncoding | F::TooManyRedirects | F::BadRedirect => {
            SpanStatus::InternalError
        }
        F::NotJson | F::Assertion | F::Interpolation | F::SshHostKey | F::SshExec | F::Panic => {
            SpanStatus::InternalError
        }
    }
}

/// The status that Sentry's SDKs give an HTTP code, as far as it means failure: a 200 that should have been a 201 is a
/// failure, too, and Sentry's failure rate ignores `ok`, `cancelled` and `unknown`.
fn of_code(code: u16) -> SpanStatus {
    match code {
        401 => SpanStatus::Unauthenticated,
        403 => SpanStatus::PermissionDenied,
        404 => SpanStatus::NotFound,
        409 => SpanStatus::AlreadyExists,
        413 => SpanStatus::FailedPrecondition,
        429 => SpanStatus::ResourceExhausted,
        400..=499 => SpanStatus::InvalidArgument,
        501 => SpanStatus::Unimplemented,
        503 => SpanStatus::Unavailable,
        504 => SpanStatus::DeadlineExceeded,
        _ => SpanStatus::InternalError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_failure_looks_like_success() {
        for kind in FailureKind::ALL {
            for code in [None, Some(100), Some(200), Some(301), Some(404), Some(499), Some(503), Some(999)] {
                let status = of(*kind, code);
                assert!(
                    !matches!(status, SpanStatus::Ok | SpanStatus::Cancelled | SpanStatus::UnknownError),
                    "{kind} {code:?}: {status}"
                );
            }
        }
    }
}
