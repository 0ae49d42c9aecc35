//! The timed parts of a run, by the `op` of their spans in Sentry.

/// What a timed part of a run is; the text is the `op` of its Sentry span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// One attempt at the whole probe; only present when `retries` is set.
    Attempt,
    /// One request: a redirect hop or a script's step.
    HttpRequest,
    /// Making the connection, around name lookup, TCP and TLS.
    NetConn,
    /// Name lookup.
    NetDns,
    /// TCP connection, over all addresses that were tried.
    NetTcp,
    /// TLS handshake.
    NetTls,
    /// Writing the request.
    HttpSend,
    /// From the request's last byte to the answer's head.
    HttpWait,
    /// From the answer's head to its last byte.
    HttpRecv,
    /// Parsing the answer as JSON.
    JsonParse,
    /// Setting keys and checking assertions.
    JsonAssert,
}

impl Op {
    /// Every op there is.
    pub const ALL: &'static [Self] = &[
        Self::Attempt,
        Self::HttpRequest,
        Self::NetConn,
        Self::NetDns,
        Self::NetTcp,
        Self::NetTls,
        Self::HttpSend,
        Self::HttpWait,
        Self::HttpRecv,
        Self::JsonParse,
        Self::JsonAssert,
    ];

    /// The name that Sentry gets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempt => "probe.attempt",
            Self::HttpRequest => "http.request",
            Self::NetConn => "net.conn",
            Self::NetDns => "net.dns",
            Self::NetTcp => "net.tcp",
            Self::NetTls => "net.tls",
            Self::HttpSend => "http.send",
            Self::HttpWait => "http.wait",
            Self::HttpRecv => "http.recv",
            Self::JsonParse => "json.parse",
            Self::JsonAssert => "json.assert",
        }
    }

    /// The op of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.as_str() == name)
    }

    /// Whether this is a phase (a leaf of the tree) and not a span that only holds others.
    pub const fn is_phase(self) -> bool {
        !matches!(self, Self::Attempt | Self::HttpRequest | Self::NetConn)
    }
}
