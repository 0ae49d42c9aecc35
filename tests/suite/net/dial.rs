//! Connections over TCP that are not HTTP's: which address takes them, and what the timeline says of them.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use crate::support::black_hole::BlackHole;
use crate::support::name_server::{NameServer, Reply};
use crate::support::port::Port;
use sentrynet::net::{
    Causes, ConnectError, Destination, DnsError, IpVersion, Network, RequestTimeline, Resolver, Timestamps, dial,
};
use tokio::net::TcpStream;

const NOBODY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
const NOBODY_ELSE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
const SILENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);
const SILENT_TOO: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 12);
const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;
const LOCAL_6: Ipv6Addr = Ipv6Addr::LOCALHOST;
/// No system makes a TCP connection to such an address, with or without IPv6.
const MULTICAST: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// So much time that nothing in these tests comes to its end.
const PLENTY: Duration = Duration::from_secs(30);
const LITTLE: Duration = Duration::from_millis(300);

/// Dials, and says what the timeline has seen.
async fn dialled(
    resolver: Resolver,
    destination: Destination<'_>,
    time: Duration,
) -> (Result<TcpStream, ConnectError>, Timestamps) {
    let timeline = RequestTimeline::default();
    let result = dial(&Network::new(resolver), &destination, &timeline, Instant::now() + time).await;
    (result, timeline.timestamps())
}

/// The same, at a name with these addresses.
async fn dialled_name(
    addresses: &[IpAddr],
    port: u16,
    time: Duration,
) -> (Result<TcpStream, ConnectError>, Timestamps) {
    let known = addresses.to_vec();
    let names = NameServer::start(move |_| Reply::Addresses(known.clone(), Duration::ZERO)).await;
    let destination = Destination { host: "name.test", port, ip: None };
    dialled(Resolver::with_servers(vec![names.addr]), destination, time).await
}

fn peer(result: &Result<TcpStream, ConnectError>) -> SocketAddr {
    result.as_ref().expect("a connection").peer_addr().expect("a connected socket")
}

fn io(result: Result<TcpStream, ConnectError>) -> Option<ErrorKind> {
    Causes::of(&result.expect_err("no connection")).io()
}

/// What happened did so in this order.
fn assert_in_order(instants: &[Option<Instant>]) {
    let instants: Vec<Instant> = instants.iter().map(|instant| instant.expect("it happened")).collect();
    assert!(instants.is_sorted(), "{instants:?}");
}

#[tokio::test]
async fn a_name_is_looked_up_and_connected_to() {
    let port = Port::reserve();
    let _listener = port.listen(1);
    let (result, seen) = dialled_name(&[LOCAL.into()], port.number(), PLENTY).await;
    assert_eq!(peer(&result), port.addr);
    assert!(result.expect("a connection").nodelay().expect("a socket option"));
    assert_eq!(seen.addresses, [IpAddr::from(LOCAL)]);
    assert_in_order(&[seen.connect_start, seen.dns_start, seen.dns_end, seen.connected, seen.ready]);
    assert_eq!((seen.tls_start, seen.sent, seen.head), (None, None, None));
    assert!(seen.is_fresh());
}

#[tokio::test]
async fn an_address_is_not_looked_up() {
    let port = Port::reserve();
    let _listener = port.listen(2);
    for host in ["127.0.0.1", "::ffff:127.0.0.1", "[::ffff:127.0.0.1]"] {
        let destination = Destination { host, port: port.number(), ip: None };
        let (result, seen) = dialled(Resolver::with_servers(Vec::new()), destination, PLENTY).await;
        assert_eq!(peer(&result).port(), port.number(), "{host}");
        assert_eq!((seen.dns_start, seen.addresses.len()), (None, 0), "{host}");
        assert_in_order(&[seen.connect_start, seen.connected, seen.ready]);
    }
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let port = Port::reserve();
    let destination = Destination { host: "127.0.0.1", port: port.number(), ip: None };
    let (result, seen) = dialled(Resolver::system(), destination, PLENTY).await;
    assert_eq!(io(result), Some(ErrorKind::ConnectionRefused));
    assert_eq!((seen.connected, seen.ready), (None, None));
    assert!(seen.connect_start.is_some());
}

#[tokio::test]
async fn an_address_that_refuses_leaves_the_connection_to_the_next() {
    let [closed, port] = Port::on([NOBODY, LOCAL]);
    let _listener = port.listen(1);
    let (result, seen) = dialled_name(&[NOBODY.into(), LOCAL.into()], closed.number(), PLENTY).await;
    assert_eq!(peer(&result), port.addr);
    assert_eq!(seen.addresses, [IpAddr::from(NOBODY), LOCAL.into()]);
}

#[tokio::test]
async fn an_address_that_is_silent_leaves_time_for_the_next() {
    let [hole, port] = Port::on([SILENT, LOCAL]);
    let (hole, _listener) = (BlackHole::at(hole).await, port.listen(1));
    let time = Duration::from_secs(4);
    let (result, _) = dialled_name(&[SILENT.into(), LOCAL.into()], hole.addr.port(), time).await;
    assert_eq!(peer(&result), port.addr);
}

