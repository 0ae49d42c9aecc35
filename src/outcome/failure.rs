//! Why a run failed: a closed list of kinds, and a sentence for people.

use super::phase::Op;

macro_rules! failure_kinds {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)+) => {
        /// Why a run failed. The list is closed: the names are `exception.type` in Sentry, a tag, and part of the
        /// fingerprint, so dashboards and alert rules are written against them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FailureKind { $($(#[$doc])* $variant,)+ }

        impl FailureKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that Sentry, the summary and the terminal show.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

failure_kinds! {
    /// The name does not exist (NXDOMAIN), or has no address.
    DnsNotFound => "dns_not_found",
    /// The name server answered with an error, or could not be reached.
    DnsFailure => "dns_failure",
    /// No name server answered in time.
    DnsTimeout => "dns_timeout",
    /// The port is closed.
    ConnectRefused => "connect_refused",
    /// The connection was not established in time.
    ConnectTimeout => "connect_timeout",
    /// There is no route to the address.
    ConnectUnreachable => "connect_unreachable",
    /// The connection failed in another way.
    ConnectFailed => "connect_failed",
    /// The certificate has expired.
    TlsExpired => "tls_expired",
    /// The certificate is not valid yet.
    TlsNotYetValid => "tls_not_yet_valid",
    /// The certificate is for another host.
    TlsWrongHost => "tls_wrong_host",
    /// No trusted authority signed the certificate, or an intermediate is missing.
    TlsUnknownIssuer => "tls_unknown_issuer",
    /// The certificate is self-signed.
    TlsSelfSigned => "tls_self_signed",
    /// The certificate was revoked.
    TlsRevoked => "tls_revoked",
    /// The two sides share no protocol version or cipher, or what came is not TLS.
    TlsProtocol => "tls_protocol",
    /// The handshake did not end in time.
    TlsTimeout => "tls_timeout",
    /// The handshake failed in another way.
    TlsFailed => "tls_failed",
    /// The certificate ends within `tls.min_days`.
    TlsExpiring => "tls_expiring",
    /// The request could not be written.
    SendFailed => "send_failed",
    /// The request could not be written in time.
    SendTimeout => "send_timeout",
    /// No complete response head in time.
    WaitTimeout => "wait_timeout",
    /// The connection was closed before a response.
    ClosedEarly => "closed_early",
    /// The connection was reset before a response.
    Reset => "reset",
    /// The response is not HTTP.
    BadResponse => "bad_response",
    /// The response body did not end in time.
    RecvTimeout => "recv_timeout",
    /// The body ended before it should have.
    Truncated => "truncated",
    /// The body is longer than `max_body`.
    BodyTooLarge => "body_too_large",
    /// The body's content encoding is broken.
    BadEncoding => "bad_encoding",
    /// More redirects than `redirects` allows.
    TooManyRedirects => "too_many_redirects",
    /// A redirect without a usable `Location`.
    BadRedirect => "bad_redirect",
    /// A status that is not `expected`.
    HttpStatus => "http_status",
    /// Keys were to be set, but the body is not JSON.
    NotJson => "not_json",
    /// An assertion does not hold.
    Assertion => "assertion",
    /// A key that a step uses is not set, or cannot be formatted as asked.
    Interpolation => "interpolation",
    /// Slower than `max_duration`.
    TooSlow => "too_slow",
    /// No SSH banner.
    SshBanner => "ssh_banner",
    /// The SSH key exchange failed.
    SshKex => "ssh_kex",
    /// The SSH host key is not the expected one.
    SshHostKey => "ssh_host_key",
    /// SSH authentication failed.
    SshAuth => "ssh_auth",
    /// The SSH command failed.
    SshExec => "ssh_exec",
    /// The invocation's time was up.
    Deadline => "deadline",
    /// An internal error of SentryNet in this probe.
    Panic => "panic",
}

impl std::fmt::Display for FailureKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind, from the closed list.
    pub kind: FailureKind,
    /// A sentence for the person on call, without a final full stop.
    pub sentence: String,
    /// The phase it happened in, where it happened in one.
    pub phase: Option<Op>,
}

impl Failure {
    /// A failure of `kind` outside of any phase.
    pub fn new(kind: FailureKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into(), phase: None }
    }

    /// The same, in a phase.
    pub fn within(kind: FailureKind, phase: Op, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into(), phase: Some(phase) }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.sentence)
    }
}
