//! The connection of a probe that is not HTTP: dialled, secured, and recorded as the HTTP client's are.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::failure;
use super::failure::Facts;
use super::limits::Limits;
use super::phases::PhaseWriter;
use super::recorder::Recorder;
use crate::net;
use crate::net::{ConnectError, Destination, Network, RequestTimeline, TlsSettings};
use crate::outcome::Failure;

/// A connection that is being made. [`Connection::finish`] has to follow, whatever comes of it.
pub(crate) struct Connection<'a> {
    network: &'a Network,
    limits: Limits,
    destination: Destination<'a>,
    timeline: RequestTimeline,
    began: Instant,
}

impl<'a> Connection<'a> {
    /// Starts the clock.
    pub(crate) fn new(network: &'a Network, limits: Limits, destination: Destination<'a>) -> Self {
        Self { network, limits, destination, timeline: RequestTimeline::default(), began: Instant::now() }
    }

    /// Looks the host up and connects over TCP.
    pub(crate) async fn dial(&self) -> Result<TcpStream, ConnectError> {
        net::dial(self.network, &self.destination, &self.timeline, self.limits.deadline).await
    }

    /// Makes a TLS handshake on the connection, or on what was negotiated over it. The server's name is the host.
    pub(crate) async fn secure<S>(
        &self,
        stream: S,
        settings: &TlsSettings,
        alpn: &[&[u8]],
    ) -> Result<TlsStream<S>, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (host, deadline) = (self.destination.host, self.limits.deadline);
        net::secure(self.network, stream, host, settings, alpn, &self.timeline, deadline).await
    }

    /// Records the phases and attributes of the connection, and names what ended it. `peer` is the address that took it.
    ///
    /// # Errors
    ///
    /// The failure that `result` is.
    pub(crate) fn finish<T>(
        self,
        result: Result<T, ConnectError>,
        peer: Option<SocketAddr>,
        recorder: &mut Recorder,
        parent: Option<usize>,
    ) -> Result<T, Failure> {
        let (timestamps, ended) = (self.timeline.timestamps(), Instant::now());
        let Destination { host, port, .. } = self.destination;
        let result = result.map_err(|error| {
            let facts = Facts {
                host,
                port,
                timestamps: &timestamps,
                timeout: self.limits.timeout,
                invocation_ended: self.limits.is_of_invocation,
                began: self.began,
                ended,
                deadline: self.limits.deadline,
            };
            failure::of_connection(&error, &facts)
        });
        let failed = result.as_ref().err().and_then(|failure| Some((failure.phase?, failure.kind, ended)));
        PhaseWriter::new(recorder, host, failed).connection(parent, self.began, &timestamps);
        recorder.attributes.extend([("server.address", json!(host)), ("server.port", json!(port))]);
        // Where there is one address only, it can be named even if nobody answered.
        let only_address = match (timestamps.addresses.as_slice(), host.parse::<IpAddr>()) {
            ([address], _) => Some(SocketAddr::new(*address, port)),
            ([], Ok(address)) => Some(SocketAddr::new(address, port)),
            _ => None,
        };
        if let Some(peer) = peer.or(only_address) {
            recorder.attributes.extend(peer_attributes(peer));
        }
        result
    }
}

/// The peer's address, under the names of Sentry's attribute conventions.
pub(crate) fn peer_attributes(peer: SocketAddr) -> [(&'static str, serde_json::Value); 4] {
    [
        ("network.peer.address", json!(peer.ip().to_string())),
        ("network.peer.port", json!(peer.port())),
        ("network.type", json!(if peer.is_ipv4() { "ipv4" } else { "ipv6" })),
        ("network.transport", json!("tcp")),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::Resolver;
    use crate::outcome::FailureKind;
    use crate::outcome::phase::Op;

    /// What a connection to this host and port leaves: its spans, failed ones with a `!`, and its failure.
    async fn connect(host: &str, port: u16, secured: bool, limits: Limits) -> (String, Option<Failure>) {
        let (network, mut recorder) = (Network::new(Resolver::with_servers(Vec::new())), Recorder::start());
        let connection = Connection::new(&network, limits, Destination { host, port, ip: None });
        let result = match connection.dial().await {
            Ok(stream) if secured => connection.secure(stream, &TlsSettings::default(), &[]).await.map(drop),
            result => result.map(drop),
        };
        let failure = connection.finish(result, None, &mut recorder, None).err();
        let mark = |failed: bool| if failed { "!" } else { "" };
        let spans = recorder.into_spans().into_iter();
        let ops: Vec<String> =
            spans.map(|span| format!("{}{}", span.op.as_str(), mark(span.failure.is_some()))).collect();
        (ops.join(" "), failure)
    }

    fn limits() -> Limits {
        Limits::new(Duration::from_secs(10), None)
    }

    #[tokio::test]
    async fn a_connection_leaves_its_phases_and_names_what_ended_it_in_the_words_of_http() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let open = listener.local_addr().expect("a bound port").port();
        let (spans, failure) = connect("127.0.0.1", open, false, limits()).await;
        assert_eq!((&*spans, failure), ("net.conn net.tcp", None));

        let (spans, failure) = connect("no-server.test", open, false, limits()).await;
        let sentence = "no-server.test could not be looked up: no usable name server is configured here";
        assert_eq!(spans, "net.conn! net.dns!");
        assert_eq!(failure, Some(Failure::within(FailureKind::DnsFailure, Op::NetDns, sentence)));

        let (spans, failure) = connect("255.255.255.255", 9, false, limits()).await;
        let sentence = "255.255.255.255:9 cannot be reached from here: there is no route to it";
        assert_eq!(spans, "net.conn! net.tcp!");
        assert_eq!(failure, Some(Failure::within(FailureKind::ConnectUnreachable, Op::NetTcp, sentence)));
    }

    #[tokio::test]
    async fn a_handshake_that_does_not_end_in_time_failed_in_tls() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let limits = Limits::new(Duration::from_millis(100), None);
        let (spans, failure) = connect("127.0.0.1", port, true, limits).await;
        let sentence =
            format!("127.0.0.1:{port} did not finish the TLS handshake within 100 ms: no certificate was received");
        assert_eq!(spans, "net.conn! net.tcp net.tls!");
        assert_eq!(failure, Some(Failure::within(FailureKind::TlsTimeout, Op::NetTls, sentence)));

        let limits = Limits::new(Duration::from_secs(10), Some(Instant::now() + Duration::from_millis(100)));
        let (_, failure) = connect("127.0.0.1", port, true, limits).await;
        assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::Deadline));
    }
}
