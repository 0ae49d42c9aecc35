//! The timed parts of a run, and the table of what they are called and look like.

/// What is the same for every span of an op.
struct Row {
    /// The name that Sentry gets.
    op: &'static str,
    /// The name for people; none: it is no phase, but holds others.
    word: Option<&'static str>,
    /// One of the 256 colours of terminals.
    colour: u8,
    /// The measurement of the transaction that it counts for.
    measurement: Option<&'static str>,
}

macro_rules! ops {
    ($($(#[$doc:meta])* $variant:ident => $row:tt,)+) => {
        /// What a timed part of a run is; the text is the `op` of its Sentry span.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Op { $($(#[$doc])* $variant,)+ }

        impl Op {
            /// Every op there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            const fn row(self) -> &'static Row {
                match self { $(Self::$variant => ops!(@row $row),)+ }
            }
        }
    };
    (@row { $($fields:tt)+ }) => { &Row { $($fields)+ } };
}

ops! {
    /// One attempt at the whole probe; only present when `retries` is set.
    Attempt => { op: "probe.attempt", word: None, colour: 244, measurement: None },
    /// One request: a redirect hop or a script's step.
    HttpRequest => { op: "http.request", word: None, colour: 244, measurement: None },
    /// Making the connection, around name lookup, TCP and TLS.
    NetConn => { op: "net.conn", word: None, colour: 244, measurement: None },
    /// Name lookup.
    NetDns => { op: "net.dns", word: Some("dns"), colour: 99, measurement: Some("dns") },
    /// TCP connection, over all addresses that were tried.
    NetTcp => { op: "net.tcp", word: Some("connect"), colour: 214, measurement: Some("connect") },
    /// TLS handshake.
    NetTls => { op: "net.tls", word: Some("tls"), colour: 205, measurement: Some("tls") },
    /// Writing the request.
    HttpSend => { op: "http.send", word: Some("send"), colour: 37, measurement: None },
    /// From the request's last byte to the answer's head.
    HttpWait => { op: "http.wait", word: Some("wait"), colour: 33, measurement: Some("ttfb") },
    /// From the answer's head to its last byte.
    HttpRecv => { op: "http.recv", word: Some("receive"), colour: 35, measurement: Some("download") },
    /// Parsing the answer as JSON.
    JsonParse => { op: "json.parse", word: Some("parse"), colour: 103, measurement: None },
    /// Setting keys and checking assertions.
    JsonAssert => { op: "json.assert", word: Some("assert"), colour: 246, measurement: None },
}

impl Op {
    /// The name that Sentry gets.
    pub const fn as_str(self) -> &'static str {
        self.row().op
    }

    /// The op of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.as_str() == name)
    }

    /// Whether this is a phase (a leaf of the tree) and not a span that only holds others.
    pub const fn is_phase(self) -> bool {
        self.row().word.is_some()
    }

    /// The name for people.
    pub fn word(self) -> &'static str {
        self.row().word.unwrap_or(self.row().op)
    }

    /// The colour, one of the 256 of terminals.
    pub const fn colour(self) -> u8 {
        self.row().colour
    }

    /// The measurement of the transaction that it counts for, in Sentry's name.
    pub const fn measurement(self) -> Option<&'static str> {
        self.row().measurement
    }
}