#[tokio::test]
async fn of_several_errors_the_first_is_returned() {
    let [hole, closed, other] = Port::on([SILENT, NOBODY, NOBODY_ELSE]);
    let hole = BlackHole::at(hole).await;
    for (addresses, expected) in [
        ([NOBODY, NOBODY_ELSE], ErrorKind::ConnectionRefused),
        ([NOBODY, SILENT], ErrorKind::ConnectionRefused),
        ([SILENT, NOBODY], ErrorKind::TimedOut),
    ] {
        let (result, seen) = dialled_name(&addresses.map(IpAddr::from), hole.addr.port(), LITTLE).await;
        assert_eq!(io(result), Some(expected), "{addresses:?}");
        assert_eq!(seen.ready, None);
    }
    drop((closed, other));
}

#[tokio::test]
async fn silence_everywhere_ends_with_the_time() {
    let [hole, other] = Port::on([SILENT, SILENT_TOO]);
    let (hole, _other) = (BlackHole::at(hole).await, BlackHole::at(other).await);
    for addresses in [vec![SILENT.into()], vec![SILENT.into(), SILENT_TOO.into()]] {
        let (result, seen) = dialled_name(&addresses, hole.addr.port(), LITTLE).await;
        assert!(matches!(result, Err(ConnectError::TimedOut)), "{result:?}");
        assert!(seen.dns_end.is_some() && seen.ready.is_none());
    }
}

#[tokio::test]
async fn the_other_family_is_tried_when_the_first_fails() {
    let port = Port::reserve();
    let _listener = port.listen(1);
    let (result, seen) = dialled_name(&[LOCAL.into(), MULTICAST.into()], port.number(), PLENTY).await;
    assert_eq!(peer(&result), port.addr);
    assert_eq!(seen.addresses[0], IpAddr::from(MULTICAST), "IPv6 comes first");
}

#[tokio::test]
async fn the_other_family_is_tried_beside_the_first_after_a_head_start() {
    if std::net::TcpListener::bind((LOCAL_6, 0)).is_err() {
        println!("there is no IPv6 here");
        return;
    }
    // IPv6 is silent for as long as there is time: only a connection beside it succeeds.
    let [hole, port] = Port::on([IpAddr::from(LOCAL_6), LOCAL.into()]);
    let (_hole, _listener) = (BlackHole::at(hole).await, port.listen(1));
    let (result, _) = dialled_name(&[LOCAL_6.into(), LOCAL.into()], port.number(), PLENTY).await;
    assert_eq!(peer(&result), port.addr);
}

#[tokio::test]
async fn where_both_families_fail_the_error_of_the_last_is_returned() {
    let closed = Port::reserve();
    let (result, _) = dialled_name(&[MULTICAST.into(), LOCAL.into()], closed.number(), PLENTY).await;
    assert_eq!(io(result), Some(ErrorKind::ConnectionRefused));
}

#[tokio::test]
async fn a_family_that_is_asked_for_is_the_only_one() {
    let port = Port::reserve();
    let _listener = port.listen(1);
    let names = NameServer::start(|_| Reply::Addresses(vec![LOCAL.into(), LOCAL_6.into()], Duration::ZERO)).await;
    let destination = Destination { host: "name.test", port: port.number(), ip: Some(IpVersion::V4) };
    let (result, seen) = dialled(Resolver::with_servers(vec![names.addr]), destination, PLENTY).await;
    assert_eq!(peer(&result), port.addr);
    assert_eq!(seen.addresses, [IpAddr::from(LOCAL)]);
}

#[tokio::test]
async fn a_name_without_an_address_is_an_error_of_the_lookup() {
    let names = NameServer::start(|_| Reply::Addresses(Vec::new(), Duration::ZERO)).await;
    let destination = Destination { host: "name.test", port: 9, ip: None };
    let (result, seen) = dialled(Resolver::with_servers(vec![names.addr]), destination, PLENTY).await;
    let expected = DnsError::NoAddress { family: None, alias_of: None };
    assert!(matches!(result, Err(ConnectError::Dns(error)) if error == expected));
    assert_eq!(seen.dns_error, Some(expected));
    assert_in_order(&[seen.connect_start, seen.dns_start, seen.dns_end]);
}

#[tokio::test]
async fn a_silent_name_server_is_given_up_when_time_is_up() {
    let names = NameServer::start(|_| Reply::Silence).await;
    let destination = Destination { host: "name.test", port: 9, ip: None };
    let (result, seen) = dialled(Resolver::with_servers(vec![names.addr]), destination, LITTLE).await;
    assert!(matches!(result, Err(ConnectError::TimedOut)), "{result:?}");
    assert!(seen.dns_start.is_some() && seen.dns_end.is_none());
}
