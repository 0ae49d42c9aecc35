//! Faults that `probes.tcp` meets: those of a connection, in the words of HTTP's.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::proto::op::ResponseCode;

use super::Fault;
use crate::support::black_hole::BlackHole;
use crate::support::name_server::{NameServer, Reply};
use crate::support::port::Port;

/// Nothing listens there.
const NOBODY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 13);
const NOBODY_ELSE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 14);

/// What a probe of this host and port meets.
fn at(host: &str, port: u16) -> Fault {
    Fault::of("probes.tcp", format!("host: \"{host}\"\nport: {port}"))
}

fn at_addr(addr: SocketAddr) -> Fault {
    at(&addr.ip().to_string(), addr.port())
}

/// The same of name.test, of which a name server replies so.
async fn named(port: u16, reply: Reply) -> Fault {
    let names = NameServer::start(move |_| reply.clone()).await;
    at("name.test", port).named_by(names.addr).keeping(names)
}

pub async fn an_open_port_is_well() -> Fault {
    let open = Port::reserve();
    let listener = open.listen(8);
    at_addr(open.addr).phases("net.tcp").keeping((open, listener))
}

pub async fn an_open_port_behind_a_name_is_well() -> Fault {
    let open = Port::reserve();
    let (listener, port) = (open.listen(8), open.number());
    let addresses = vec![IpAddr::from(Ipv4Addr::LOCALHOST)];
    named(port, Reply::Addresses(addresses, Duration::ZERO)).await.phases("net.dns net.tcp").keeping((open, listener))
}

pub async fn a_closed_port_refuses() -> Fault {
    let closed = Port::reserve();
    at_addr(closed.addr)
        .fails("connect_refused", format!("{} refused the connection", closed.addr))
        .phases("net.tcp!")
        .keeping(closed)
}

pub async fn all_addresses_are_named_when_they_refuse() -> Fault {
    let closed = Port::on([NOBODY, NOBODY_ELSE]);
    let port = closed[0].number();
    let what = format!("none of the addresses of name.test:{port} accepted the connection: at least one refused it");
    named(port, Reply::Addresses(vec![NOBODY.into(), NOBODY_ELSE.into()], Duration::ZERO))
        .await
        .fails("connect_refused", format!("{what} (127.0.0.13, 127.0.0.14)"))
        .phases("net.dns net.tcp!")
        .keeping(closed)
}

pub async fn a_black_hole_times_out() -> Fault {
    let hole = BlackHole::at(Port::reserve()).await;
    at_addr(hole.addr)
        .with("timeout: 400ms")
        .fails("connect_timeout", format!("{} did not answer the connection request within 400 ms", hole.addr))
        .phases("net.tcp!")
        .keeping(hole)
}

pub async fn an_address_without_a_route_is_unreachable() -> Fault {
    at("255.255.255.255", 9)
        .fails("connect_unreachable", "255.255.255.255:9 cannot be reached from here: there is no route to it")
        .phases("net.tcp!")
}

pub async fn a_name_that_does_not_exist_is_not_found() -> Fault {
    named(9, Reply::Error(ResponseCode::NXDomain))
        .await
        .fails("dns_not_found", "name.test does not exist (NXDOMAIN)")
        .phases("net.dns!")
}

pub async fn a_name_server_that_fails_is_a_failure() -> Fault {
    named(9, Reply::Error(ResponseCode::ServFail))
        .await
        .fails(
            "dns_failure",
            "name.test could not be looked up: the name server answered SERVFAIL (it could not resolve the name)",
        )
        .phases("net.dns!")
}
