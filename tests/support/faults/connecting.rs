//! Faults before a connection is there.

use std::net::TcpListener;

use super::Fault;

pub async fn a_closed_port_refuses() -> Fault {
    // Free a moment ago, and nobody asks for it here.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    Fault::at(format!("http://{free}/"))
        .fails("connect_refused", format!("{free} refused the connection"))
        .phases("net.tcp!")
}
