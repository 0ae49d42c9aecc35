//! Faults before a connection is there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Fault;
use crate::support::black_hole::BlackHole;
use crate::support::name_server::{NameServer, Reply};
use crate::support::port::Port;
use crate::support::target::{Target, answer, serve_http};

/// Nothing listens there.
const NOBODY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
const NOBODY_ELSE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
/// Where black holes are made.
const SILENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);
const SILENT_TOO: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 12);

/// No system makes a TCP connection to such an address, with or without IPv6.
const MULTICAST: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// What a probe of name.test meets, whose addresses are these.
async fn at_addresses(port: u16, addresses: &[IpAddr]) -> Fault {
    let addresses = addresses.to_vec();
    let names = NameServer::start(move |_| Reply::Addresses(addresses.clone(), Duration::ZERO)).await;
    Fault::at(format!("http://name.test:{port}/")).named_by(names.addr).keeping(names)
}

pub async fn a_closed_port_refuses() -> Fault {
    let closed = Port::reserve();
    Fault::at(format!("http://{}/", closed.addr))
        .fails("connect_refused", format!("{} refused the connection", closed.addr))
        .phases("net.tcp!")
        .keeping(closed)
}

pub async fn a_closed_port_behind_a_name_refuses() -> Fault {
    let [closed] = Port::on([NOBODY]);
    let port = closed.number();
    at_addresses(port, &[NOBODY.into()])
        .await
        .keeping(closed)
        .fails("connect_refused", format!("name.test:{port} refused the connection (127.0.0.9)"))
        .phases("net.dns net.tcp!")
}

pub async fn all_addresses_are_named_when_they_refuse() -> Fault {
    let closed = Port::on([NOBODY, NOBODY_ELSE]);
    let port = closed[0].number();
    let what = format!("none of the addresses of name.test:{port} accepted the connection: at least one refused it");
    at_addresses(port, &[NOBODY.into(), NOBODY_ELSE.into()])
        .await
        .keeping(closed)
        .fails("connect_refused", format!("{what} (127.0.0.9, 127.0.0.10)"))
        .phases("net.dns net.tcp!")
}

pub async fn a_black_hole_times_out() -> Fault {
    let hole = BlackHole::at(Port::reserve()).await;
    Fault::at(format!("http://{}/", hole.addr))
        .with("timeout: 400ms")
        .fails("connect_timeout", format!("{} did not answer the connection request within 400 ms", hole.addr))
        .phases("net.tcp!")
        .keeping(hole)
}

pub async fn all_addresses_are_named_when_they_are_silent() -> Fault {
    let [hole, other] = Port::on([SILENT, SILENT_TOO]);
    let port = hole.number();
    let holes = (BlackHole::at(hole).await, BlackHole::at(other).await);
    let what = format!("none of the addresses of name.test:{port} accepted the connection within 1 s");
    at_addresses(port, &[SILENT.into(), SILENT_TOO.into()])
        .await
        .keeping(holes)
        .with("timeout: 1s")
        .fails("connect_timeout", format!("{what} (127.0.0.11, 127.0.0.12)"))
        .phases("net.dns net.tcp!")
}

pub async fn a_silent_address_before_one_that_refuses_times_out() -> Fault {
    let [hole, closed] = Port::on([SILENT, NOBODY]);
    let port = hole.number();
    let hole = BlackHole::at(hole).await;
    let silent = "at least one did not answer the connection request within *";
    at_addresses(port, &[SILENT.into(), NOBODY.into()])
        .await
        .keeping((hole, closed))
        .with("timeout: 1s")
        .fails(
            "connect_timeout",
            format!(
                "none of the addresses of name.test:{port} accepted the connection: {silent} (127.0.0.11, \
                    127.0.0.9)"
            ),
        )
        .phases("net.dns net.tcp!")
}

pub async fn a_refusing_address_before_a_silent_one_refuses() -> Fault {
    let [hole, closed] = Port::on([SILENT, NOBODY]);
    let port = hole.number();
    let hole = BlackHole::at(hole).await;
    let what = format!("none of the addresses of name.test:{port} accepted the connection: at least one refused it");
    at_addresses(port, &[NOBODY.into(), SILENT.into()])
        .await
        .keeping((hole, closed))
        .with("timeout: 1s")
        .fails("connect_refused", format!("{what} (127.0.0.9, 127.0.0.11)"))
        .phases("net.dns net.tcp!")
}

/// A target that answers at this port of 127.0.0.1, as the second address of its name.
async fn behind(first: impl Into<IpAddr>, port: Port) -> Fault {
    let target = Target::on(port.listen(16), |stream| serve_http(stream, Arc::new(|_: &_| answer("200 OK", &[], ""))));
    at_addresses(port.number(), &[first.into(), Ipv4Addr::LOCALHOST.into()])
        .await
        .keeping((port, target))
        .answering(200)
        .phases("net.dns net.tcp http.send http.wait http.recv")
}

pub async fn an_address_that_refuses_is_no_failure_while_another_answers() -> Fault {
    let [closed, port] = Port::on([NOBODY, Ipv4Addr::LOCALHOST]);
    behind(NOBODY, port).await.keeping(closed)
}

pub async fn a_silent_address_is_no_failure_while_another_answers() -> Fault {
    let [hole, port] = Port::on([SILENT, Ipv4Addr::LOCALHOST]);
    let hole = BlackHole::at(hole).await;
    behind(SILENT, port).await.keeping(hole).with("timeout: 2s")
}

pub async fn an_unreachable_ipv6_address_is_no_failure_while_ipv4_answers() -> Fault {
    behind(MULTICAST, Port::reserve()).await
}

pub async fn an_address_without_a_route_is_unreachable() -> Fault {
    // Nor to the broadcast address.
    Fault::at("http://255.255.255.255:9/")
        .fails("connect_unreachable", "255.255.255.255:9 cannot be reached from here: there is no route to it")
        .phases("net.tcp!")
}

pub async fn an_ipv6_address_without_a_route_is_unreachable() -> Fault {
    at_addresses(9, &[MULTICAST.into()])
        .await
        .with("ip: 6")
        .fails("connect_unreachable", "name.test:9 cannot be reached from here: there is no route to it (ff02::1)")
        .phases("net.dns net.tcp!")
}

pub async fn a_connection_that_is_closed_at_once_is_closed_early() -> Fault {
    let target = Target::start(|mut stream| async move {
        let _ = stream.shutdown().await;
        // To go away with something unread would be a reset.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    Fault::at(target.url("/"))
        .fails("closed_early", format!("{} closed the connection before it answered", target.addr))
        .phases("net.tcp http.send http.wait!")
        .keeping(target)
}
