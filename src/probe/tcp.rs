//! `probes.tcp`: one connection, closed as soon as it is there.

mod keys;

use super::attempt::Attempt;
use super::connection::Connection;
use super::contract::{Kind, Settings};
use crate::net::Destination;
use crate::outcome::Failure;
use crate::outcome::phase::Op;
use crate::schema::parsed::Fields;
use crate::schema::reader::Reader;
use crate::schema::scalar;
use crate::secrets::FILTERED;
use crate::yaml::node::Node;

/// Where to connect to.
#[derive(Clone, PartialEq, Eq)]
pub struct Tcp {
    /// A host name, or an IP address without brackets.
    pub host: String,
    /// Port, from 1.
    pub port: u16,
}

impl std::fmt::Debug for Tcp {
    // A host may come from a secret: never print one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tcp(…:{})", self.port)
    }
}

impl Settings for Tcp {
    const KIND: Kind = Kind {
        object: &keys::TCP,
        objects: &[&keys::TCP],
        needs_title: None,
        title,
        lint: |_, _, _| {},
        warnings: &[],
        ops: &[Op::NetConn, Op::NetDns, Op::NetTcp],
        docs: include_str!("tcp/docs.md"),
    };

    fn read(fields: &Fields, _: &mut Reader<'_>) -> Self {
        let port = fields.integer("port").and_then(|port| u16::try_from(port).ok());
        Self { host: fields.text("host").unwrap_or_default().to_owned(), port: port.unwrap_or_default() }
    }

    fn default_title(&self, fields: &Fields) -> String {
        let is_secret = |name: &str| fields.get(name).is_none_or(|value| value.mark.secret);
        if is_secret("host") || is_secret("port") {
            return format!("TCP {FILTERED}");
        }
        title_of(&self.host, self.port.into())
    }

    async fn attempt(&self, attempt: Attempt<'_>) -> Result<(), Failure> {
        let destination = Destination { host: &self.host, port: self.port, ip: None };
        let connection = Connection::new(&attempt.context.network, attempt.limits, destination);
        let dialled = connection.dial().await;
        let peer = dialled.as_ref().ok().and_then(|stream| stream.peer_addr().ok());
        connection.finish(dialled, peer, attempt.recorder, attempt.parent).map(drop)
    }

    fn spans(&self) -> u32 {
        let is_address = self.host.parse::<std::net::IpAddr>().is_ok();
        2 + u32::from(!is_address)
    }
}

/// The title of a probe that has none, and what it follows from; `None` where that is a secret.
fn title(probe: &Node) -> Option<(String, &Node)> {
    let (host, port) = (probe.get("host")?, probe.get("port")?);
    Some((title_of(host.text()?, scalar::integer(port)?), host))
}

/// `TCP host:port`, an IPv6 address in brackets.
fn title_of(host: &str, port: u64) -> String {
    if host.contains(':') { format!("TCP [{host}]:{port}") } else { format!("TCP {host}:{port}") }
}
