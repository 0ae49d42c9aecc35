//! A TCP connection to a host: name lookup, then its addresses one after the other.
//!
//! Addresses are tried as the HTTP client tries them (hyper's `HttpConnector`), so that all kinds of probe see the same: those
//! of the first address's family in the name server's order; those of the other family beside them after a head start, or as
//! soon as all of the first have failed (RFC 8305). The first connection wins.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout, timeout_at};

use super::connect_error::ConnectError;
use super::network::Network;
use super::resolver::timed_lookup;
use super::settings::IpVersion;
use super::timeline::RequestTimeline;

/// How long the addresses of the first family are tried alone.
const HEAD_START: Duration = Duration::from_millis(300);

/// How much later a connection attempt is given up than the request that waits for it. A timer that ends before all others has
/// the thread woken up for it, which costs system calls; so late, these do not.
pub(super) const AFTER: Duration = Duration::from_millis(20);

/// Where to connect to.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// A name, or an address, which is not looked up. An IPv6 address may be in brackets, as in a URL.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Address family to look up; `None`: both.
    pub ip: Option<IpVersion>,
}

/// Connects over TCP, without delay for small packets (`TCP_NODELAY`). Start and end of lookup and connection are recorded to
/// `timeline`.
///
/// The time until `deadline` is divided among the addresses, so that a dead one leaves time for the next.
///
/// # Errors
///
/// There is no address, or none took the connection before `deadline`.
pub async fn dial(
    network: &Network,
    destination: &Destination<'_>,
    timeline: &RequestTimeline,
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    timeline.record(|timestamps| timestamps.connect_start = Some(Instant::now()));
    let connecting = timeline.scope(async {
        let addresses = addresses(network, destination).await?;
        let connected = connect(&addresses, deadline).await;
        connected.map_err(|error| match error.kind() {
            // Shares of the time end with it, and on a busy machine all timers are late together.
            io::ErrorKind::TimedOut if Instant::now() >= deadline => ConnectError::TimedOut,
            _ => ConnectError::Tcp(error),
        })
    });
    let stream = timeout_at(deadline.into(), connecting).await.map_err(|_| ConnectError::TimedOut)??;
    timeline.record(|timestamps| {
        timestamps.connected = Some(Instant::now());
        timestamps.ready = timestamps.connected;
    });
    // A system that refuses the option has a connection all the same.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// A host as it stands in a URL, without the brackets of an IPv6 address.
pub(super) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

async fn addresses(network: &Network, destination: &Destination<'_>) -> Result<Vec<SocketAddr>, ConnectError> {
    let Destination { host, port, ip } = *destination;
    match without_brackets(host).parse::<IpAddr>() {
        Ok(address) => Ok(vec![SocketAddr::new(address, port)]),
        Err(_) => Ok(timed_lookup(network.resolver(), host, ip, port).await?),
    }
}

/// Connects to whichever address is first.
async fn connect(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let prefers_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, others): (Vec<SocketAddr>, Vec<SocketAddr>) =
        addresses.iter().partition(|address| address.is_ipv6() == prefers_ipv6);
    let time_left = deadline.saturating_duration_since(Instant::now());
    let mut preferred = pin!(connect_in_turn(&preferred, time_left));
    if others.is_empty() {
        return preferred.await;
    }
    let others = pin!(connect_in_turn(&others, time_left));
    let (first, remaining) = match select(&mut preferred, pin!(sleep(HEAD_START))).await {
        Either::Left((result, _)) => (result, Either::Right(others)),
        Either::Right(((), _)) => select(preferred, others).await.factor_first(),
    };
    match first {
        Ok(stream) => Ok(stream),
        Err(_) => remaining.await,
    }
}

/// Tries addresses of one family, each for its share of the time left. Of several errors the first is returned.
async fn connect_in_turn(addresses: &[SocketAddr], time_left: Duration) -> io::Result<TcpStream> {
    let share = (time_left + AFTER) / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut first_error = None;
    for address in addresses {
        let attempt = timeout(share, connect_to(*address)).await;
        match attempt.unwrap_or_else(|elapsed| Err(io::Error::new(io::ErrorKind::TimedOut, elapsed))) {
            Ok(stream) => return Ok(stream),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| io::ErrorKind::NotConnected.into()))
}

async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.connect(address).await
}
